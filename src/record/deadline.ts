// activeDeadlineSeconds: counted from status.startTime, waiting for images included.
import type { Pod } from '../kinds/pod.ts';
import { later } from '../later.ts';
import { DEADLINE_MESSAGE } from '../pod/events/pod-events.ts';
import type { ObservedPod } from '../pod/run/observed.ts';

/** When the pod's time is over; undefined where it has no deadline. */
export function deadlineOf(pod: Pod, observed: ObservedPod): Date | undefined {
  const { activeDeadlineSeconds } = pod.spec;
  if (activeDeadlineSeconds === undefined || observed.acceptedAt === undefined) return undefined;
  return later(new Date(observed.acceptedAt), activeDeadlineSeconds);
}

/** The verdict on a pod whose deadline has passed. */
export function deadlinePassed(pod: Pod, observed: ObservedPod, now: Date): ObservedPod['verdict'] {
  const deadline = deadlineOf(pod, observed);
  if (!deadline || deadline.getTime() > now.getTime()) return undefined;
  return { phase: 'Failed', reason: 'DeadlineExceeded', message: DEADLINE_MESSAGE };
}
