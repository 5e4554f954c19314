// ListTasks: ARNs by family, startedBy, launch type and desired status (RUNNING by default), oldest first.
import type { Json } from '../../states/json.ts';
import { AwsError } from '../protocol.ts';
import { clusterOf, type EcsContext } from './context.ts';
import { asInput, refuseOthers, text } from '../input.ts';
import { page } from './page.ts';

export async function listTasks(context: EcsContext, body: unknown): Promise<Json> {
  const input = asInput(body);
  refuseOthers(input, [
    'cluster',
    'family',
    'startedBy',
    'desiredStatus',
    'launchType',
    'maxResults',
    'nextToken',
  ]);
  const { clusterArn } = clusterOf(context, input);
  const family = text(input, 'family');
  const startedBy = text(input, 'startedBy');
  const desired = text(input, 'desiredStatus') ?? 'RUNNING';
  if (desired !== 'RUNNING' && desired !== 'STOPPED' && desired !== 'PENDING')
    throw new AwsError('InvalidParameterException', `Unknown desired status ${desired}.`);
  const launchType = text(input, 'launchType');
  const found = [...context.agent.book.tasks.values()].filter(
    (task) =>
      task.clusterArn === clusterArn &&
      task.desiredStatus === desired &&
      (startedBy === undefined || task.startedBy === startedBy) &&
      (launchType === undefined || task.launchType === launchType) &&
      (family === undefined || task.taskDefinitionArn.includes(`/${family}:`)),
  );
  const { part, nextToken } = page(
    found.map(({ taskArn }) => taskArn),
    input,
  );
  return { taskArns: part, nextToken };
}
