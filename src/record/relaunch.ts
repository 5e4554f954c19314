// The record of a pod whose task ended before the pod did: another attempt under a new execution (docs/design/hand-over.md), or the next generation alone.
import type { Pod } from '../kinds/pod.ts';
import { containerKind } from '../pod/model/containers.ts';
import type { ObservedContainer, ObservedPod } from '../pod/run/observed.ts';
import { hasEnded, shouldRestart } from '../pod/run/restart.ts';
import { present } from '../present.ts';
import { changeContainers } from './change-container.ts';
import type { PodRecord } from './record.ts';

const FIRST_SECONDS = 10;
const MAX_SECONDS = 300;
/** A task that lived this long was a good one: its end does not count as another failure in a row. */
const GOOD_SECONDS = 600;
/** How many earlier tasks the record names: a log shows at most the run before, and the record must not grow with every relaunch. */
const KEPT_TASKS = 20;

/** The next execution continues where this one stands; the old one's tokens are answered with leave. `failures`: how many have failed in a row. */
export const nextGeneration = (record: PodRecord, now: Date, failures = 0): PodRecord => ({
  ...record,
  generation: {
    number: record.generation.number + 1,
    at: now.toISOString(),
    runs: 0,
    toStart: true,
    ...present({ failures: failures || undefined }),
  },
});

/** The next attempt: init containers run again, restart counts continue, and containers that ended for good stay ended. */
export function relaunch(pod: Pod, record: PodRecord, now: Date): PodRecord {
  const { podlet: _gone, task: before, ...kept } = nextGeneration(record, now);
  const { attempt, arn: taskArn, edited = [], terminatingSince } = before;
  const wanted = before.relaunch !== undefined;
  return {
    ...kept,
    task: { attempt: attempt + 1 },
    tasks: [...(record.tasks ?? []), ...(taskArn ? [{ attempt, taskArn }] : [])].slice(-KEPT_TASKS),
    ...present({ launchBackOff: wanted ? undefined : nextLaunchBackOff(record, now) }),
    observed: newSandbox(
      pod,
      withoutBackOff(record.observed, edited),
      wanted ? terminatingSince : undefined,
    ),
  };
}

/** No delay the first time, then 10 s doubling to 300 s while tasks keep breaking down early. */
function nextLaunchBackOff(record: PodRecord, now: Date): { seconds: number; until: string } {
  const {
    launchBackOff: before,
    task: { launchedAt },
  } = record;
  const livedSeconds =
    launchedAt === undefined ? 0 : (now.getTime() - Date.parse(launchedAt)) / 1000;
  if (!before || livedSeconds > GOOD_SECONDS) return { seconds: 0, until: now.toISOString() };
  return longer(before.seconds, now);
}

/** RunTask found no capacity: 10 s doubling to 300 s, however long that lasts. */
export const noPlaceBackOff = (
  { launchBackOff }: PodRecord,
  now: Date,
): { seconds: number; until: string } => longer(launchBackOff?.seconds ?? 0, now);

function longer(before: number, now: Date): { seconds: number; until: string } {
  const seconds = before === 0 ? FIRST_SECONDS : Math.min(before * 2, MAX_SECONDS);
  return { seconds, until: new Date(now.getTime() + seconds * 1000).toISOString() };
}

/** Kubernetes keeps the crash back-off per definition of a container: with another image it starts afresh. */
const withoutBackOff = (observed: ObservedPod, edited: readonly string[]): ObservedPod =>
  changeContainers(observed, edited, ({ backOff: _past, ...fresh }) => fresh);

function newSandbox(
  pod: Pod,
  observed: ObservedPod,
  replacedSince: string | undefined,
): ObservedPod {
  const {
    podIP: _ip,
    hostIP: _host,
    silentSince: _silent,
    replacing: _replaced,
    ...rest
  } = observed;
  return changeContainers(
    { ...rest, sandboxReady: false },
    Object.keys(observed.containers),
    (container, name) => inNewSandbox(pod, name, container, replacedSince),
  );
}

function inNewSandbox(
  pod: Pod,
  name: string,
  {
    current,
    hello: _h,
    waiting: _w,
    image: _i,
    resources: _r,
    resizeError: _e,
    restartAfter: _a,
    ...rest
  }: ObservedContainer,
  replacedSince: string | undefined,
): ObservedContainer {
  // A run that was ordered in the old sandbox and never began is ordered again by the next execution.
  const container = { ...rest, desiredRun: current?.run ?? rest.previous?.run ?? 0 };
  if (!current) return container;
  // Kubernetes does not start succeeded containers in a new sandbox, but always runs init containers again.
  const kind = containerKind(pod, name);
  const replaced =
    kind === 'app' &&
    replacedSince !== undefined &&
    current.finishedAt !== undefined &&
    Date.parse(current.finishedAt) >= Date.parse(replacedSince);
  const forGood =
    (kind === 'app' || kind === 'ephemeral') &&
    hasEnded(current) &&
    !replaced &&
    !shouldRestart(pod, name, current);
  return forGood ? { ...container, current, kept: true } : { ...container, previous: current };
}
