// What a watcher of one pod sees, without what may differ between installations: times, ids, addresses, versions.
import type { ContainerState, ContainerStatus, Pod } from '../../src/kinds/pod.ts';

import { toPod } from '../../src/pod/model/to-pod.ts';
import type { PodWorld } from '../fakes/pod-world.ts';

function stateText({ waiting, running, terminated }: ContainerState = {}): string {
  if (running) return 'running';
  if (terminated)
    return `terminated ${terminated.reason ?? ''} ${terminated.exitCode} ${terminated.message ?? ''}`.trim();
  return waiting ? `waiting ${waiting.reason ?? ''}` : '-';
}

function containerText({
  name,
  state,
  lastState,
  ready,
  started,
  restartCount,
}: ContainerStatus): string {
  return `${name}: ${stateText(state)} (last ${stateText(lastState)}) ready=${ready} started=${started ?? '-'} restarts=${restartCount}`;
}

function podText(type: string, { metadata, status }: Pod): string {
  const conditions = (status.conditions ?? [])
    .map((one) => `${one.type}=${one.status}${one.reason ? `/${one.reason}` : ''}`)
    .join(' ');
  const containers = [
    ...(status.initContainerStatuses ?? []),
    ...(status.containerStatuses ?? []),
  ].map(containerText);
  const ending =
    metadata.deletionTimestamp === undefined
      ? ''
      : ` deleting(${metadata.deletionGracePeriodSeconds ?? ''})`;
  return [
    `${type} ${status.phase ?? ''}${status.reason ? ` ${status.reason}` : ''}${ending}`,
    conditions,
    ...containers,
  ].join('\n  ');
}

/** The pod's entries in the log of changes as text, consecutive equal ones folded. */
export async function watchSequence({ ports }: PodWorld, { metadata }: Pod): Promise<string[]> {
  const { entries } = await ports.store.changes('0' as never, { waitMs: 0 });
  const texts = entries
    .filter(({ key, object }) => key.resource === 'pods' && object.metadata.uid === metadata.uid)
    .map(({ type, object }) => podText(type, toPod(object)));
  return texts.filter((text, index) => text !== texts[index - 1]);
}
