// What one container sees of its pod's volumes: mounts of the sandbox's volumes, and single files placed where no volume can be mounted.
import type { Brought } from '../../protocol/start-content.ts';
import type { Container, EphemeralContainer, Pod, Volume, VolumeMount } from '../../kinds/pod.ts';
import { directoriesOf, shownOfFiles } from './file-parts.ts';
import { oncePerSpec } from '../model/once-per-spec.ts';
import { pathTree } from '../model/path-tree.ts';
import { partsOf, type Part, type Parts } from './volume-parts.ts';
import {
  holdsVariables,
  isFileVolume,
  isPartial,
  mountPathOf,
  partOf,
  sameDirectory,
  volumeKey,
  volumeOf,
  within,
} from './volumes.ts';

/** A volume of the sandbox in the container, or (`memory`) a tmpfs that only this container has. */
export interface ViewedMount {
  key: string;
  path: string;
  readOnly: boolean;
  volume: Volume | undefined;
  memory: boolean;
}

/** A file of volume `key` that is placed at the mount's path before each start: as a copy, or as a link to a mount of the volume at `base`. */
export interface Placing {
  mount: VolumeMount;
  at: string;
  key: string;
  base?: string;
  /** A link's path below `base`, unless the mount leaves it to variables. */
  path: string;
  /** Under a read-only root: the key of the copied directory of the image in which the file lies. */
  seed?: string;
}

/** A copy of a directory of the image as a volume of the sandbox, mounted over that directory under a read-only root. */
export interface Seed {
  key: string;
  path: string;
  /** Relative paths of the mounts below it. */
  inside: string[];
}

export interface ContainerView {
  mounts: ViewedMount[];
  placings: Placing[];
  seeds: Seed[];
  /** Directories of file volumes, as they are at the start of the container. */
  directories: Brought[];
  /** What init containers left in an emptyDir at the path of a part. */
  handedOver: Brought[];
  /** Mounts that cannot be shown here. */
  impossible: { mount: VolumeMount; why: NoPlace }[];
}

/** Why a single file cannot be placed at its mount's path; `lateName`: a directory whose path is only known at the start. */
export type NoPlace =
  | { kind: 'readOnlyVolume' | 'topDirectory' | 'lateName' }
  | { kind: 'kernelDirectory'; directory: string };

type Definition = Container | EphemeralContainer;

const views = oncePerSpec(() => new WeakMap<Definition, ContainerView>());

/** The container's view. Pure: the same for every pod of one shape. */
export function containerView(pod: Pod, container: Definition): ContainerView {
  const view = views(pod).get(container) ?? viewed(pod, container);
  views(pod).set(container, view);
  return view;
}

function viewed(pod: Pod, container: Definition): ContainerView {
  const view: ContainerView = {
    mounts: [],
    placings: [],
    seeds: [],
    directories: [],
    handedOver: [],
    impossible: [],
  };
  const inside: ViewedMount[] = [];
  const known = new Map<Volume, Parts>();
  const parted = (volume: Volume): Parts => {
    const parts = known.get(volume) ?? partsOf(pod, volume);
    known.set(volume, parts);
    return parts;
  };
  for (const mount of container.volumeMounts ?? []) {
    const volume = volumeOf(pod, mount.name);
    if (volume?.emptyDir !== undefined)
      addEmptyDir(view, inside, pod, { volume, parts: parted(volume) }, mount);
    else if (volume !== undefined && isFileVolume(volume)) addFiles(view, pod, volume, mount);
    else if (volume !== undefined) addUnknown(view, pod, volume, mount);
  }
  // The container's own mounts come before those that other mounts bring with them.
  const byPath = new Map<string, ViewedMount>();
  for (const mount of [...view.mounts, ...inside])
    if (!byPath.has(mount.path)) byPath.set(mount.path, mount);
  view.mounts = [...byPath.values()];
  place(view, container);
  return view;
}

/** The path of a volume that the container only reaches through links. */
const basePath = (key: string, { readOnly }: VolumeMount): string =>
  `/.droppod/m/${key}${readOnly === true ? '-ro' : ''}`;

const below = (path: string, rest: string): string =>
  path === '/' ? `/${rest}` : `${path}/${rest}`;

function addEmptyDir(
  view: ContainerView,
  inside: ViewedMount[],
  pod: Pod,
  { volume, parts }: { volume: Volume; parts: Parts },
  mount: VolumeMount,
): void {
  const shown = parts.shown(mount);
  const at = mountPathOf(mount);
  const readOnly = mount.readOnly === true;
  const mounted = (part: Part, path: string): ViewedMount => ({
    key: part.key,
    path,
    readOnly,
    volume,
    memory: isOwnMemory(pod, volume, parts, part),
  });
  const held = 'part' in shown ? shown.part : shown.linkInto;
  for (const part of [...held.inside, held]) {
    view.handedOver.push(
      ...part.comesFrom.map((above) => ({
        from: above.key,
        path: within(part.path, above.path) ?? '',
        to: part.key,
      })),
    );
  }
  if ('linkInto' in shown) {
    const base = basePath(held.key, mount);
    view.mounts.push(mounted(held, base));
    view.placings.push({ mount, at, key: held.key, base, path: shown.path });
    return;
  }
  if (held.key !== '') view.mounts.push(mounted(held, at));
  inside.push(
    ...held.inside.map((part) => mounted(part, below(at, within(part.path, held.path) ?? ''))),
  );
}

function addFiles(view: ContainerView, pod: Pod, volume: Volume, mount: VolumeMount): void {
  const key = volumeKey(pod, volume.name);
  const at = mountPathOf(mount);
  const shown = shownOfFiles(volume, mount);
  if (shown === 'file') {
    view.placings.push({ mount, at, key, path: partOf(mount) });
    return;
  }
  const own = shown === 'whole' ? undefined : directoriesOf(pod, volume).get(partOf(mount));
  if (own !== undefined) view.directories.push({ from: key, path: own.path, to: own.key });
  view.mounts.push({ key: own?.key ?? key, path: at, readOnly: true, volume, memory: false });
}

/** Claims, and directories of the machine (both local mode only): their content is not known here. */
function addUnknown(view: ContainerView, pod: Pod, volume: Volume, mount: VolumeMount): void {
  const key = volumeKey(pod, volume.name);
  const at = mountPathOf(mount);
  const readOnly = mount.readOnly === true || volume.persistentVolumeClaim?.readOnly === true;
  const base = basePath(key, { ...mount, readOnly });
  view.mounts.push({
    key,
    path: isPartial(mount) ? base : at,
    readOnly,
    volume,
    memory: false,
  });
  if (isPartial(mount)) view.placings.push({ mount, at, key, base, path: partOf(mount) });
}

/** An emptyDir in memory with a single mount in a single container, and nothing else to fill or read it: it can be that container's own tmpfs. */
function isOwnMemory(pod: Pod, volume: Volume, parts: Parts, part: Part): boolean {
  if (
    volume.emptyDir?.medium !== 'Memory' ||
    holdsVariables(pod, volume.name) ||
    part.comesFrom.length > 0
  )
    return false;
  return parts.timesMounted(part) === 1 && !parts.isDrawnFrom(part);
}

/** Nothing can be placed in these directories. */
const KERNEL = ['/proc', '/sys', '/.droppod'];

function place(view: ContainerView, { name, securityContext }: Definition): void {
  const mounts = new Map(
    view.mounts.map((mount): [string, ViewedMount] => [sameDirectory(mount.path), mount]).reverse(),
  );
  const tree = pathTree(mounts.keys());
  const seeds = new Map<string, Seed>();
  for (const placing of view.placings) {
    const path = sameDirectory(placing.at);
    const around = mounts.get(tree.above(path) ?? '');
    if (
      around !== undefined
        ? !around.readOnly
        : within(path, '/dev') !== undefined || securityContext?.readOnlyRootFilesystem !== true
    )
      continue;
    const why: NoPlace | undefined =
      around !== undefined ? { kind: 'readOnlyVolume' } : seedProblem(placing);
    if (why === undefined) addSeed(view, seeds, name, placing);
    else view.impossible.push({ mount: placing.mount, why });
  }
  if (view.seeds.length === 0) return;
  const all = pathTree(view.mounts.map((mount) => mount.path));
  for (const seed of view.seeds)
    seed.inside = all
      .below(seed.path)
      .flatMap((path) => within(path, seed.path) ?? [])
      .sort();
}

const directoryOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';

function seedProblem({ at, mount, base }: Placing): NoPlace | undefined {
  const directory = directoryOf(at);
  if (directory === '/') return { kind: 'topDirectory' };
  if (KERNEL.some((path) => directory === path || within(directory, path) !== undefined))
    return { kind: 'kernelDirectory', directory };
  if (mount.subPathExpr && base !== undefined) return { kind: 'lateName' };
  return undefined;
}

function addSeed(
  view: ContainerView,
  seeds: Map<string, Seed>,
  container: string,
  placing: Placing,
): void {
  const path = directoryOf(placing.at);
  const known = seeds.get(path);
  const seed = known ?? { key: `droppod-seed_${container}_${view.seeds.length}`, path, inside: [] };
  placing.seed = seed.key;
  if (known !== undefined) return;
  seeds.set(path, seed);
  view.seeds.push(seed);
  view.mounts.push({ key: seed.key, path, readOnly: true, volume: undefined, memory: false });
}
