// Mounts inside other mounts: volumes that must contain mount points.
import type { Pod } from '../../kinds/pod.ts';
import { containerView } from './container-view.ts';
import { initAndAppContainers } from '../model/containers.ts';
import { oncePerSpec } from '../model/once-per-spec.ts';
import { pathTree } from '../model/path-tree.ts';
import { sameDirectory, within } from './volumes.ts';

/** Every engine mounts these files into each container. */
const ENGINE_FILES = ['/etc/hosts', '/etc/hostname', '/etc/resolv.conf'];

/** Paths inside a volume of the sandbox, relative to it, at which its containers have other mounts (volumes or the engine's own files). */
export const nestedMountPoints = (pod: Pod, key: string): string[] =>
  [...(byKey(pod).get(key) ?? [])].sort();

const byKey = oncePerSpec((pod) => {
  const found = new Map<string, Set<string>>();
  for (const container of initAndAppContainers(pod)) {
    const { mounts } = containerView(pod, container);
    if (mounts.length === 0) continue;
    const tree = pathTree([...ENGINE_FILES, ...mounts.map(({ path }) => path)].map(sameDirectory));
    for (const { key, path } of mounts) {
      const root = sameDirectory(path);
      const known = found.get(key) ?? new Set();
      for (const below of tree.below(root)) known.add(within(below, root) ?? '');
      found.set(key, known);
    }
  }
  return found;
});
