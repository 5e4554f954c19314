// Tasks that no pod needs: of unknown pods, of earlier attempts, of finished pods whose podlet did not leave.
import type { TaskArn } from '../../ports/identity.ts';
import type { Ports } from '../../ports/ports.ts';
import type { RunningTask } from '../../ports/tasks.ts';
import { recordKey, toRecord } from '../pod/record-for.ts';

/** How long a podlet may take to leave. */
const LEAVE_MS = 60_000;

/** Stops each of these tasks that its pod's record does not name. */
export async function sweepTasks(
  { store, tasks, clock }: Pick<Ports, 'store' | 'tasks' | 'clock'>,
  running: readonly RunningTask[],
): Promise<void> {
  const faults: unknown[] = [];
  for (const { taskArn, startedBy } of running) {
    try {
      const reason = await whyUnneeded({ store, clock }, taskArn, startedBy);
      if (reason !== undefined) await tasks.stop(taskArn, reason);
    } catch (error) {
      faults.push(error);
    }
  }
  if (faults.length > 0)
    throw new AggregateError(
      faults,
      `${faults.length} tasks could not be looked at: ${String(faults[0])}`,
    );
}

/** undefined: its pod needs it. */
async function whyUnneeded(
  { store, clock }: Pick<Ports, 'store' | 'clock'>,
  taskArn: TaskArn,
  uid: string,
): Promise<string | undefined> {
  const stored = await store.getRecord(recordKey(uid));
  if (!stored) return 'No pod needs this task';
  const record = toRecord(stored.value);
  const { task, end } = record;
  if (end?.is === 'orphaned') return 'The pod was removed';
  // Without an ARN the launch may be writing it right now.
  const another = task.arn !== taskArn && (task.arn !== undefined || end !== undefined);
  if (another) return 'No pod needs this task';
  return end && clock.now().getTime() - Date.parse(end.at) >= LEAVE_MS
    ? 'The pod is finished'
    : undefined;
}
