// Questions that every controller asks about a pod: active, ready, available (pkg/controller/controller_utils.go, pkg/api/v1/pod/util.go).
import type { KubeObject, PodCondition } from '../kinds/pod.ts';
import { toPod } from '../pod/model/to-pod.ts';

/** Succeeded or Failed: nothing in it runs again. */
export const isTerminal = (pod: KubeObject): boolean =>
  ['Succeeded', 'Failed'].includes(toPod(pod).status.phase ?? '');

/** Neither ended nor being deleted. */
export const isActive = (pod: KubeObject): boolean =>
  !isTerminal(pod) && pod.metadata.deletionTimestamp === undefined;

/** Being deleted, but not ended yet. */
export const isTerminating = (pod: KubeObject): boolean =>
  !isTerminal(pod) && pod.metadata.deletionTimestamp !== undefined;

const readyCondition = (pod: KubeObject): PodCondition | undefined =>
  toPod(pod).status.conditions?.find(({ type }) => type === 'Ready');

/** Whether its condition Ready is True. */
export const isReady = (pod: KubeObject): boolean => readyCondition(pod)?.status === 'True';

/** When it became ready; undefined: it is not. */
export function readySince(pod: KubeObject): Date | undefined {
  const condition = readyCondition(pod);
  return condition?.status === 'True' && condition.lastTransitionTime
    ? new Date(condition.lastTransitionTime)
    : undefined;
}

/** When a ready pod counts as available; undefined: it is not ready. Without `minReadySeconds` that is at once. */
function availableAt(pod: KubeObject, minReadySeconds = 0): Date | undefined {
  if (!isReady(pod)) return undefined;
  const since = readySince(pod);
  if (minReadySeconds <= 0) return since ?? new Date(0);
  return since && new Date(since.getTime() + minReadySeconds * 1000);
}

/** Whether it has been ready for `minReadySeconds`. */
export function isAvailable(pod: KubeObject, minReadySeconds: number, now: Date): boolean {
  const at = availableAt(pod, minReadySeconds);
  return at !== undefined && at <= now;
}

/** The first moment after `now` at which another of the pods becomes available; undefined: none is waiting. */
export function nextAvailableAt(
  pods: readonly KubeObject[],
  minReadySeconds: number,
  now: Date,
): Date | undefined {
  const times = pods.flatMap((pod) => availableAt(pod, minReadySeconds)?.getTime() ?? []);
  const later = times.filter((time) => time > now.getTime());
  return later.length > 0 ? new Date(Math.min(...later)) : undefined;
}
