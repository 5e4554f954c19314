// The parts of an emptyDir that containers mount by subPath, each as a volume of its own: the runtime mounts only whole volumes.
import type {
  Container,
  EnvVar,
  EphemeralContainer,
  Pod,
  Volume,
  VolumeMount,
} from '../../kinds/pod.ts';
import { references } from '../process/expansion.ts';
import { oncePerSpec } from '../model/once-per-spec.ts';
import { pathTree, type PathTree } from '../model/path-tree.ts';
import {
  holdsVariables,
  isPartial,
  mountPathOf,
  partOf,
  usesOf,
  volumeKey,
  within,
  type Use,
} from './volumes.ts';

/** A directory of the volume that is a volume of the sandbox. */
export interface Part {
  /** Path inside the pod's volume; '' is the whole, or the rest beside other parts. */
  path: string;
  /** Name of the sandbox's volume. */
  key: string;
  /** Parts below this one, mounted inside wherever this one is mounted, from the start. */
  inside: Part[];
  /**
   * Parts above this one that are mounted only by init containers that have ended before this part's first container starts: what
   * they left at this path is moved here then. Until then they see no directory at the path, so `cp -r` works as on a node.
   */
  comesFrom: Part[];
}

export interface Parts {
  parts: Part[];
  /** Paths of parts that already exist, mounted inside a larger mount, while an init container runs that could create them. */
  early: string[];
  /** What a mount shows of the parts. */
  shown(mount: VolumeMount): Shown;
  /** The nearest part that is `path` or contains it. */
  holder(path: string): Part | undefined;
  /** How often the pod's containers mount a part, inside other parts included. */
  timesMounted(part: Part): number;
  /** Content that init containers leave in the part and that moves into another. */
  isDrawnFrom(part: Part): boolean;
}

/** A part as a mount, or as a path inside a part that may turn out to be a file or a directory: a link can show either. */
type Shown = { part: Part } | { linkInto: Part; path: string };

const partsByVolume = oncePerSpec(() => new Map<Volume, Parts>());

/** The parts of an emptyDir, computed from the mounts of all containers. */
export function partsOf(pod: Pod, volume: Volume): Parts {
  const made = partsByVolume(pod).get(volume) ?? divided(pod, volume, usesOf(pod, volume.name));
  partsByVolume(pod).set(volume, made);
  return made;
}

function divided(pod: Pod, volume: Volume, uses: readonly Use[]): Parts {
  const expressions = uses.filter(({ mount }) => mount.subPathExpr);
  // A path that depends on variables becomes a volume of its own if nothing mounts the volume by another path.
  if (expressions.length > 0)
    return ofOne(pod, volume, expressions.length === uses.length && areEqual(expressions), uses);
  const byPath = grouped(uses, ({ mount }) => partOf(mount));
  const paths = new Set(byPath.keys());
  if (paths.size === 0 || holdsVariables(pod, volume.name)) paths.add('');
  const tree = pathTree(paths);
  const files = new Set([...paths].filter((path) => mayBeFile(path, byPath.get(path) ?? [], tree)));
  const { parts, early } = related(
    pod,
    volume,
    [...paths].filter((path) => !files.has(path)).sort(),
    byPath,
  );
  return { early, ...lookedUp(parts, uses, files) };
}

/** A volume in one part: every partial mount is a link into it or, with `alone`, the volume itself. */
function ofOne(pod: Pod, volume: Volume, alone: boolean, uses: readonly Use[]): Parts {
  const whole: Part = { path: '', key: volumeKey(pod, volume.name), inside: [], comesFrom: [] };
  const shown = (mount: VolumeMount): Shown =>
    alone || !isPartial(mount) ? { part: whole } : { linkInto: whole, path: partOf(mount) };
  return {
    parts: [whole],
    early: [],
    shown,
    holder: () => whole,
    timesMounted: (part) => (part === whole ? uses.length : 0),
    isDrawnFrom: () => false,
  };
}

/** Equal expressions whose variables have equal definitions: they expand to the same path in all containers. */
function areEqual(uses: readonly Use[]): boolean {
  const definitions = new Map<Container | EphemeralContainer, Map<string, EnvVar[]>>();
  const texts = uses.map(({ container, mount: { subPathExpr = '' } }) => {
    const defined = definitions.get(container) ?? grouped(container.env ?? [], ({ name }) => name);
    definitions.set(container, defined);
    return JSON.stringify([
      subPathExpr,
      [...new Set(references(subPathExpr))].map((name) => defined.get(name)),
    ]);
  });
  return new Set(texts).size === 1;
}

function lookedUp(
  parts: Part[],
  uses: readonly Use[],
  files: ReadonlySet<string>,
): Omit<Parts, 'early'> {
  const byPath = new Map(parts.map((part) => [part.path, part]));
  const tree = pathTree(byPath.keys());
  const above = (path: string): Part | undefined => byPath.get(tree.above(path) ?? '\0');
  const shown = (mount: VolumeMount): Shown => {
    const path = partOf(mount);
    const exact = files.has(path) ? undefined : byPath.get(path);
    const holder = above(path);
    // A container that joins later may mount more than any before it.
    if (exact !== undefined || holder === undefined)
      return {
        part: exact ?? {
          path,
          key: '',
          inside: tree.below(path).flatMap((below) => byPath.get(below) ?? []),
          comesFrom: [],
        },
      };
    return { linkInto: holder, path: within(path, holder.path) ?? '' };
  };
  const drawnFrom = new Set(parts.flatMap(({ comesFrom }) => comesFrom));
  let times: Map<Part, number> | undefined;
  const timesMounted = (part: Part): number =>
    (times ??= timesOf(uses.map(({ mount }) => shown(mount)))).get(part) ?? 0;
  return {
    parts,
    shown,
    holder: (path) => byPath.get(path) ?? above(path),
    timesMounted,
    isDrawnFrom: (part) => drawnFrom.has(part),
  };
}

function timesOf(all: readonly Shown[]): Map<Part, number> {
  const mounted = grouped(all, (one) => ('part' in one ? one.part : one.linkInto));
  const times = new Map<Part, number>();
  const add = (part: Part, count: number): unknown =>
    times.set(part, (times.get(part) ?? 0) + count);
  for (const [part, ones] of mounted) {
    add(part, ones.length);
    const whole = ones.filter((one) => 'part' in one).length;
    for (const inner of part.inside) add(inner, whole);
  }
  return times;
}

const ENDING = /[^/]\.(?!d$)[A-Za-z][A-Za-z0-9]*$/;
const FILE_NAMES =
  /^(\..+|cacerts|.+_config|passwd|group|shadow|htpasswd|hosts|authorized_keys|known_hosts|id_[a-z0-9]+|token|kubeconfig|crontab)$/;

/**
 * A container that sees more of the volume may create this path, and its name looks like a file's. It is not known in advance, but
 * a mount needs a kind: directories are mounted, and names that look like files become links, which can show either.
 */
function mayBeFile(path: string, uses: readonly Use[], tree: PathTree): boolean {
  if (path === '' || tree.holdsBelow(path) || tree.above(path) === undefined) return false;
  const last = path.slice(path.lastIndexOf('/') + 1);
  const ends = uses.map(({ mount }) => mountPathOf(mount));
  return (
    ENDING.test(path) ||
    ends.some((end) => ENDING.test(end)) ||
    (FILE_NAMES.test(last) && ends.every((end) => end.endsWith(`/${last}`)))
  );
}

function related(
  pod: Pod,
  { name }: Volume,
  paths: string[],
  uses: ReadonlyMap<string, readonly Use[]>,
): Pick<Parts, 'parts' | 'early'> {
  const early = new Set<string>();
  const parts = paths.map((path, index): Part => ({
    path,
    key: keyOf(volumeKey(pod, name), path, index),
    inside: [],
    comesFrom: [],
  }));
  const byPath = new Map(parts.map((part) => [part.path, part]));
  const tree = pathTree(byPath.keys());
  const firsts = firstOrders(uses, tree);
  const seers = new Map([...uses].map(([path, ones]) => [path, endsOf(ones)]));
  for (const part of parts) {
    const around: string[] = [];
    for (let path = tree.above(part.path); path !== undefined; path = tree.above(path))
      around.push(path);
    for (const above of around.reverse().flatMap((path) => byPath.get(path) ?? [])) {
      // The move is possible when all containers that mount a part above have ended before the first user of this part starts.
      const { last, firstToEnd } = seers.get(above.path) ?? NOBODY;
      const first = firsts.get(part.path) ?? Infinity;
      if (last < first) {
        part.comesFrom.push(above);
        continue;
      }
      above.inside.push(part);
      if (firstToEnd < first) early.add(part.path);
    }
  }
  return { parts, early: [...early] };
}

/** For each part the position of the first container that uses it or anything inside it. */
function firstOrders(
  uses: ReadonlyMap<string, readonly Use[]>,
  tree: PathTree,
): ReadonlyMap<string, number> {
  const firsts = new Map<string, number>();
  for (const [used, ones] of uses) {
    const first = ones.reduce((least, { order }) => Math.min(least, order), Infinity);
    for (let path: string | undefined = used; path !== undefined; path = tree.above(path))
      firsts.set(path, Math.min(firsts.get(path) ?? Infinity, first));
  }
  return firsts;
}

/** For one mounted path the last container (Infinity unless all have ended before others start) and the first. */
interface Ends {
  last: number;
  firstToEnd: number;
}

const NOBODY: Ends = { last: Infinity, firstToEnd: Infinity };

const endsOf = (uses: readonly Use[]): Ends => ({
  last: uses.reduce(
    (most, { order, runsFirst }) => Math.max(most, runsFirst ? order : Infinity),
    -1,
  ),
  firstToEnd: uses.reduce(
    (least, { order, runsFirst }) => Math.min(least, runsFirst ? order : Infinity),
    Infinity,
  ),
});

/** Runtimes accept letters, digits, hyphens and underscores; a pod's volume names contain no underscore. */
const keyOf = (key: string, path: string, index: number): string =>
  path === '' ? key : `${key}_${index}_${path.replace(/[^A-Za-z0-9-]+/g, '_').slice(0, 100)}`;

/** Groups values by the key that `by` returns. */
function grouped<K, V>(values: readonly V[], by: (value: V) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const value of values) {
    const key = by(value);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
}
