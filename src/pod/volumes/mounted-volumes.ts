// A sandbox's volumes, grouped by the pod's volumes: what containers mount, under the names that the podlet uses.
import type { Pod, Volume } from '../../kinds/pod.ts';
import { containerView } from './container-view.ts';
import { initAndAppContainers } from '../model/containers.ts';
import { directoriesOf } from './file-parts.ts';
import { oncePerSpec } from '../model/once-per-spec.ts';
import { partsOf } from './volume-parts.ts';
import { isClaimed, isFileVolume, volumeKey } from './volumes.ts';

/** Names of the volumes that the podlet prepares. A tmpfs belongs to its one container. */
export function preparedVolumes(pod: Pod): string[] {
  const memory = memoryKeys(pod);
  const seeds = initAndAppContainers(pod).flatMap((container) =>
    containerView(pod, container).seeds.map(({ key }) => key),
  );
  return [...(pod.spec.volumes ?? []).flatMap((volume) => keysOf(pod, volume, memory)), ...seeds];
}

/** The volumes of one of the pod's volumes; `memory` are keys without a disk. */
export function keysOf(pod: Pod, volume: Volume, memory: ReadonlySet<string>): string[] {
  if (isFileVolume(volume))
    return [
      volumeKey(pod, volume.name),
      ...[...directoriesOf(pod, volume).values()].map(({ key }) => key),
    ];
  if (isClaimed(volume)) return [volumeKey(pod, volume.name)];
  if (volume.emptyDir === undefined) return [];
  return partsOf(pod, volume)
    .parts.map(({ key }) => key)
    .filter((key) => !memory.has(key));
}

/** Parts that are a container's own tmpfs: the podlet does not prepare them. */
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
