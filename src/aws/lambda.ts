// The door of a step: `export const handler = lambda(step)`. Ports are built at the first call and kept by the environment.
import type { Ports } from '../ports/ports.ts';
import { systemClock } from './clock.ts';
import { httpHandler } from './http-handler.ts';
import { environmentLog } from './environment-log.ts';
import { logged } from './step-log.ts';

let ports: Promise<Ports> | undefined;

/** Builds the ports once; imported late, so that tests which import a function load no SDK. */
function environmentPorts(): Promise<Ports> {
  // A failed start (a throttled first read) must not poison the environment.
  ports ??= import('./create-ports.ts')
    .then(({ createPorts }) => createPorts(process.env))
    .catch((error: unknown) => {
      ports = undefined;
      throw error;
    });
  return ports;
}

/** A step as an AWS handler: input and output are the JSON of the invocation, faults are thrown with their names; one line of log for each. */
export function lambda<Input, Output>(
  step: (ports: Ports, input: Input) => Promise<Output>,
): (input: Input) => Promise<Output> {
  const run = logged(step, {
    step: process.env['AWS_LAMBDA_FUNCTION_NAME'] ?? step.name,
    now: systemClock.now,
    log: environmentLog,
  });
  return async (input) => run(await environmentPorts(), input);
}

/** The handler of a function URL: `handle` gets a web Request, its signal aborts when the client or the time is gone. */
export const lambdaHttp = (
  handle: (ports: Ports, request: Request) => Promise<Response>,
): unknown => httpHandler(async (request) => handle(await environmentPorts(), request));
