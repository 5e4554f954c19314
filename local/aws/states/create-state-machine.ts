// CreateStateMachine: the same name, text and role again is the same machine.
import type { Input } from '../input.ts';
import { asInput, refuseOthers, structure, text } from '../input.ts';
import type { Operation } from '../protocol.ts';
import { AwsError } from '../protocol.ts';
import type { StatesContext } from './context.ts';
import { checkName, machineArn, required, seconds } from './context.ts';

export const createStateMachine: Operation<StatesContext> = async (context, body) => {
  const input = asInput(body);
  refuseOthers(
    input,
    [
      'name',
      'definition',
      'roleArn',
      'type',
      'loggingConfiguration',
      'tracingConfiguration',
      'tags',
    ],
    'ValidationException',
  );
  const name = checkName(required(input, 'name'));
  const definition = required(input, 'definition');
  const roleArn = required(input, 'roleArn');
  const type = text(input, 'type') ?? 'STANDARD';
  if (type !== 'STANDARD')
    throw new AwsError(
      'StateMachineTypeNotSupported',
      `State machines of type ${type} are not supported by the local engine`,
    );
  refuseLogging(input);
  const known = context.machines.get(name)?.machine;
  if (known !== undefined && (known.definition !== definition || known.roleArn !== roleArn)) {
    throw new AwsError('StateMachineAlreadyExists', `State Machine Already Exists: '${known.arn}'`);
  }
  const machine = known ?? {
    name,
    arn: machineArn(context, name),
    roleArn,
    definition,
    createdAt: context.clock.now().getTime(),
  };
  if (known === undefined) await context.machines.put(machine);
  return { stateMachineArn: machine.arn, creationDate: seconds(machine.createdAt) };
};

/** Logs and traces would go to services that are not here: only their off positions are taken. */
export function refuseLogging(input: Input): void {
  const level = text(structure(input, 'loggingConfiguration') ?? {}, 'level') ?? 'OFF';
  if (level !== 'OFF')
    throw new AwsError(
      'InvalidLoggingConfiguration',
      `The log level ${level} is not supported by the local engine`,
    );
  if (structure(input, 'tracingConfiguration')?.['enabled'] === true)
    throw new AwsError(
      'InvalidTracingConfiguration',
      'Tracing is not supported by the local engine',
    );
}
