// ListStateMachines, by name.
import { asInput, refuseOthers } from '../input.ts';
import type { Operation } from '../protocol.ts';
import type { StatesContext } from './context.ts';
import { seconds } from './context.ts';
import { page } from './pages.ts';

export const listStateMachines: Operation<StatesContext> = (context, body) => {
  const input = asInput(body);
  refuseOthers(input, ['maxResults', 'nextToken'], 'ValidationException');
  const { entries, ...next } = page(input, context.machines.all());
  const stateMachines = entries.map(({ arn, name, createdAt }) => ({
    stateMachineArn: arn,
    name,
    type: 'STANDARD',
    creationDate: seconds(createdAt),
  }));
  return Promise.resolve({ stateMachines, ...next });
};
