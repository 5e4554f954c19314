// AWS's names for what happens to a task: service integrations and plain Lambda ARNs have their own event families.
import { present } from '../../src/present.ts';
import type { Json, JsonObject } from './json.ts';
import type { StateError } from './state-error.ts';

/** An event's type and details, as `draft` takes them. */
type TaskEvent = [type: string, details: JsonObject];

interface TaskEvents {
  /** What AWS calls the task in size errors. */
  name: string;
  scheduled(args: Json, timeoutSeconds?: number, heartbeatSeconds?: number): TaskEvent;
  started(): TaskEvent;
  submitted(output: Json): TaskEvent;
  succeeded(output: Json): TaskEvent;
  failed(error: StateError): TaskEvent;
}

const INTEGRATION = /^arn:[^:]*:states:[^:]*:[^:]*:(.+):([^:]+)$/;

const known = new Map<string, TaskEvents>();

/** The events of a Task state with this Resource. */
export function taskEvents(resource: string): TaskEvents {
  const events = known.get(resource) ?? eventsOf(resource);
  known.set(resource, events);
  return events;
}

function eventsOf(resource: string): TaskEvents {
  const [, resourceType, action] = INTEGRATION.exec(resource) ?? [];
  return resourceType === undefined || action === undefined
    ? lambdaEvents(resource)
    : integrationEvents(resourceType, action);
}

function integrationEvents(resourceType: string, resource: string): TaskEvents {
  const which = { resourceType, resource };
  return {
    name: resourceType,
    scheduled: (args, timeoutSeconds, heartbeatSeconds) => [
      'TaskScheduled',
      { ...which, parameters: args, ...limits(timeoutSeconds, heartbeatSeconds) },
    ],
    started: () => ['TaskStarted', which],
    submitted: (output) => ['TaskSubmitted', { ...which, output }],
    succeeded: (output) => ['TaskSucceeded', { ...which, output }],
    failed: (error) => [
      isTimeout(error) ? 'TaskTimedOut' : 'TaskFailed',
      { ...which, ...texts(error) },
    ],
  };
}

function lambdaEvents(resource: string): TaskEvents {
  return {
    name: resource,
    scheduled: (args, timeoutSeconds) => [
      'LambdaFunctionScheduled',
      { resource, input: args, ...limits(timeoutSeconds) },
    ],
    started: () => ['LambdaFunctionStarted', {}],
    submitted: (output) => ['LambdaFunctionSucceeded', { output }],
    succeeded: (output) => ['LambdaFunctionSucceeded', { output }],
    failed: (error) => [
      isTimeout(error) ? 'LambdaFunctionTimedOut' : 'LambdaFunctionFailed',
      texts(error),
    ],
  };
}

const isTimeout = ({ error }: StateError): boolean =>
  error === 'States.Timeout' || error === 'States.HeartbeatTimeout';

function limits(timeoutInSeconds?: number, heartbeatInSeconds?: number): JsonObject {
  return {
    ...present({ timeoutInSeconds, heartbeatInSeconds }),
  };
}

/** Error and cause, where present. */
export function texts({ error, cause }: Pick<StateError, 'error' | 'cause'>): JsonObject {
  return { ...present({ error, cause }) };
}
