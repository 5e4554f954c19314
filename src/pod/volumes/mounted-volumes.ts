// The volumes of a sandbox by the pod's own: what containers mount, under the names that the podlet knows.
import type { Pod, Volume } from '../../kinds/pod.ts';
import { containerView } from './container-view.ts';
import { initAndAppContainers } from '../model/containers.ts';
import { directoriesOf } from './file-parts.ts';
import { oncePerSpec } from '../model/once-per-spec.ts';
import { partsOf } from './volume-parts.ts';
import { isFileVolume, volumeKey } from './volumes.ts';

/** Names of the volumes that the podlet brings into form. A tmpfs is part of its one container. */
export function preparedVolumes(pod: Pod): string[] {
  const memory = memoryKeys(pod);
  const seeds = initAndAppContainers(pod).flatMap((container) =>
    containerView(pod, container).seeds.map(({ key }) => key),
  );
  return [...(pod.spec.volumes ?? []).flatMap((volume) => keysOf(pod, volume, memory)), ...seeds];
}

/** Those of one volume of the pod; `memory` are keys that no disk holds. */
export function keysOf(pod: Pod, volume: Volume, memory: ReadonlySet<string>): string[] {
  if (isFileVolume(volume))
    return [
      volumeKey(pod, volume.name),
      ...[...directoriesOf(pod, volume).values()].map(({ key }) => key),
    ];
  if (volume.emptyDir === undefined) return [];
  return partsOf(pod, volume)
    .parts.map(({ key }) => key)
    .filter((key) => !memory.has(key));
}

/** Parts that are a container's own tmpfs: not the podlet's to prepare. */
export const memoryKeys: (pod: Pod) => ReadonlySet<string> = oncePerSpec(
  (pod) =>
    new Set(
      initAndAppContainers(pod).flatMap((container) =>
        containerView(pod, container)
          .mounts.filter(({ memory }) => memory)
          .map(({ key }) => key),
      ),
    ),
);
