// What a pod's running task lacks compared with its spec: ephemeral containers that have not joined, sizes that differ. Pure.
import { isDeepStrictEqual } from 'node:util';
import type { Container, EphemeralContainer, Pod } from '../kinds/pod.ts';
import { own } from '../own.ts';
import { allocatedPod, sizesOf } from '../pod/status/allocation.ts';
import { initAndAppContainers } from '../pod/model/containers.ts';
import { podDone } from '../pod/run/order.ts';
import { present } from '../present.ts';
import { changeContainer } from './change-container.ts';
import { hasTask, isTaskEnding } from './conclude.ts';
import type { PodRecord } from './record.ts';

export interface TaskEdits {
  add: EphemeralContainer[];
  resize: Container[];
}

const NONE: TaskEdits = { add: [], resize: [] };

/** What is due now: failed images wait for the end of their back-off, and a resize waits for its container. */
export function taskEdits(pod: Pod, record: PodRecord, now: Date): TaskEdits {
  const {
    observed,
    task: { added = [] },
    pulls = {},
  } = record;
  if (
    !hasTask(record) ||
    !observed.sandboxReady ||
    record.end ||
    isTaskEnding(record) ||
    podDone(pod, observed)
  )
    return NONE;
  return {
    add: (pod.spec.ephemeralContainers ?? []).filter(({ name }) => {
      const until = own(pulls, name)?.until;
      return (
        !added.includes(name) &&
        own(observed.containers, name)?.current === undefined &&
        (until === undefined || Date.parse(until) <= now.getTime())
      );
    }),
    resize: initAndAppContainers(allocatedPod(pod, observed)).filter(({ name }) => {
      const known = own(observed.containers, name);
      return known?.resources !== undefined && known.hello === true;
    }),
  };
}

/** The record after an edit of the spec. A node without a recorded promise has promised what the spec asked for before. */
export function withOldSizes(previous: Pod, record: PodRecord): PodRecord {
  // Before the node accepted the pod it has promised nothing.
  if (
    record.observed.allocated !== undefined ||
    record.observed.acceptedAt === undefined ||
    record.end
  )
    return record;
  return { ...record, observed: { ...record.observed, allocated: sizesOf(previous) } };
}

/** The record once `container` has its promised size `given`; another run follows if the resize policy says so. */
export function resized(
  record: PodRecord,
  container: Container,
  given: Container['resources'],
): PodRecord {
  const known = own(record.observed.containers, container.name);
  if (known === undefined) return record;
  const { resources: had = {}, resizeError: _past, ...rest } = known;
  const reached = isDeepStrictEqual(given ?? {}, container.resources ?? {});
  const restart =
    needsRestart(container, had, given ?? {}) && known.current !== undefined
      ? { restartAfter: known.current.run }
      : {};
  const next = {
    ...rest,
    ...restart,
    ...present({ resources: reached ? undefined : (given ?? {}) }),
  };
  return changeContainer(record, container.name, () => next);
}

type Resources = NonNullable<Container['resources']>;

function needsRestart(
  { resizePolicy = [] }: Container,
  before: Resources,
  after: Resources,
): boolean {
  return resizePolicy.some(
    ({ resourceName, restartPolicy }) =>
      restartPolicy === 'RestartContainer' &&
      (own(before.limits, resourceName) !== own(after.limits, resourceName) ||
        own(before.requests, resourceName) !== own(after.requests, resourceName)),
  );
}
