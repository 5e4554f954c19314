// The end of a pod's activeDeadlineSeconds as a change of the pod; whichever step sees it first applies it.
import { deadlineExceeded } from '../../pod/events/pod-events.ts';
import { deadlinePassed } from '../../record/deadline.ts';
import type { PodChange, PodState } from '../pod/update-pod.ts';

/** The change that ends a pod whose deadline has passed; undefined: it has not, or the pod is already ending. */
export function deadlineVerdict({ pod, record, now }: PodState): PodChange | undefined {
  if (!pod || record.end || record.observed.verdict) return undefined;
  const verdict = deadlinePassed(pod, record.observed, now);
  return (
    verdict && {
      record: { ...record, observed: { ...record.observed, verdict } },
      events: [deadlineExceeded()],
    }
  );
}
