// DescribeTasks: running and, for an hour, stopped tasks; unknown ones are failures, not errors.
import type { Json } from '../../states/json.ts';
import { AwsError } from '../protocol.ts';
import { arn, clusterOf, findTask, type EcsContext } from './context.ts';
import { asInput, refuseOthers, texts } from '../input.ts';
import { taskJson } from './task-json.ts';

const MAX_TASKS = 100;

export async function describeTasks(context: EcsContext, body: unknown): Promise<Json> {
  const input = asInput(body);
  refuseOthers(input, ['cluster', 'tasks', 'include']);
  const cluster = clusterOf(context, input);
  const given = texts(input, 'tasks') ?? [];
  if (given.length === 0) throw new AwsError('InvalidParameterException', 'Tasks cannot be empty.');
  if (given.length > MAX_TASKS)
    throw new AwsError('InvalidParameterException', `Tasks can have at most ${MAX_TASKS} entries.`);
  const tags = texts(input, 'include')?.includes('TAGS') ?? false;
  const tasks: Json[] = [];
  const failures: Json[] = [];
  for (const name of given) {
    const task = findTask(context, cluster, name);
    if (task) tasks.push(taskJson(task, { tags }));
    else
      failures.push({
        arn: name.startsWith('arn:') ? name : arn(context, `task/${cluster.clusterName}/${name}`),
        reason: 'MISSING',
      });
  }
  return { tasks, failures };
}
