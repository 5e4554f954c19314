// ListTaskDefinitions: ARNs by family and status, sorted, in pages.
import type { Json } from '../../states/json.ts';
import type { EcsContext } from './context.ts';
import { asInput, refuseOthers, text } from '../input.ts';
import { page } from './page.ts';

export async function listTaskDefinitions({ agent }: EcsContext, body: unknown): Promise<Json> {
  const input = asInput(body);
  refuseOthers(input, ['familyPrefix', 'status', 'sort', 'maxResults', 'nextToken']);
  const prefix = text(input, 'familyPrefix');
  const status = text(input, 'status') ?? 'ACTIVE';
  const found = [...agent.book.definitions.values()].filter(
    (definition) =>
      (prefix === undefined || definition.family === prefix) && definition.status === status,
  );
  found.sort((a, b) =>
    a.family === b.family ? a.revision - b.revision : a.family < b.family ? -1 : 1,
  );
  if (text(input, 'sort') === 'DESC') found.reverse();
  const { part, nextToken } = page(
    found.map(({ taskDefinitionArn }) => taskDefinitionArn),
    input,
  );
  return { taskDefinitionArns: part, nextToken };
}
