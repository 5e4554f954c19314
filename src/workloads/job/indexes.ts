// Sets of completion indexes as text: `0-2,4,6,7`. With up to 100 000 indexes they stay intervals.

/** First and last index, both included. */
export type Interval = readonly [number, number];

/** The intervals of a stored text; unreadable parts and those beyond `completions` are left out. */
export function parseIndexes(text: string | undefined, completions: number): Interval[] {
  return (text ?? '').split(',').flatMap((part): Interval[] => {
    const [first = '', last = first] = part.split('-');
    if (!/^\d+$/.test(first) || !/^\d+$/.test(last)) return [];
    const from = Number(first);
    return from >= completions ? [] : [[from, Math.min(Number(last), completions - 1)]];
  });
}

/** How many indexes the intervals contain. */
export const countIndexes = (intervals: readonly Interval[]): number =>
  intervals.reduce((sum, [first, last]) => sum + last - first + 1, 0);

/** Whether one of the ascending intervals contains the index. */
export function hasIndex(intervals: readonly Interval[], index: number): boolean {
  let low = 0;
  let high = intervals.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [first, last] = intervals[middle] ?? [0, 0];
    if (index < first) high = middle - 1;
    else if (index > last) low = middle + 1;
    else return true;
  }
  return false;
}

/** The intervals with further indexes added, merged and ascending. */
export function withIndexes(intervals: readonly Interval[], indexes: Iterable<number>): Interval[] {
  const all = [...intervals, ...[...indexes].map((index): Interval => [index, index])].sort(
    ([a], [b]) => a - b,
  );
  const joined: [number, number][] = [];
  for (const [first, last] of all) {
    const before = joined.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else joined.push([first, last]);
  }
  return joined;
}

/** Three or more consecutive indexes become a range, two are listed. */
export const formatIndexes = (intervals: readonly Interval[]): string =>
  intervals
    .map(([first, last]) =>
      first === last ? `${first}` : last === first + 1 ? `${first},${last}` : `${first}-${last}`,
    )
    .join(',');

/** The problem of a text of indexes below `completions`; undefined: none. */
export function indexesProblem(text: string, completions: number): string | undefined {
  if (text === '') return undefined;
  let previous: number | undefined;
  for (const part of text.split(',')) {
    const limits = part.split('-');
    if (limits.length > 2)
      return `the fragment ${JSON.stringify(part)} violates the requirement that an index interval can have at most two parts separated by '-'`;
    for (const limit of limits) {
      if (!/^[+-]?\d+$/.test(limit))
        return `cannot convert string to integer for index: ${JSON.stringify(limit)}`;
      if (Number(limit) >= completions) return `too large index: ${JSON.stringify(limit)}`;
      const index = Number(limit);
      if (previous !== undefined && previous >= index)
        return `non-increasing order, previous: ${previous}, current: ${index}`;
      previous = index;
    }
  }
  return undefined;
}

/** The lowest index in both sets; undefined: they are disjoint. */
export function commonIndex(
  some: readonly Interval[],
  others: readonly Interval[],
): number | undefined {
  for (const [first, last] of some) {
    const other = others.find(([from, to]) => from <= last && first <= to);
    if (other !== undefined) return Math.max(first, other[0]);
  }
  return undefined;
}
