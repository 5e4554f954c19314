// Task states that call Lambda functions: `lambda:invoke`, its token form, and plain function ARNs.
import type { Json } from '../../states/json.ts';
import { isObject } from '../../states/json.ts';
import type { TaskPort } from '../../states/ports.ts';
import { StateError } from '../../states/state-error.ts';

/** Invokes a function by its name and resolves with what it returns; throws what it throws. */
export type InvokeFunction = (
  functionName: string,
  payload: Json,
  signal: AbortSignal,
) => Promise<Json | undefined>;

/** The task port over functions; what a function throws has its Error name for Retry and Catch. */
export function lambdaTasks(invoke: InvokeFunction): TaskPort {
  return async ({ resource, args, signal }) => {
    if (resource.startsWith('arn:aws:lambda:')) return call(invoke, resource, args, signal);
    if (!isObject(args) || typeof args['FunctionName'] !== 'string')
      throw new StateError(
        'States.Runtime',
        "The field 'FunctionName' is required but was missing",
      );
    const { FunctionName, Payload = {} } = args;
    return {
      ExecutedVersion: '$LATEST',
      Payload: await call(invoke, FunctionName, Payload, signal),
      StatusCode: 200,
    };
  };
}

async function call(
  invoke: InvokeFunction,
  name: string,
  payload: Json,
  signal: AbortSignal,
): Promise<Json> {
  try {
    // In one process the function would share the payload with the execution, so it gets a copy.
    return (await invoke(bareName(name), structuredClone(payload), signal)) ?? null;
  } catch (error) {
    if (error instanceof StateError) throw error;
    throw failure(error);
  }
}

/** `arn:aws:lambda:region:account:function:name:qualifier` and `name:qualifier` both mean `name`. */
function bareName(name: string): string {
  const parts = name.split(':');
  return (name.startsWith('arn:') ? parts[6] : parts[0]) ?? name;
}

/** As the Node runtime of Lambda reports what a handler throws. */
function failure(error: unknown): StateError {
  const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  return new StateError(
    name,
    JSON.stringify({ errorType: name, errorMessage: message, trace: stack.split('\n') }),
  );
}
