// Crash back-off of one container (kuberuntime doBackOff): when its next run may start. restart.ts decides whether.
// See docs/design/pod.md.
import type { Pod } from '../../kinds/pod.ts';
import { podFullName } from '../model/containers.ts';
import type { BackOff } from './observed.ts';
import type { Run } from '../../protocol/run.ts';

/** The delay before the second restart; the first restart has none. */
const INITIAL_BACK_OFF_SECONDS = 10;
const MAX_BACK_OFF_SECONDS = 300;
/** A run that finishes this long after the entry was last advanced resets the entry. */
const BACK_OFF_RESET_SECONDS = 600;

/** The kubelet looks at a pod again after at most a minute. */
const RESYNC_SECONDS = 60;

const addSeconds = (at: Date, seconds: number): Date => new Date(at.getTime() + seconds * 1000);

/**
 * The back-off after `run` ended: delays double from 10 s to 300 s and count from the finish; the first restart has no delay.
 * For a run that a probe killed, Kubernetes counts from the run before it (`before`).
 */
export function nextBackOff(
  previous: BackOff | undefined,
  run: Run,
  now: Date,
  before?: Run,
): BackOff {
  // After a probe's kill the kubelet starts the next run in the same sync and only sees exits recorded earlier: that of the run before.
  const counted = run.killedByProbe === true ? before : run;
  if (counted === undefined) return { seconds: 0, updatedAt: new Date(0).toISOString() };
  const finishedAt = counted.finishedAt === undefined ? now : new Date(counted.finishedAt);
  const known =
    previous !== undefined &&
    finishedAt.getTime() - Date.parse(previous.updatedAt) <= BACK_OFF_RESET_SECONDS * 1000;
  if (!known) return { seconds: 0, updatedAt: now.toISOString() };
  const seconds = nextSeconds(previous.seconds);
  const until = addSeconds(finishedAt, seconds);
  if (until.getTime() <= now.getTime()) return { seconds, updatedAt: now.toISOString() };
  return { seconds, updatedAt: until.toISOString(), until: until.toISOString() };
}

/** The delay after a given delay. */
function nextSeconds(seconds: number): number {
  return seconds === 0 ? INITIAL_BACK_OFF_SECONDS : Math.min(seconds * 2, MAX_BACK_OFF_SECONDS);
}

/** Seconds in Go's duration format: `10s`, `1m20s`, `5m0s`. */
export function goSeconds(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const head = hours > 0 ? `${hours}h${minutes}m` : minutes > 0 ? `${minutes}m` : '';
  return `${head}${seconds % 60}s`;
}

/**
 * The time from which the back-off is shown as the container's state. Until its next sync the kubelet shows the end of the run. That
 * sync comes near the end of the back-off; here it is the last third of the back-off, at the latest a minute after the end.
 */
export function backOffShownAt({ seconds, until }: BackOff): Date | undefined {
  if (until === undefined) return undefined;
  return addSeconds(new Date(until), Math.min((seconds * 2) / 3, RESYNC_SECONDS) - seconds);
}

/** The message for the waiting reason CrashLoopBackOff. */
export const crashLoopMessage = (seconds: number, container: string, pod: Pod): string =>
  `back-off ${goSeconds(seconds)} restarting failed container=${container} pod=${podFullName(pod)}`;
