// DescribeStateMachine.
import { present } from '../../../src/present.ts';
import { asInput, refuseOthers } from '../input.ts';
import type { Operation } from '../protocol.ts';
import type { StatesContext } from './context.ts';
import { machineMissing, namesOf, required, seconds } from './context.ts';

export const describeStateMachine: Operation<StatesContext> = (context, body) => {
  const input = asInput(body);
  refuseOthers(input, ['stateMachineArn', 'includedData'], 'ValidationException');
  const arn = required(input, 'stateMachineArn');
  const machine = context.machines.get(namesOf(arn, 'stateMachine').machine)?.machine;
  if (machine === undefined) throw machineMissing(arn);
  const { name, roleArn, definition, createdAt, revisionId } = machine;
  return Promise.resolve({
    stateMachineArn: machine.arn,
    name,
    status: 'ACTIVE',
    definition,
    roleArn,
    type: 'STANDARD',
    creationDate: seconds(createdAt),
    loggingConfiguration: { level: 'OFF', includeExecutionData: false },
    tracingConfiguration: { enabled: false },
    ...present({ revisionId }),
  });
};
