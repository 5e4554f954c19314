// StopTask: recorded at once, carried out in the background; stopping again changes nothing.
import { stopTask as stop } from '../../agent/stop.ts';
import type { Json } from '../../states/json.ts';
import { AwsError } from '../protocol.ts';
import { clusterOf, findTask, type EcsContext } from './context.ts';
import { asInput, refuseOthers, text } from '../input.ts';
import { taskJson } from './task-json.ts';

export async function stopTask(context: EcsContext, body: unknown): Promise<Json> {
  const input = asInput(body);
  refuseOthers(input, ['cluster', 'task', 'reason']);
  const task = findTask(context, clusterOf(context, input), text(input, 'task') ?? '');
  if (!task) throw new AwsError('InvalidParameterException', 'The referenced task was not found.');
  await stop(context.agent, task, {
    code: 'UserInitiated',
    reason: text(input, 'reason') ?? 'Task stopped by user',
  });
  return { task: taskJson(task) };
}
