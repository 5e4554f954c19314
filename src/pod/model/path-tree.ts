// Paths by what lies in what: sorted once, so that asking takes no look at each of them.
import { within } from '../volumes/volumes.ts';

export interface PathTree {
  /** The nearest of the paths that `path` lies in. */
  above(path: string): string | undefined;
  /** The paths that lie in `path`, sorted. */
  below(path: string): string[];
  holdsBelow(path: string): boolean;
}

/** Everything in a path begins with this, and sorted it follows the path without a gap. */
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
  /** Index of the first entry that is not before the prefix. */
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
