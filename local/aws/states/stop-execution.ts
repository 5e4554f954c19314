// StopExecution: a closed execution is answered with the time of its end.
import { present } from '../../../src/present.ts';
import { asInput, refuseOthers, text } from '../input.ts';
import type { Operation } from '../protocol.ts';
import type { StatesContext } from './context.ts';
import { executionKey, executionMissing, required, seconds } from './context.ts';

export const stopExecution: Operation<StatesContext> = async ({ interpreter }, body) => {
  const input = asInput(body);
  refuseOthers(input, ['executionArn', 'error', 'cause'], 'ValidationException');
  const arn = required(input, 'executionArn');
  const [error, cause] = [text(input, 'error'), text(input, 'cause')];
  await interpreter.stop(executionKey(arn), {
    ...present({ error, cause }),
  });
  const record = await interpreter.describe(executionKey(arn));
  if (record === undefined) throw executionMissing(arn);
  return { stopDate: seconds(record.stoppedAt ?? record.startedAt) };
};
