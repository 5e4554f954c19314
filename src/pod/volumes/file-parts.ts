// What a subPath of a configMap, secret, downwardAPI or projected volume shows: one file, or a directory with some of the files.
import type { Pod, Volume, VolumeMount } from '../../kinds/pod.ts';
import { oncePerSpec } from '../model/once-per-spec.ts';
import { pathTree, type PathTree } from '../model/path-tree.ts';
import { isPartial, partOf, usesOf, volumeKey } from './volumes.ts';

/** The paths that the volume's definition names, and whether there may be further keys. */
interface Known {
  paths: string[];
  open: boolean;
}

interface KeySource {
  items?: { path: string }[];
}

const ofKeys = ({ items = [] }: KeySource): Known => ({
  paths: items.map(({ path }) => path),
  open: items.length === 0,
});
const ofPaths = (paths: string[]): Known => ({ paths, open: false });

function known({ configMap, secret, downwardAPI, projected }: Volume): Known[] {
  if (configMap !== undefined) return [ofKeys(configMap)];
  if (secret !== undefined) return [ofKeys(secret)];
  if (downwardAPI !== undefined)
    return [ofPaths((downwardAPI.items ?? []).map(({ path }) => path))];
  return (projected?.sources ?? []).flatMap((source) =>
    known({ name: '', ...source }).concat(
      source.serviceAccountToken === undefined ? [] : [ofPaths([source.serviceAccountToken.path])],
    ),
  );
}

/** What is known of a volume's paths. */
interface Paths {
  files: ReadonlySet<string>;
  tree: PathTree;
  open: boolean;
}

const pathsByVolume = new WeakMap<Volume, Paths>();

function pathsOf(volume: Volume): Paths {
  const made = pathsByVolume.get(volume);
  if (made !== undefined) return made;
  const sources = known(volume);
  const files = new Set(sources.flatMap(({ paths }) => paths));
  const paths = { files, tree: pathTree(files), open: sources.some(({ open }) => open) };
  pathsByVolume.set(volume, paths);
  return paths;
}

/** What the mount shows; a path that does not exist becomes an empty directory, as with the kubelet. */
export function shownOfFiles(volume: Volume, mount: VolumeMount): 'whole' | 'file' | 'directory' {
  if (!isPartial(mount) || (partOf(mount) === '' && !mount.subPathExpr)) return 'whole';
  // Only the container's variables decide: the podlet knows them when the container starts.
  if (mount.subPathExpr) return 'file';
  const path = partOf(mount);
  const { files, tree, open } = pathsOf(volume);
  if (files.has(path)) return 'file';
  if (tree.holdsBelow(path)) return 'directory';
  return open && !path.includes('/') ? 'file' : 'directory';
}

type Directories = ReadonlyMap<string, { path: string; key: string }>;

const directoriesByVolume = oncePerSpec(() => new Map<Volume, Directories>());

/** The directories of a volume that are mounted by subPath, each as a volume of the sandbox with only those files: the others stay hidden. */
export function directoriesOf(pod: Pod, volume: Volume): Directories {
  const made = directoriesByVolume(pod).get(volume);
  if (made !== undefined) return made;
  const mounts = usesOf(pod, volume.name)
    .map(({ mount }) => mount)
    .filter((mount) => shownOfFiles(volume, mount) === 'directory');
  const paths = [...new Set(mounts.map(partOf))].sort();
  const directories = new Map(
    paths.map((path, index) => [
      path,
      {
        path,
        key: `${volumeKey(pod, volume.name)}_${index}_${path.replace(/[^A-Za-z0-9-]+/g, '_').slice(0, 100)}`,
      },
    ]),
  );
  directoriesByVolume(pod).set(volume, directories);
  return directories;
}
