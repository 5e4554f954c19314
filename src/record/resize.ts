// A pod's resize in its record: promised by the node or infeasible, then in progress, then complete. Pure.
// Level-based: the spec's sizes are compared with the promised ones, so the next pass finds an edit that was not acted upon.
import { isDeepStrictEqual } from 'node:util';
import type { Pod } from '../kinds/pod.ts';
import { own } from '../own.ts';
import { allocatedPod, promised, sizesOf } from '../pod/status/allocation.ts';
import { initAndAppContainers } from '../pod/model/containers.ts';
import type { PodEvent } from '../pod/events/pod-events.ts';
import type { ObservedContainer, ObservedPod } from '../pod/run/observed.ts';
import { podDone } from '../pod/run/order.ts';
import {
  resizeCompleted,
  resizeError,
  resizeInfeasible,
  resizeStarted,
} from '../pod/events/resize-events.ts';
import { isRunning } from '../pod/run/restart.ts';
import { changeContainer, changeContainers } from './change-container.ts';
import type { PodRecord } from './record.ts';

/** A record and the events of its change. */
export interface Resize {
  record: PodRecord;
  events: PodEvent[];
}

/** Why the node can never hold the pod; undefined where it can. */
export type Judge = (pod: Pod) => string | undefined;

const generationOf = ({ metadata }: Pod): number => metadata.generation ?? 1;

const withObserved = (record: PodRecord, observed: ObservedPod): PodRecord => ({
  ...record,
  observed,
});

/** The container must be stopped, since its resize requires another run. */
export const asksForRestart = (container: ObservedContainer | undefined): boolean =>
  container?.restartAfter !== undefined &&
  container.restartAfter === container.current?.run &&
  isRunning(container.current);

/** A container does not have its promised size yet, or must still be restarted for it. */
const isUnderWay = (pod: Pod, { containers }: ObservedPod): boolean =>
  initAndAppContainers(pod).some(
    ({ name }) =>
      own(containers, name)?.resources !== undefined || asksForRestart(own(containers, name)),
  );

type DueResize = 'promise' | 'forget' | 'complete';

/** The changes that are due for a pod. */
export function resizeDue(pod: Pod, { observed, end }: PodRecord): DueResize | undefined {
  const { allocated, resize, resizePending } = observed;
  if (allocated === undefined || end || podDone(pod, observed)) return undefined;
  const wanted = sizesOf(pod);
  if (!isDeepStrictEqual(wanted, allocated))
    return isDeepStrictEqual(wanted, resizePending?.wanted) ? completion(pod, observed) : 'promise';
  if (resizePending) return 'forget';
  return resize ? completion(pod, observed) : undefined;
}

const completion = (pod: Pod, observed: ObservedPod): DueResize | undefined =>
  observed.resize && !isUnderWay(pod, observed) ? 'complete' : undefined;

/** Makes the changes that are due; undefined if there are none. */
export function settleResize(pod: Pod, record: PodRecord, judge: Judge): Resize | undefined {
  const due = resizeDue(pod, record);
  if (due === 'promise') return promise(pod, record, judge(pod));
  if (due === 'complete') return complete(pod, record);
  if (due === undefined) return undefined;
  const { resizePending: _gone, ...observed } = record.observed;
  return { record: withObserved(record, observed), events: [] };
}

function promise(pod: Pod, record: PodRecord, why: string | undefined): Resize {
  const generation = generationOf(pod);
  const wanted = sizesOf(pod);
  if (why !== undefined) {
    const resizePending = { generation, reason: 'Infeasible', message: why, wanted } as const;
    return {
      record: withObserved(record, { ...record.observed, resizePending }),
      events: [resizeInfeasible(pod, generation, why)],
    };
  }
  const { resizePending: _past, ...observed } = record.observed;
  const had = new Map(
    initAndAppContainers(pod)
      .map((container) => ({ container, had: promised(container, observed) }))
      .filter(({ container, had }) => !isDeepStrictEqual(had, container.resources ?? {}))
      .map(({ container, had }) => [container.name, had]),
  );
  // Errors of a resize that is no longer requested do not count.
  const resizing = changeContainers(
    observed,
    [...had.keys()],
    ({ resizeError: _error, ...known }, name) => ({
      ...known,
      resources: known.resources ?? had.get(name) ?? {},
    }),
  );
  return {
    record: withObserved(record, {
      ...resizing,
      allocated: wanted,
      resize: { generation },
    }),
    events: [resizeStarted(pod, generation)],
  };
}

function complete(pod: Pod, record: PodRecord): Resize {
  const { resize, ...observed } = record.observed;
  return {
    record: withObserved(record, observed),
    events: [resizeCompleted(allocatedPod(pod, observed), resize?.generation ?? generationOf(pod))],
  };
}

/** A container was resized. With the last one the resize is complete; both are written at once. */
export const withCompletion = (pod: Pod, record: PodRecord): Resize =>
  record.observed.resize && !isUnderWay(pod, record.observed)
    ? complete(pod, record)
    : { record, events: [] };

/** The engine refused a container's resize; reported again only if the message differs. */
export function withResizeError(pod: Pod, record: PodRecord, name: string, error: string): Resize {
  const { observed } = record;
  const known = own(observed.containers, name);
  if (known === undefined || known.resizeError === error) return { record, events: [] };
  return {
    record: changeContainer(record, name, (container) => ({ ...container, resizeError: error })),
    events: [
      resizeError(
        allocatedPod(pod, observed),
        observed.resize?.generation ?? generationOf(pod),
        error,
      ),
    ],
  };
}
