// Visits many things, several at once, within a time of its own.
import type { Clock } from '../../ports/clock.ts';

/** How a round is bounded. */
export interface Bounds {
  clock: Clock;
  /** The most that are visited at once. */
  atOnce: number;
  /** No visit begins later than this after the first. */
  beginMs: number;
  /** Nothing is waited for longer than this. */
  endMs: number;
}

/** What a round did not come to: never begun, and begun but not over when the time was. */
export interface Missed<Item> {
  left: Item[];
  unfinished: Item[];
}

/** Visits the items in their order, the first in any case. A visit must not throw: what it meets is its own to keep. */
export async function visitAll<Item>(
  items: readonly Item[],
  visit: (item: Item) => Promise<void>,
  { clock, atOnce, beginMs, endMs }: Bounds,
): Promise<Missed<Item>> {
  const began = clock.now().getTime();
  const busy = new Set<Item>();
  let next = 0;
  const work = async (): Promise<void> => {
    while (next === 0 || clock.now().getTime() - began < beginMs) {
      const item = items[next];
      if (item === undefined) return;
      next++;
      busy.add(item);
      await visit(item);
      busy.delete(item);
    }
  };
  const over = new AbortController();
  const workers = Array.from({ length: Math.min(atOnce, items.length) }, work);
  await Promise.race([Promise.all(workers), clock.sleep(endMs, over.signal)]);
  over.abort();
  return { left: items.slice(next), unfinished: [...busy] };
}
