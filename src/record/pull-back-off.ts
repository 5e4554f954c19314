// Images that cannot be pulled: their back-off, and the pod's status and events meanwhile (kubelet/images/image_manager.go).
import type { Pod } from '../kinds/pod.ts';
import { own } from '../own.ts';
import { findContainer } from '../pod/model/containers.ts';
import * as podEvents from '../pod/events/pod-events.ts';
import type { PodEvent } from '../pod/events/pod-events.ts';
import { countingRuns } from './hand-over.ts';
import { showWaiting } from './change-container.ts';
import type { PodRecord, PullBackOff } from './record.ts';

const FIRST_SECONDS = 10;
const MAX_SECONDS = 300;
/** An entry is forgotten after twice the maximum delay. */
const FORGET_SECONDS = 600;

interface Failure {
  reason: string;
  message: string;
}

/** The back-off after another failed pull of an image. */
function nextPullBackOff(
  before: PullBackOff | undefined,
  failure: Failure,
  now: Date,
): PullBackOff {
  const fresh = !before || now.getTime() - Date.parse(before.failedAt) > FORGET_SECONDS * 1000;
  const seconds = fresh ? FIRST_SECONDS : Math.min(before.seconds * 2, MAX_SECONDS);
  return {
    seconds,
    failedAt: now.toISOString(),
    until: new Date(now.getTime() + seconds * 1000).toISOString(),
    ...failure,
  };
}

/** The record after a pull that failed for some containers: each waits with its reason. */
export function pullFailed(
  record: PodRecord,
  failures: { [container: string]: Failure },
  now: Date,
): PodRecord {
  const pulls = Object.entries(failures).map(
    ([name, failure]) => [name, nextPullBackOff(own(record.pulls, name), failure, now)] as const,
  );
  // The machine looks twice: the first look fails, the second one shows the back-off.
  return {
    ...showWaiting(countingRuns(record, 2), failures),
    pulls: Object.fromEntries(pulls),
  };
}

/** Back-offs that are not over. */
export const heldPulls = (record: PodRecord, now: Date): PullBackOff[] =>
  Object.values(record.pulls ?? {}).filter(({ until }) => Date.parse(until) > now.getTime());

/** The record while a back-off lasts: ErrImagePull has become ImagePullBackOff. */
export function pullBackedOff(pod: Pod, record: PodRecord): PodRecord {
  const waiting = failedPulls(record).map(([name, { message }]) => [
    name,
    {
      reason: 'ImagePullBackOff',
      message: `Back-off pulling image "${imageOf(pod, name)}": ErrImagePull: ${message}`,
    },
  ]);
  return showWaiting(record, Object.fromEntries(waiting) as { [container: string]: Failure });
}

/** The events of a back-off that is not over. */
export const pullBackOffEvents = (pod: Pod, record: PodRecord): PodEvent[] =>
  failedPulls(record).flatMap(([name]) => [
    podEvents.backOffPulling(name, imageOf(pod, name)),
    podEvents.failed(name, 'ImagePullBackOff'),
  ]);

/** Only a failed pull starts a back-off: a name that cannot be parsed, or an image that must be present, keeps its own reason. */
const failedPulls = ({ pulls = {} }: PodRecord): [string, PullBackOff][] =>
  Object.entries(pulls).filter(
    ([, { reason }]) => reason === 'ErrImagePull' || reason === 'RegistryUnavailable',
  );

const imageOf = (pod: Pod, name: string): string => findContainer(pod, name)?.image ?? '';
