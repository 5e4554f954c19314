// Tasks that no pod needs: of unknown pods, of earlier attempts, of finished pods whose podlet did not leave.
import type { Ports, RunningTask, TaskArn } from '../ports.ts';
import { recordKey, toRecord } from './record-for.ts';

/** A podlet that was told to leave gets that long to go by itself. */
const LEAVE_MS = 60_000;

/** Stops each of these tasks that its pod's record does not name. */
export async function sweepTasks({ store, tasks, clock }: Pick<Ports, 'store' | 'tasks' | 'clock'>, running: readonly RunningTask[]): Promise<void> {
  for (const { taskArn, startedBy } of running) {
    if (await isNeeded({ store, clock }, taskArn, startedBy)) continue;
    await tasks.stop(taskArn, 'No pod needs this task');
  }
}

async function isNeeded({ store, clock }: Pick<Ports, 'store' | 'clock'>, taskArn: TaskArn, uid: string): Promise<boolean> {
  const stored = await store.getRecord(recordKey(uid));
  if (!stored) return false;
  const record = toRecord(stored.value);
  if (record.finished) return clock.now().getTime() - Date.parse(record.finished.at) < LEAVE_MS && record.taskArn === taskArn;
  // Without an ARN the launch may be writing it right now.
  return !record.orphaned && (record.taskArn === undefined || record.taskArn === taskArn);
}
