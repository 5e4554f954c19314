// StopTask: recorded at once, carried out in the background; stopping again changes nothing.
import { stopTask as stop } from '../../agent/stop.ts';
import type { Json } from '../../states/json.ts';
import { AwsError } from '../protocol.ts';
import { clusterOf, findTask, type EcsContext } from './context.ts';
import { asInput, refuseOthers, text } from '../input.ts';
import { taskJson } from './task-json.ts';

const MAX_REASON_CHARACTERS = 1024;

export async function stopTask(context: EcsContext, body: unknown): Promise<Json> {
  const input = asInput(body);
  refuseOthers(input, ['cluster', 'task', 'reason']);
  const reason = text(input, 'reason');
  if (reason !== undefined && reason.length > MAX_REASON_CHARACTERS)
    throw new AwsError(
      'InvalidParameterException',
      `reason must be at most ${MAX_REASON_CHARACTERS} characters.`,
    );
  const task = findTask(context, clusterOf(context, input), text(input, 'task') ?? '');
  if (!task) throw new AwsError('InvalidParameterException', 'The referenced task was not found.');
  await stop(context.agent, task, {
    code: 'UserInitiated',
    reason: reason ?? 'Task stopped by user',
  });
  return { task: taskJson(task) };
}
