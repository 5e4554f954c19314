// ListExecutions of one machine, newest first.
import { asInput, refuseOthers, text } from '../input.ts';
import type { Operation } from '../protocol.ts';
import { AwsError } from '../protocol.ts';
import type { StatesContext } from './context.ts';
import { machineMissing, namesOf, required } from './context.ts';
import { summary } from './describe-execution.ts';
import { page } from './pages.ts';

const STATUSES = ['SUCCEEDED', 'TIMED_OUT', 'PENDING_REDRIVE', 'ABORTED', 'FAILED', 'RUNNING'];

export const listExecutions: Operation<StatesContext> = async ({ interpreter, machines }, body) => {
  const input = asInput(body);
  refuseOthers(
    input,
    ['stateMachineArn', 'statusFilter', 'maxResults', 'nextToken'],
    'ValidationException',
  );
  const arn = required(input, 'stateMachineArn');
  const { machine } = namesOf(arn, 'stateMachine');
  if (machines.get(machine) === undefined) throw machineMissing(arn);
  const status = text(input, 'statusFilter');
  if (status !== undefined && !STATUSES.includes(status)) {
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value '${status}' at 'statusFilter' failed to satisfy constraint: Member must satisfy enum value set: [${STATUSES.join(', ')}]`,
    );
  }
  const records = (await interpreter.list(machine)).filter(
    (record) => status === undefined || record.status === status,
  );
  records.sort((a, b) => b.startedAt - a.startedAt);
  const { entries, ...next } = page(input, records);
  return { executions: entries.map(summary), ...next };
};
