// The entry point of the DynamoDB thread: opens the engine on its directory and answers the process's calls.
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../../src/system-clock.ts';
import { createDynamo, type Dynamo } from '../../aws/dynamodb/create-dynamo.ts';
import type { ThreadAnswer, ThreadCall, ThreadData } from './thread-messages.ts';
import { toFault } from './thread-messages.ts';

if (parentPort === null) throw new Error('this file is a thread of droppod');
const port = parentPort;

const answer = (message: ThreadAnswer): void => port.postMessage(message);

function outputOf(dynamo: Dynamo, call: ThreadCall): Promise<unknown> {
  if ('operation' in call) return dynamo.call(call.operation, call.input);
  if ('target' in call)
    return dynamo.endpoint({ target: call.target, body: Buffer.from(call.body) });
  return call.act === 'sweep' ? dynamo.sweep() : dynamo.close();
}

async function serve(dynamo: Dynamo, call: ThreadCall): Promise<void> {
  try {
    answer({ id: call.id, output: await outputOf(dynamo, call) });
  } catch (error) {
    answer({ id: call.id, fault: toFault(error) });
  }
  // Nothing is left that keeps the thread.
  if ('act' in call && call.act === 'close') port.close();
}

try {
  const dynamo = await createDynamo({ ...(workerData as ThreadData), clock: systemClock });
  port.on('message', (call: ThreadCall) => {
    serve(dynamo, call).catch((error: unknown) => {
      // An answer that cannot be sent leaves its caller waiting: the process ends.
      throw error;
    });
  });
  answer({ id: 0, output: undefined });
} catch (error) {
  answer({ id: 0, fault: toFault(error) });
}
