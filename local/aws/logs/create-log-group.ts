// CreateLogGroup.
import type { Json } from '../../states/json.ts';
import { asInput, refuseOthers, text } from '../input.ts';
import { AwsError } from '../protocol.ts';
import type { LogsContext } from './context.ts';

export async function createLogGroup({ agent }: LogsContext, body: unknown): Promise<Json> {
  const input = asInput(body);
  refuseOthers(input, ['logGroupName', 'tags']);
  const name = text(input, 'logGroupName') ?? '';
  if (!/^[.\-_/#A-Za-z0-9]{1,512}$/.test(name))
    throw new AwsError(
      'InvalidParameterException',
      `1 validation error detected: Value '${name}' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+`,
    );
  if (agent.book.logGroups.has(name))
    throw new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists');
  await agent.book.putLogGroup(name, agent.clock.now().getTime());
  return {};
}
