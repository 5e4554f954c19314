// Crash back-off of one container (kuberuntime doBackOff): when the next run may start. restart.ts says whether.
// See docs/design/pod.md.
import type { Pod } from '../../kinds/pod.ts';
import { podFullName } from '../model/containers.ts';
import type { BackOff } from './observed.ts';
import type { Run } from '../../protocol/run.ts';

/** Delay of the second restart; the first is at once. */
const INITIAL_BACK_OFF_SECONDS = 10;
const MAX_BACK_OFF_SECONDS = 300;
/** A finish that long after the entry was last advanced forgets the entry. */
const BACK_OFF_RESET_SECONDS = 600;

/** The kubelet looks at a pod again after a minute at most. */
const RESYNC_SECONDS = 60;

const addSeconds = (at: Date, seconds: number): Date => new Date(at.getTime() + seconds * 1000);

/**
 * The back-off after `run` ended: delays double from 10 s to 300 s, counted from the finish, the first restart is at once.
 * For a run that a probe killed, `before` (the run before it) is what Kubernetes counts from.
 */
export function nextBackOff(
  previous: BackOff | undefined,
  run: Run,
  now: Date,
  before?: Run,
): BackOff {
  // At a probe's kill the kubelet starts in the same sync and sees only exits recorded earlier: the run before.
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

/** The delay that follows a delay. */
function nextSeconds(seconds: number): number {
  return seconds === 0 ? INITIAL_BACK_OFF_SECONDS : Math.min(seconds * 2, MAX_BACK_OFF_SECONDS);
}

/** Seconds as Go prints a duration: `10s`, `1m20s`, `5m0s`. */
export function goSeconds(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const head = hours > 0 ? `${hours}h${minutes}m` : minutes > 0 ? `${minutes}m` : '';
  return `${head}${seconds % 60}s`;
}

/**
 * From when on the back-off is shown as the container's state. Until its next sync the kubelet shows the end of the run; that
 * sync comes near the end of the back-off, which droppod does not stretch: the last third of it, a minute after the end at the latest.
 */
export function backOffShownAt({ seconds, until }: BackOff): Date | undefined {
  if (until === undefined) return undefined;
  return addSeconds(new Date(until), Math.min((seconds * 2) / 3, RESYNC_SECONDS) - seconds);
}

/** Message of the waiting reason CrashLoopBackOff. */
export const crashLoopMessage = (seconds: number, container: string, pod: Pod): string =>
  `back-off ${goSeconds(seconds)} restarting failed container=${container} pod=${podFullName(pod)}`;
