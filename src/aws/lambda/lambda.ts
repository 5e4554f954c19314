// The Lambda handler of a step: `export const handler = lambda(step)`. Ports are built at the first call and kept by the environment.
import { isMap } from '../../own.ts';
import type { Ports } from '../../ports/ports.ts';
import type { Wake } from '../../ports/wake.ts';
import type { Table } from '../../store/table.ts';
import { systemClock } from '../../system-clock.ts';
import { httpHandler } from './http-handler.ts';
import { environmentLog } from './environment-log.ts';
import { logged } from '../step-log.ts';

let ports: Promise<Ports> | undefined;

// An environment loads before its first invocation, when Lambda gives it most of a processor. Tests that import a function load no SDK.
if (process.env['AWS_LAMBDA_FUNCTION_NAME'] !== undefined) await import('../create-ports.ts');

/** Builds the ports once. */
function environmentPorts(): Promise<Ports> {
  // A failed start (a throttled first read) must not poison the environment.
  ports ??= import('../create-ports.ts')
    .then(({ createPorts }) => createPorts(process.env))
    .catch((error: unknown) => {
      ports = undefined;
      throw error;
    });
  return ports;
}

/** A step as a Lambda handler: input and output are the invocation's JSON, faults are thrown by name; logs one line per call. */
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

/** Like `lambda`, for a step that is woken by a batch of the table's stream, a due time or a schedule. */
export function lambdaWoken<Output>(
  step: (ports: Ports, wake: Wake) => Promise<Output>,
): (event: unknown) => Promise<Output> {
  const run = lambda(step);
  return async (event) => run(await wakeOf(event));
}

let table: Promise<Table> | undefined;

async function wakeOf(event: unknown): Promise<Wake> {
  const { Records: records, controller, namespace, name, tries } = isMap(event) ? event : {};
  if (Array.isArray(records)) {
    table ??= import('../create-ports.ts').then((made) => made.environmentTable(process.env));
    const { streamChanges } = await import('../stream-changes.ts');
    return { changes: await streamChanges(await table, records) };
  }
  if (typeof controller !== 'string') return { replay: true };
  const key = { controller, namespace: String(namespace), name: String(name) };
  return { due: key, tries: Number(tries) || 0 };
}

/** The handler of a function URL: `handle` gets a web Request whose signal aborts when the client is gone or the time is up. */
export const lambdaHttp = (
  handle: (ports: Ports, request: Request) => Promise<Response>,
): unknown => httpHandler(async (request) => handle(await environmentPorts(), request));
