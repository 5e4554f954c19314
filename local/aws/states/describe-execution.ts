// DescribeExecution.
import { present } from '../../../src/present.ts';
import type { ExecutionRecord } from '../../states/execution.ts';
import type { JsonObject } from '../../states/json.ts';
import { asInput, refuseOthers } from '../input.ts';
import type { Operation } from '../protocol.ts';
import type { StatesContext } from './context.ts';
import { executionKey, executionMissing, required, seconds } from './context.ts';

export const describeExecution: Operation<StatesContext> = async ({ interpreter }, body) => {
  const input = asInput(body);
  refuseOthers(input, ['executionArn', 'includedData'], 'ValidationException');
  const arn = required(input, 'executionArn');
  const record = await interpreter.describe(executionKey(arn));
  if (record === undefined) throw executionMissing(arn);
  const { error, cause, output } = record;
  return {
    ...summary(record),
    input: JSON.stringify(record.input),
    inputDetails: { included: true },
    ...present({
      output: output === undefined ? undefined : JSON.stringify(output),
      outputDetails: output === undefined ? undefined : { included: true },
      error,
      cause,
    }),
    redriveStatus: 'NOT_REDRIVABLE',
    redriveStatusReason: 'The local engine does not redrive',
  };
};

/** What ListExecutions shows of an execution. */
export function summary({
  arn,
  machineArn,
  name,
  status,
  startedAt,
  stoppedAt,
}: ExecutionRecord): JsonObject {
  return {
    executionArn: arn,
    stateMachineArn: machineArn,
    name,
    status,
    startDate: seconds(startedAt),
    ...present({ stopDate: stoppedAt === undefined ? undefined : seconds(stoppedAt) }),
    redriveCount: 0,
  };
}
