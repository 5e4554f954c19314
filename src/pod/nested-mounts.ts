// Mounts that lie inside other mounts: where a volume holds the mount points of something else.
import type { Pod } from '../kinds/pod.ts';
import { containerView } from './container-view.ts';
import { initAndAppContainers } from './containers.ts';
import { sameDirectory, within } from './volumes.ts';

/** Every engine mounts these files into a container by itself. */
const ENGINE_FILES = ['/etc/hosts', '/etc/hostname', '/etc/resolv.conf'];

/** Paths inside a volume of the task, relative to it, at which its containers have other mounts (volumes or the engine's own files). */
export function nestedMountPoints(pod: Pod, key: string): string[] {
  const found = initAndAppContainers(pod).flatMap((container) => {
    const { mounts } = containerView(pod, container);
    const paths = [...ENGINE_FILES, ...mounts.map(({ path }) => path)].map(sameDirectory);
    return mounts.filter((mount) => mount.key === key).flatMap(({ path: root }) => paths.flatMap((path) => within(path, sameDirectory(root)) ?? []));
  });
  return [...new Set(found)].sort();
}
