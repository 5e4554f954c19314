// Tasks that no pod needs: of unknown pods, of earlier attempts, of finished pods whose podlet did not leave.
import type { TaskArn } from '../../ports/identity.ts';
import type { Ports } from '../../ports/ports.ts';
import type { RunningTask } from '../../ports/tasks.ts';
import type { PodRecord } from '../../record/record.ts';
import { recordKey, toRecord } from '../pod/record-for.ts';
import { visitAll } from './visit-all.ts';

/** How long a podlet may take to leave. */
const LEAVE_MS = 60_000;

/** StopTask: 40 calls a second, and pods' own deletions make them too. */
const AT_ONCE = 4;
const TASKS_MS = { beginMs: 20_000, endMs: 30_000 };

type TaskPorts = Pick<Ports, 'store' | 'tasks' | 'clock'>;

/** Stops each of these tasks that its pod's record does not name. `records`: read after the tasks were listed. */
export async function sweepTasks(
  ports: TaskPorts,
  running: readonly RunningTask[],
  records: readonly PodRecord[],
): Promise<void> {
  const known = new Map(records.map((record) => [record.uid, record]));
  const doubtful = running.filter(({ taskArn, startedBy }) => {
    const record = known.get(startedBy);
    return !record || whyUnneeded(ports, record, taskArn) !== undefined;
  });
  const faults: unknown[] = [];
  const { unfinished } = await visitAll(
    doubtful,
    (task) => stopUnneeded(ports, task).catch((error: unknown) => void faults.push(error)),
    { clock: ports.clock, atOnce: AT_ONCE, ...TASKS_MS },
  );
  const count = faults.length + unfinished.length;
  if (count > 0)
    throw new AggregateError(
      faults,
      `${count} tasks could not be looked at: ${String(faults[0] ?? 'no answer in time')}`,
    );
}

/** Judges by the newest record, since the sweep may have taken a while. */
async function stopUnneeded(ports: TaskPorts, { taskArn, startedBy }: RunningTask): Promise<void> {
  const stored = await ports.store.getRecord(recordKey(startedBy));
  const reason = stored
    ? whyUnneeded(ports, toRecord(stored.value), taskArn)
    : 'No pod needs this task';
  if (reason !== undefined) await ports.tasks.stop(taskArn, reason);
}

/** undefined: its pod needs it. */
function whyUnneeded(
  { clock }: Pick<Ports, 'clock'>,
  { task, end }: PodRecord,
  taskArn: TaskArn,
): string | undefined {
  if (end?.is === 'orphaned') return 'The pod was removed';
  // Without an ARN the launch may be writing it right now.
  const another = task.arn !== taskArn && (task.arn !== undefined || end !== undefined);
  if (another) return 'No pod needs this task';
  return end && clock.now().getTime() - Date.parse(end.at) >= LEAVE_MS
    ? 'The pod is finished'
    : undefined;
}
