// What a subPath of a configMap, secret, downwardAPI or projected volume is: one file, or a directory of some.
import type { Pod, Volume, VolumeMount } from '../kinds/pod.ts';
import { isPartial, partOf, usesOf, volumeKey, within } from './volumes.ts';

/** Paths that the volume's definition names, and whether further keys may lie beside them. */
interface Known {
  paths: string[];
  open: boolean;
}

interface KeySource {
  items?: { path: string }[];
}

const ofKeys = ({ items = [] }: KeySource): Known => ({ paths: items.map(({ path }) => path), open: items.length === 0 });
const ofPaths = (paths: string[]): Known => ({ paths, open: false });

function known({ configMap, secret, downwardAPI, projected }: Volume): Known[] {
  if (configMap !== undefined) return [ofKeys(configMap)];
  if (secret !== undefined) return [ofKeys(secret)];
  if (downwardAPI !== undefined) return [ofPaths((downwardAPI.items ?? []).map(({ path }) => path))];
  return (projected?.sources ?? []).flatMap((source) => known({ name: '', ...source }).concat(source.serviceAccountToken === undefined ? [] : [ofPaths([source.serviceAccountToken.path])]));
}

/** What the mount shows; a path that nothing can bring is an empty directory, as the kubelet makes one. */
export function shownOfFiles(volume: Volume, mount: VolumeMount): 'whole' | 'file' | 'directory' {
  if (!isPartial(mount) || (partOf(mount) === '' && !mount.subPathExpr)) return 'whole';
  // Only the container's variables tell which: the podlet sees it when the container starts.
  if (mount.subPathExpr) return 'file';
  const path = partOf(mount);
  const sources = known(volume);
  if (sources.some(({ paths }) => paths.includes(path))) return 'file';
  if (sources.some(({ paths }) => paths.some((one) => within(one, path) !== undefined))) return 'directory';
  return sources.some(({ open }) => open) && !path.includes('/') ? 'file' : 'directory';
}

/** The directories of a volume that are mounted by subPath, each a volume of the task with only those files: others stay unseen. */
export function directoriesOf(pod: Pod, volume: Volume): { path: string; key: string }[] {
  const mounts = usesOf(pod, volume.name).map(({ mount }) => mount).filter((mount) => shownOfFiles(volume, mount) === 'directory');
  const paths = [...new Set(mounts.map(partOf))].sort();
  return paths.map((path, index) => ({ path, key: `${volumeKey(pod, volume.name)}_${index}_${path.replace(/[^A-Za-z0-9-]+/g, '_').slice(0, 100)}` }));
}
