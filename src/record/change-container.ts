// Changes single containers of an observed pod and leaves the others as they are. A container's name may be any text, `__proto__` included.
import { own, setOwn } from '../own.ts';
import type { ObservedContainer, ObservedPod } from '../pod/run/observed.ts';
import type { PodRecord } from './record.ts';

type Change = (known: ObservedContainer, name: string) => ObservedContainer;

/** A container of which nothing is known: no run of it was ordered yet. */
const UNKNOWN: ObservedContainer = { desiredRun: 0 };

/** The observed pod with each of these containers changed. */
export function changeContainers(
  observed: ObservedPod,
  names: readonly string[],
  change: Change,
): ObservedPod {
  const containers = { ...observed.containers };
  for (const name of names)
    setOwn(containers, name, change(own(containers, name) ?? UNKNOWN, name));
  return { ...observed, containers };
}

/** The record with one container changed. */
export const changeContainer = (record: PodRecord, name: string, change: Change): PodRecord => ({
  ...record,
  observed: changeContainers(record.observed, [name], change),
});

/** The record in which these containers wait, each with its reason. */
export const showWaiting = (
  record: PodRecord,
  waiting: { [container: string]: { reason: string; message: string } },
): PodRecord => ({
  ...record,
  observed: changeContainers(record.observed, Object.keys(waiting), (container, name) => {
    const why = own(waiting, name);
    return why ? { ...container, waiting: why } : container;
  }),
});
