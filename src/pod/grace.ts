// How long a pod's containers get to stop (pod-lifecycle 8): the API's answer to DELETE and the node's effective grace.
import type { Pod } from '../kinds/pod.ts';

/** Kubernetes' default of terminationGracePeriodSeconds. */
export const DEFAULT_GRACE_SECONDS = 30;
/** After a preStop hook that took the whole grace, and for any stop signal. */
export const MINIMUM_STOP_SECONDS = 2;

/** The grace in force on the node: a deletion's, else the spec's; never below one second. */
export function podGraceSeconds({ metadata, spec }: Pod): number {
  return Math.max(metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS, 1);
}

/** The period of a DELETE: asked for, else the spec's; 0 where nothing can be running. */
export function deletionGraceSeconds(pod: Pod, asked: number | undefined): number {
  const { phase } = pod.status;
  if (asked === 0 || !pod.spec.nodeName || phase === 'Succeeded' || phase === 'Failed') return 0;
  const period = asked ?? pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
  return period < 0 ? 1 : period;
}

/** Deletion time and period of a first DELETE, or of a repeated one, where only a shorter period counts. */
export function deletionTimes(pod: Pod, graceSeconds: number, now: Date): { deletionTimestamp: string; deletionGracePeriodSeconds: number } {
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  const stamp = (milliseconds: number): string => `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) {
    return { deletionTimestamp: stamp(now.getTime() + graceSeconds * 1000), deletionGracePeriodSeconds: graceSeconds };
  }
  if (graceSeconds >= deletionGracePeriodSeconds) return { deletionTimestamp, deletionGracePeriodSeconds };
  const moved = Date.parse(deletionTimestamp) - (deletionGracePeriodSeconds - graceSeconds) * 1000;
  // A second delete whose time has passed already gets one second.
  if (moved < now.getTime()) return { deletionTimestamp: stamp(now.getTime() + 1000), deletionGracePeriodSeconds: 1 };
  return { deletionTimestamp: stamp(moved), deletionGracePeriodSeconds: graceSeconds };
}

/** When activeDeadlineSeconds is over, counted from status.startTime; undefined: no deadline or not started. */
export function activeDeadline({ spec, status }: Pod): Date | undefined {
  if (spec.activeDeadlineSeconds === undefined || status.startTime === undefined) return undefined;
  return new Date(Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1000);
}
