// StartExecution: the same name and input while it runs is the same execution; a name is taken once it has closed.
import type { ExecutionRecord } from '../../states/execution.ts';
import type { Json } from '../../states/json.ts';
import { asInput, refuseOthers, text } from '../input.ts';
import type { Operation } from '../protocol.ts';
import { AwsError } from '../protocol.ts';
import type { StatesContext } from './context.ts';
import { checkName, machineArn, machineMissing, namesOf, required, seconds } from './context.ts';

const MAX_INPUT_BYTES = 256 * 1024;

export const startExecution: Operation<StatesContext> = async (context, body) => {
  const request = asInput(body);
  refuseOthers(request, ['stateMachineArn', 'name', 'input', 'traceHeader'], 'ValidationException');
  const stateMachineArn = required(request, 'stateMachineArn');
  const known = context.machines.get(namesOf(stateMachineArn, 'stateMachine').machine);
  if (known === undefined) throw machineMissing(stateMachineArn);
  const { machine, definition } = known;
  const name = checkName(text(request, 'name') ?? context.uuid());
  const input = readInput(text(request, 'input'));
  const arn = machineArn(context, machine.name, name);
  const closed = await context.interpreter.describe(`${machine.name}/${name}`);
  if (closed !== undefined && !isSame(closed, input)) throw taken(arn);
  const execution = await context.interpreter.start({ machine, definition, arn, name, input });
  if (!isSame(execution.record, input)) throw taken(arn);
  return { executionArn: arn, startDate: seconds(execution.record.startedAt) };
};

function isSame({ status, input }: ExecutionRecord, wanted: Json): boolean {
  return status === 'RUNNING' && JSON.stringify(input) === JSON.stringify(wanted);
}

const taken = (arn: string): AwsError =>
  new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);

function readInput(source: string | undefined): Json {
  if (source === undefined) return {};
  if (source === '')
    throw new AwsError(
      'InvalidExecutionInput',
      "Invalid State Machine Execution Input: 'Invalid execution input.'",
    );
  if (Buffer.byteLength(source) > MAX_INPUT_BYTES)
    throw new AwsError(
      'InvalidExecutionInput',
      "Invalid State Machine Execution Input: 'The input exceeds 262144 bytes.'",
    );
  try {
    return JSON.parse(source);
  } catch (error) {
    throw new AwsError(
      'InvalidExecutionInput',
      `Invalid State Machine Execution Input: '${error instanceof Error ? error.message : String(error)}'`,
    );
  }
}
