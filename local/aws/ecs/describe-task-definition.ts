// DescribeTaskDefinition: one revision, even an inactive one.
import type { Json } from '../../states/json.ts';
import { AwsError } from '../protocol.ts';
import { findDefinition, type EcsContext } from './context.ts';
import { asInput, refuseOthers, text, texts } from '../input.ts';
import { definitionJson } from './register-task-definition.ts';

export async function describeTaskDefinition(context: EcsContext, body: unknown): Promise<Json> {
  const input = asInput(body);
  refuseOthers(input, ['taskDefinition', 'include']);
  const definition = findDefinition(context, text(input, 'taskDefinition') ?? '');
  if (!definition) throw new AwsError('ClientException', 'Unable to describe task definition.');
  const tags = texts(input, 'include')?.includes('TAGS')
    ? definition.tags.map(({ key, value }) => ({ key, value }))
    : [];
  return { taskDefinition: definitionJson(definition), tags };
}
