// UpdateStateMachine: executions that run go on by the definition they began with.
import { asInput, refuseOthers, text } from '../input.ts';
import type { Operation } from '../protocol.ts';
import { AwsError } from '../protocol.ts';
import type { StatesContext } from './context.ts';
import { machineMissing, namesOf, required, seconds } from './context.ts';
import { refuseLogging } from './create-state-machine.ts';

export const updateStateMachine: Operation<StatesContext> = async (context, body) => {
  const input = asInput(body);
  refuseOthers(
    input,
    ['stateMachineArn', 'definition', 'roleArn', 'loggingConfiguration', 'tracingConfiguration'],
    'ValidationException',
  );
  const arn = required(input, 'stateMachineArn');
  const known = context.machines.get(namesOf(arn, 'stateMachine').machine)?.machine;
  if (known === undefined) throw machineMissing(arn);
  const definition = text(input, 'definition');
  const roleArn = text(input, 'roleArn');
  if (
    [definition, roleArn, input['loggingConfiguration'], input['tracingConfiguration']].every(
      (one) => one === undefined,
    )
  ) {
    throw new AwsError(
      'MissingRequiredParameter',
      'Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified',
    );
  }
  refuseLogging(input);
  const revisionId = context.uuid();
  await context.machines.put({
    ...known,
    revisionId,
    definition: definition ?? known.definition,
    roleArn: roleArn ?? known.roleArn,
  });
  return { updateDate: seconds(context.clock.now().getTime()), revisionId };
};
