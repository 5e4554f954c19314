// DynamoDB on a thread of its own: the engine takes a sixth of a write's work, and the thread that serves the API is what all
// requests wait for. A write is answered when the engine has answered it, as in one thread.
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { bundledEntry } from '../../bundled-entry.ts';
import type { AwsJsonEndpoint, Json } from '../../aws/protocol.ts';
// The type alone: the engine's code is loaded in the thread.
import type { Dynamo } from '../../aws/dynamodb/create-dynamo.ts';
import { DYNAMODB_TARGET, inProcessHandler } from '../../aws/dynamodb/request-handler.ts';
import type { ThreadAnswer, ThreadCall, ThreadData } from './thread-messages.ts';
import { fromFault } from './thread-messages.ts';

/** MB. The engine's garbage dies at once; a large nursery would only take memory. */
const NURSERY = { maxYoungGenerationSizeMb: 3 };

type Unnumbered<Call> = Call extends unknown ? Omit<Call, 'id'> : never;

/** Opens the engine in a thread; throws Unusable as createDynamo does. An error that no call awaits ends the process. */
export async function openDynamoThread(data: ThreadData): Promise<Dynamo> {
  const entry = fileURLToPath(new URL('thread-main.ts', import.meta.url));
  const worker = new Worker(await bundledEntry(entry), {
    execArgv: [],
    resourceLimits: NURSERY,
    workerData: data,
  });
  const { call, opened, ended } = callsTo(worker);
  await opened;
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
      await call({ act: 'close' });
      await ended;
    },
  };
}

function callsTo(worker: Worker): {
  call(call: Unnumbered<ThreadCall>): Promise<unknown>;
  opened: Promise<unknown>;
  ended: Promise<void>;
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
  const ended = new Promise<void>((resolve) => {
    worker.on('exit', (code) => {
      end = new Error(`the DynamoDB thread has ended with code ${code}`);
      for (const { reject } of waiting.values()) reject(end);
      waiting.clear();
      resolve();
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
