// DeleteStateMachine: at once, while AWS lets running executions end first; they go on here as well.
import { asInput, refuseOthers } from '../input.ts';
import type { Operation } from '../protocol.ts';
import type { StatesContext } from './context.ts';
import { namesOf, required } from './context.ts';

export const deleteStateMachine: Operation<StatesContext> = async (context, body) => {
  const input = asInput(body);
  refuseOthers(input, ['stateMachineArn'], 'ValidationException');
  await context.machines.delete(
    namesOf(required(input, 'stateMachineArn'), 'stateMachine').machine,
  );
  return {};
};
