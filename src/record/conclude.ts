// Whether the pod is over: the last rule applied to every change of a record, before its status is computed.
import type { Pod } from '../kinds/pod.ts';
import { sidecars } from '../pod/model/containers.ts';
import { anyRunning, podDone } from '../pod/run/order.ts';
import { loseRuns } from './merge.ts';
import type { PodRecord } from './record.ts';
import { withTask } from './with-task.ts';

/** The pod's task is, or may still be, there. */
export const hasTask = ({ task }: PodRecord): boolean =>
  task.arn !== undefined && task.end?.is !== 'stopped';

/** Its object stands, and nothing runs in it any more. */
export const isFinished = ({ end }: PodRecord): boolean =>
  end !== undefined && end.is !== 'orphaned';

/** The present task is to end although the pod is not over: nothing starts in it, what runs is stopped. */
export const isTaskEnding = ({ task }: PodRecord): boolean =>
  task.relaunch !== undefined || task.end?.is === 'stopping';

/** All its containers ended by themselves: nobody needs to stop anything. */
const endedByItself = (pod: Pod, record: PodRecord): boolean =>
  pod.metadata.deletionTimestamp === undefined &&
  record.observed.verdict === undefined &&
  sidecars(pod).length === 0 &&
  !anyRunning(record.observed);

/** Its last containers ended by themselves, and their ends are all that is left to show: the terminal phase is due. */
export const isPhaseDue = (pod: Pod, record: PodRecord): boolean =>
  record.end === undefined && podDone(pod, record.observed) && endedByItself(pod, record);

/**
 * Marks the pod as finished once nothing runs and nothing will: by itself, by the podlet's word, or because there is no task.
 * Until then the moment is kept at which its containers were first ordered to stop. `before`: the record as it is written now.
 */
export function conclude(pod: Pod, record: PodRecord, now: Date, before: PodRecord): PodRecord {
  if (record.end) return record;
  const done = podDone(pod, record.observed);
  if (!done && !isTaskEnding(record)) return record;
  const terminatingSince = record.task.terminatingSince ?? now.toISOString();
  const ending = withTask(record, { terminatingSince });
  // The kubelet first writes the last exits, and the terminal phase when it has wound the pod up: never both at once.
  const over =
    done &&
    (!hasTask(record) ||
      record.podlet?.doneAt !== undefined ||
      (isPhaseDue(pod, record) && isPhaseDue(pod, before)));
  if (!over) return ending;
  const observed = { ...loseRuns(pod, record.observed, now), sandboxReady: false };
  return { ...ending, observed, end: { is: 'finished', at: now.toISOString() } };
}
