// Decides whether the pod is over: the last rule that is applied to every change of a record, before its status is computed.
import type { Pod } from '../kinds/pod.ts';
import { sidecars } from '../pod/model/containers.ts';
import { anyRunning, podDone } from '../pod/run/order.ts';
import { loseRuns } from './merge.ts';
import type { PodRecord } from './record.ts';
import { withTask } from './with-task.ts';

/** The pod's task exists or may still exist. */
export const hasTask = ({ task }: PodRecord): boolean =>
  task.arn !== undefined && task.end?.is !== 'stopped';

/** The pod is over and its object still exists; nothing runs in it any more. */
export const isFinished = ({ end }: PodRecord): boolean =>
  end !== undefined && end.is !== 'orphaned';

/** The present task must end although the pod is not over: nothing starts in it, and what runs is stopped. */
export const isTaskEnding = ({ task }: PodRecord): boolean =>
  task.relaunch !== undefined || task.end?.is === 'stopping';

/** All its containers ended by themselves, so none has to be stopped. */
const endedByItself = (pod: Pod, record: PodRecord): boolean =>
  pod.metadata.deletionTimestamp === undefined &&
  record.observed.verdict === undefined &&
  sidecars(pod).length === 0 &&
  !anyRunning(record.observed);

/** Its last containers ended by themselves and only their ends are left to be shown: the terminal phase is due. */
export const isPhaseDue = (pod: Pod, record: PodRecord): boolean =>
  record.end === undefined && podDone(pod, record.observed) && endedByItself(pod, record);

/**
 * Marks the pod as finished once nothing runs and nothing will: its containers ended by themselves, the podlet said so, or there is no task.
 * Until then it keeps the time at which its containers were first ordered to stop. `before`: the record as it is stored.
 */
export function conclude(pod: Pod, record: PodRecord, now: Date, before: PodRecord): PodRecord {
  if (record.end) return record;
  const done = podDone(pod, record.observed);
  if (!done && !isTaskEnding(record)) return record;
  const terminatingSince = record.task.terminatingSince ?? now.toISOString();
  const ending = withTask(record, { terminatingSince });
  // The kubelet writes the last exits first, and the terminal phase once it has wound the pod up: never both at once.
  const over =
    done &&
    (!hasTask(record) ||
      record.podlet?.doneAt !== undefined ||
      (isPhaseDue(pod, record) && isPhaseDue(pod, before)));
  if (!over) return ending;
  const observed = { ...loseRuns(pod, record.observed, now), sandboxReady: false };
  return { ...ending, observed, end: { is: 'finished', at: now.toISOString() } };
}
