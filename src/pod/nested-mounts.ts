// Mounts that lie inside other mounts: where a volume holds the mount points of something else.
import type { Pod } from '../kinds/pod.ts';
import { isPartial, mountsOfVolume } from './volumes.ts';

/** Every engine mounts these files into a container by itself. */
const ENGINE_FILES = ['/etc/hosts', '/etc/hostname', '/etc/resolv.conf'];

/** In nearly every image /var/run is a link to /run: both names may mean one directory. */
const canonical = (path: string): string => path.replace(/\/+$/, '').replace(/^\/var\/run(?=\/|$)/, '/run');

/** Paths inside a volume, relative to it, at which its containers have other mounts (volumes or the engine's own files). */
export function nestedMountPoints(pod: Pod, volume: string): string[] {
  const found = mountsOfVolume(pod, volume).flatMap(({ container, mounts }) => {
    const paths = [...ENGINE_FILES, ...(container.volumeMounts ?? []).filter((mount) => !isPartial(mount)).map(({ mountPath }) => mountPath)].map(canonical);
    return mounts.filter((mount) => !isPartial(mount)).flatMap(({ mountPath }) => {
      const root = `${canonical(mountPath)}/`;
      return paths.filter((path) => path.startsWith(root)).map((path) => path.slice(root.length));
    });
  });
  return [...new Set(found)].sort();
}
