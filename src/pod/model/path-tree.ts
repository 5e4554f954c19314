// Paths by containment: sorted once, so that a query does not look at each of them.
import { within } from '../volumes/volumes.ts';

export interface PathTree {
  /** The nearest of the paths that contain `path`. */
  above(path: string): string | undefined;
  /** The paths inside `path`, sorted. */
  below(path: string): string[];
  holdsBelow(path: string): boolean;
}

/** Every path inside `path` begins with this text; sorted, they follow the path without a gap. */
const prefixOf = (path: string): string => (path === '' || path === '/' ? path : `${path}/`);

export function pathTree(paths: Iterable<string>): PathTree {
  const entries = [...new Set(paths)]
    .map((path) => ({ path, prefix: prefixOf(path), holder: -1 }))
    .sort((left, right) => (left.prefix < right.prefix ? -1 : 1));
  const open: number[] = [];
  for (const [index, entry] of entries.entries()) {
    while (open.length > 0 && !entry.prefix.startsWith(entries[open.at(-1) ?? -1]?.prefix ?? ''))
      open.pop();
    entry.holder = open.at(-1) ?? -1;
    open.push(index);
  }
  /** Index of the first entry that does not sort before the prefix. */
  const find = (prefix: string): number => {
    let [low, high] = [0, entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((entries[middle]?.prefix ?? '') < prefix) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const firstBelow = (path: string): number => {
    const at = find(prefixOf(path));
    return entries[at]?.path === path ? at + 1 : at;
  };
  const isBelow = (index: number, path: string): boolean =>
    within(entries[index]?.path ?? '', path) !== undefined;
  return {
    above(path) {
      let at = find(prefixOf(path)) - 1;
      while (at >= 0 && within(path, entries[at]?.path ?? '') === undefined)
        at = entries[at]?.holder ?? -1;
      return entries[at]?.path;
    },
    below(path) {
      const found: string[] = [];
      for (let at = firstBelow(path); isBelow(at, path); at++) found.push(entries[at]?.path ?? '');
      return found.sort();
    },
    holdsBelow: (path) => isBelow(firstBelow(path), path),
  };
}
