// The parts of an emptyDir that containers mount by subPath, each a volume of its own: Fargate mounts volumes whole.
import type { Pod, Volume, VolumeMount } from '../kinds/pod.ts';
import { holdsVariables, isPartial, mountPathOf, partOf, usesOf, volumeKey, within, type Use } from './volumes.ts';

/** A directory of the volume that is a volume of the task. */
export interface Part {
  /** Path inside the pod's volume; '' is the rest, or the whole. */
  path: string;
  /** Name of the task's volume. */
  key: string;
  /** Parts below it that are mounted inside wherever this one is mounted: they are there from the beginning. */
  inside: Part[];
  /**
   * Parts above it that only init containers mount which are over before this part's first container starts: what they
   * left at this path is moved here then. Before that the path is theirs alone, so `cp -r` finds no directory there.
   */
  comesFrom: Part[];
}

export interface Parts {
  parts: Part[];
  /** Paths of parts that are there, mounted inside, before an init container that sees more and could make them itself. */
  early: string[];
  /** What a mount shows of the parts. */
  shown(mount: VolumeMount): Shown;
}

/** A part as a mount; or a path in a part of which nobody can say beforehand whether it is a file: a link shows it. */
export type Shown = { part: Part } | { linkInto: Part; path: string };

/** The parts of an emptyDir by the mounts of all containers. */
export function partsOf(pod: Pod, volume: Volume): Parts {
  const uses = usesOf(pod, volume.name);
  const expressions = uses.filter(({ mount }) => mount.subPathExpr);
  // A path that only the container's variables tell is a volume of its own where nobody sees it by another path.
  if (expressions.length > 0) return ofOne(pod, volume, expressions.length === uses.length && new Set(expressions.map((use) => expression(use))).size === 1);
  const paths = new Set(uses.map(({ mount }) => partOf(mount)));
  if (paths.size === 0 || holdsVariables(pod, volume.name)) paths.add('');
  const files = new Set([...paths].filter((path) => mayBeFile(path, uses, paths)));
  const { parts, early } = related(pod, volume, [...paths].filter((path) => !files.has(path)).sort(), uses);
  return { parts, early, shown: (mount) => shownOf(parts, files, partOf(mount)) };
}

/** A volume that is one whole: every partial mount is a link into it, or (`alone`) the volume itself. */
function ofOne(pod: Pod, volume: Volume, alone: boolean): Parts {
  const whole: Part = { path: '', key: volumeKey(pod, volume.name), inside: [], comesFrom: [] };
  return { parts: [whole], early: [], shown: (mount) => (alone || !isPartial(mount) ? { part: whole } : { linkInto: whole, path: partOf(mount) }) };
}

/** What the text and the definitions of its variables say: equal ones have equal values in all containers. */
const expression = ({ mount, container }: Use): string =>
  JSON.stringify([mount.subPathExpr, (container.env ?? []).filter(({ name }) => mount.subPathExpr?.includes(`$(${name})`))]);

function shownOf(parts: Part[], files: ReadonlySet<string>, path: string): Shown {
  const exact = files.has(path) ? undefined : parts.find((part) => part.path === path);
  const holder = exact ?? holderOf(parts, path);
  // A container that joins later may ask for more than any before it.
  if (exact !== undefined || holder === undefined) return { part: exact ?? { path, key: '', inside: parts.filter((part) => within(part.path, path) !== undefined), comesFrom: [] } };
  return { linkInto: holder, path: within(path, holder.path) ?? '' };
}

/** The nearest part that `path` lies in. */
export const holderOf = (parts: readonly Part[], path: string): Part | undefined =>
  parts.filter((part) => part.path === path || within(path, part.path) !== undefined).sort((left, right) => right.path.length - left.path.length)[0];

const ENDING = /[^/]\.(?!d$)[A-Za-z][A-Za-z0-9]*$/;
const FILE_NAMES = /^(\..+|cacerts|.+_config|passwd|group|shadow|htpasswd|hosts|authorized_keys|known_hosts|id_[a-z0-9]+|token|kubeconfig|crontab)$/;

/**
 * Somebody who sees more of the volume may put a file here, and the names look like one's. Nobody can know it before, and
 * a mount must be one or the other: a directory is a mount, and what looks like a file a link, which can show both.
 */
function mayBeFile(path: string, uses: readonly Use[], paths: ReadonlySet<string>): boolean {
  if (path === '' || [...paths].some((other) => within(other, path) !== undefined)) return false;
  if (![...paths].some((other) => within(path, other) !== undefined)) return false;
  const last = path.slice(path.lastIndexOf('/') + 1);
  const ends = uses.filter(({ mount }) => partOf(mount) === path).map(({ mount }) => mountPathOf(mount));
  return ENDING.test(path) || ends.some((end) => ENDING.test(end)) || (FILE_NAMES.test(last) && ends.every((end) => end.endsWith(`/${last}`)));
}

function related(pod: Pod, { name }: Volume, paths: string[], uses: readonly Use[]): Pick<Parts, 'parts' | 'early'> {
  const early = new Set<string>();
  const parts = paths.map((path, index): Part => ({ path, key: keyOf(volumeKey(pod, name), path, index), inside: [], comesFrom: [] }));
  const times = new Map(paths.map((path) => [path, timesOf(path, uses)]));
  for (const part of parts) {
    // All who see what is above are over when the part's first user starts: what they left there is handed over.
    for (const above of parts) {
      if (within(part.path, above.path) === undefined) continue;
      const [seers, users] = [times.get(above.path), times.get(part.path)];
      if (seers === undefined || users === undefined) continue;
      if (seers.seen && seers.allRunFirst && seers.last < users.first) {
        part.comesFrom.push(above);
        continue;
      }
      above.inside.push(part);
      if (seers.firstToEnd < users.first) early.add(part.path);
    }
  }
  return { parts, early: [...early] };
}

/** When containers see a path: the first that uses it or something in it, and of those that mount exactly it the last, whether all end before others start, and the first that does. */
interface Times {
  first: number;
  seen: boolean;
  last: number;
  allRunFirst: boolean;
  firstToEnd: number;
}

function timesOf(path: string, uses: readonly Use[]): Times {
  const times: Times = { first: Infinity, seen: false, last: -1, allRunFirst: true, firstToEnd: Infinity };
  for (const { mount, order, runsFirst } of uses) {
    const used = partOf(mount);
    if (used !== path && within(used, path) === undefined) continue;
    times.first = Math.min(times.first, order);
    if (used === path) Object.assign(times, { seen: true, last: Math.max(times.last, order), allRunFirst: times.allRunFirst && runsFirst });
    if (used === path && runsFirst) times.firstToEnd = Math.min(times.firstToEnd, order);
  }
  return times;
}

/** ECS takes letters, digits, hyphens and underscores; no volume of a pod has an underscore in its name. */
const keyOf = (key: string, path: string, index: number): string => (path === '' ? key : `${key}_${index}_${path.replace(/[^A-Za-z0-9-]+/g, '_').slice(0, 100)}`);

/** How often a part is mounted by the pod's containers, inside others too. */
export function timesMounted(pod: Pod, volume: Volume, { parts, shown }: Parts, part: Part): number {
  const seen = (one: Part): number => (one === part ? 1 : 0) + one.inside.filter((below) => below === part).length;
  return parts.length === 0 ? 0 : usesOf(pod, volume.name).map(({ mount }) => shown(mount)).reduce((sum, what) => sum + ('part' in what ? seen(what.part) : what.linkInto === part ? 1 : 0), 0);
}
