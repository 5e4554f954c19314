// DynamoDB on a thread of its own: the engine takes a sixth of a write's work, and the thread that serves the API is what all
// requests wait for. A write is answered when the engine has answered it, as in one thread.
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { systemClock } from '../../../src/system-clock.ts';
import { bundledEntry } from '../../bundled-entry.mjs';
import type { AwsJsonEndpoint, Json } from '../../aws/protocol.ts';
// The type alone: the engine's code is loaded in the thread.
import type { Dynamo } from '../../aws/dynamodb/create-dynamo.ts';
import { DYNAMODB_TARGET, inProcessHandler } from '../../aws/dynamodb/request-handler.ts';
import type { ThreadAnswer, ThreadCall, ThreadData } from './thread-messages.ts';
import { fromFault } from './thread-messages.ts';

/** MB. Otherwise V8 takes the nursery's flag of the process for a limit of the whole heap. */
const LIMITS = { maxOldGenerationSizeMb: 2048 };

/** The engine's garbage dies at once: a large nursery would only take memory. V8 asks the flag (MB) when a heap is made, and nothing else. */
const SMALL_NURSERY = '--max-semi-space-size=1';

type Unnumbered<Call> = Call extends unknown ? Omit<Call, 'id'> : never;

/** Takes the error that ended a thread which was to go on: nobody can read or write any more. */
type Died = (error: Error) => void;

/** Opens the engine in a thread, or in this one where no bundle can be made for a thread; throws Unusable as createDynamo does. */
export async function openDynamoThread(
  data: ThreadData,
  died: Died,
  bundle = bundledEntry,
): Promise<Dynamo> {
  const file = await bundle(fileURLToPath(new URL('thread-main.ts', import.meta.url)));
  if (file === undefined) {
    const { createDynamo } = await import('../../aws/dynamodb/create-dynamo.ts');
    return createDynamo({ ...data, clock: systemClock });
  }
  setFlagsFromString(SMALL_NURSERY);
  const worker = new Worker(file, { execArgv: [], resourceLimits: LIMITS, workerData: data });
  return dynamoIn(worker, died);
}

/** The engine that `worker` opens. */
export async function dynamoIn(worker: Worker, died: Died): Promise<Dynamo> {
  const { call, opened, ended } = callsTo(worker);
  await opened;
  let closing = false;
  const end = ended.then((error) => {
    if (!closing) died(error);
  });
  const endpoint: AwsJsonEndpoint = async ({ target, body }) =>
    target.startsWith(DYNAMODB_TARGET)
      ? (call({ target, body: body.toString('utf8') }) as ReturnType<AwsJsonEndpoint>)
      : undefined;
  return {
    endpoint,
    requestHandler: inProcessHandler(endpoint),
    call: (operation, input) => call({ operation, input }) as Promise<Json>,
    sweep: () => call({ act: 'sweep' }) as Promise<number>,
    async close() {
      closing = true;
      await call({ act: 'close' });
      await end;
    },
  };
}

function callsTo(worker: Worker): {
  call(call: Unnumbered<ThreadCall>): Promise<unknown>;
  opened: Promise<unknown>;
  ended: Promise<Error>;
} {
  const waiting = new Map<
    number,
    { resolve(output: unknown): void; reject(error: unknown): void }
  >();
  const answerTo = (id: number): Promise<unknown> =>
    new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
  const opened = answerTo(0);
  let last = 0;
  worker.on('message', (answer: ThreadAnswer) => {
    const caller = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('fault' in answer) caller?.reject(fromFault(answer.fault));
    else caller?.resolve(answer.output);
  });
  let end: Error | undefined;
  let cause: unknown;
  worker.on('error', (error) => {
    cause = error;
  });
  const ended = new Promise<Error>((resolve) => {
    worker.on('exit', (code) => {
      const why = cause === undefined ? '' : `: ${String(cause)}`;
      end = new Error(`the DynamoDB thread has ended with code ${code}${why}`, { cause });
      for (const { reject } of waiting.values()) reject(end);
      waiting.clear();
      resolve(end);
    });
  });
  return {
    call(call) {
      if (end !== undefined) return Promise.reject(end);
      const answer = answerTo(++last);
      worker.postMessage({ ...call, id: last });
      return answer;
    },
    opened,
    ended,
  };
}
