// DeregisterTaskDefinition: INACTIVE revisions start no more tasks; running tasks are not affected.
import type { Json } from '../../states/json.ts';
import { AwsError } from '../protocol.ts';
import { findDefinition, type EcsContext } from './context.ts';
import { asInput, refuseOthers, text } from '../input.ts';
import { definitionJson } from './register-task-definition.ts';

export async function deregisterTaskDefinition(context: EcsContext, body: unknown): Promise<Json> {
  const input = asInput(body);
  refuseOthers(input, ['taskDefinition']);
  const given = text(input, 'taskDefinition') ?? '';
  if (!given.includes(':')) throw new AwsError('ClientException', 'Revision is missing.');
  const definition = findDefinition(context, given);
  if (!definition)
    throw new AwsError('ClientException', 'The specified task definition does not exist.');
  definition.status = 'INACTIVE';
  definition.deregisteredAt ??= context.agent.clock.now().toISOString();
  await context.agent.book.putDefinition(definition);
  return { taskDefinition: definitionJson(definition) };
}
