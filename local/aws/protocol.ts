// The AWS JSON protocol 1.0 and 1.1: an endpoint is a table of operations, selected by the X-Amz-Target header.
import { own } from '../../src/own.ts';
import type { Json } from '../states/json.ts';

export type { Json } from '../states/json.ts';

/** A refusal that the SDK turns into an exception named `type`. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  constructor(
    /** The exception's short name in the SDK. */
    readonly type: string,
    message: string,
    readonly status = 400,
    /** Other members of the error's body (for example CancellationReasons). */
    readonly members: { [key: string]: Json } = {},
  ) {
    super(message);
  }
}

/** One operation of a service: it checks its input itself and throws AwsError to refuse. */
export type Operation<C> = (context: C, input: unknown) => Promise<Json>;

/** A request to an AWS JSON endpoint, without the socket. */
interface AwsJsonRequest {
  /** The X-Amz-Target header. */
  target: string;
  body: Buffer;
}

/** The answer, without the socket. */
interface AwsJsonResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** A service's endpoint; undefined for a target with another prefix. */
export type AwsJsonEndpoint = (request: AwsJsonRequest) => Promise<AwsJsonResponse | undefined>;

/** Creates the endpoint of one service. `targetPrefix` ends with its dot (`AWSStepFunctions.`). */
export function awsJsonEndpoint<C>(service: {
  targetPrefix: string;
  version: '1.0' | '1.1';
  operations: Readonly<Record<string, Operation<C>>>;
  context: C;
}): AwsJsonEndpoint {
  const { targetPrefix, version, operations, context } = service;
  const headers = { 'content-type': `application/x-amz-json-${version}` };
  return async ({ target, body }) => {
    if (!target.startsWith(targetPrefix)) return undefined;
    try {
      const output = await runOperation(
        operations,
        context,
        target.slice(targetPrefix.length),
        parse(body),
      );
      return { status: 200, headers, body: JSON.stringify(output) };
    } catch (error) {
      const { type, message, status, members } = outward(error);
      return {
        status,
        headers: { ...headers, 'x-amzn-errortype': type },
        body: JSON.stringify({ ...members, __type: type, message, Message: message }),
      };
    }
  };
}

/** Runs the operation of that name. */
export function runOperation<C>(
  operations: Readonly<Record<string, Operation<C>>>,
  context: C,
  name: string,
  input: unknown,
): Promise<Json> {
  const operation = own(operations, name);
  if (operation === undefined)
    throw new AwsError(
      'UnknownOperationException',
      `operation ${name} is not supported by the local engine`,
    );
  return operation(context, input);
}

function parse(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new AwsError('SerializationException', `the request body is not JSON: ${String(cause)}`);
  }
}

/** Any other error is a bug of ours: AWS answers those as InternalFailure with 500, which SDKs retry. */
function outward(error: unknown): AwsError {
  return error instanceof AwsError
    ? error
    : new AwsError('InternalFailure', error instanceof Error ? error.message : String(error), 500);
}
