// A table that keeps its partitions of objects and records in memory, for an installation with a single writing process.
// Once a partition is loaded, reads are answered from memory; writes go through and update the memory when they are answered.
import type { Clock } from '../ports/clock.ts';
import { present } from '../present.ts';
import { compareKeys } from './limits.ts';
import type { Item, ItemKey, Table, TableWrite } from './table.ts';

/** Partitions that are kept: objects and records. Log entries and parts are read once or never. */
const KEPT = /^[or]\//;

/** How often expired items are dropped from memory; the table treats them as gone. */
const FORGET_MS = 10 * 60 * 1000;

interface Partition {
  items: Map<string, Item>;
  /** The keys of `items` in order. A partition also holds the markers of deleted objects, so a page must not scan it. */
  keys: string[];
}

const NOTHING: { items: Item[] } = { items: [] };
Object.freeze(NOTHING.items);

/** `table` must not have another writer. */
export function cachedTable(table: Table, clock: Pick<Clock, 'now'>): Table {
  const held = heldPartitions(table, clock);
  const queues = new Map<string, Promise<unknown>>();
  return {
    ...table,
    get: async (key) =>
      KEPT.test(key.pk)
        ? (held.at(key.pk) ?? (await held.load(key.pk))).items.get(key.sk)
        : table.get(key),
    async query({ pk, from, to, limit }) {
      if (!KEPT.test(pk)) return table.query({ pk, from, to, ...present({ limit }) });
      const { items, keys } = held.at(pk) ?? (await held.load(pk));
      if (keys.length === 0) return NOTHING;
      const first = placeOf(keys, from);
      const end = Math.max(
        first,
        Math.min(placeOf(keys, `${to}\u0000`), limit === undefined ? Infinity : first + limit),
      );
      const next = keys[end];
      if (first === end && next === undefined) return NOTHING;
      return {
        items: first === end ? [] : keys.slice(first, end).flatMap((sk) => items.get(sk) ?? []),
        ...present({ next: next !== undefined && next <= to ? next : undefined }),
      };
    },
    async transact(writes) {
      const keys = writes.map(keyOf).filter(({ pk }) => KEPT.test(pk));
      for (const { pk } of keys) if (held.at(pk) === undefined) await held.load(pk);
      return inTurn(
        queues,
        keys.map(({ pk, sk }) => `${pk}\n${sk}`),
        async () => {
          try {
            const outcome = await table.transact(writes);
            if (outcome === 'written')
              for (const write of writes) await remember(table, held, write);
            held.forgetExpired();
            return outcome;
          } catch (error) {
            // Whether it was written is unknown: the partitions are read again.
            for (const { pk } of keys) held.drop(pk);
            throw error;
          }
        },
      );
    },
  };
}

interface Held {
  /** The partition where it is loaded: most reads need no promise of their own. */
  at(pk: string): Partition | undefined;
  load(pk: string): Promise<Partition>;
  drop(pk: string): void;
  /** Called at each write: what only is read does not grow. */
  forgetExpired(): void;
}

/** `partition` is there once it is loaded. */
interface Loading {
  load: Promise<Partition>;
  partition?: Partition;
}

function heldPartitions(table: Table, clock: Pick<Clock, 'now'>): Held {
  const held = new Map<string, Loading>();
  let forgottenAt = clock.now().getTime();
  const begin = (pk: string): Promise<Partition> => {
    const loading: Loading = { load: loadPartition(table, pk) };
    held.set(pk, loading);
    loading.load.then(
      (partition) => (loading.partition = partition),
      // Unless it was dropped meanwhile.
      () => held.get(pk) === loading && held.delete(pk),
    );
    return loading.load;
  };
  return {
    at: (pk) => held.get(pk)?.partition,
    load: (pk) => held.get(pk)?.load ?? begin(pk),
    drop: (pk) => void held.delete(pk),
    forgetExpired() {
      const nowMs = clock.now().getTime();
      if (nowMs - forgottenAt < FORGET_MS) return;
      forgottenAt = nowMs;
      for (const { partition } of held.values()) if (partition) dropExpired(partition, nowMs);
    },
  };
}

function dropExpired(partition: Partition, nowMs: number): void {
  for (const [sk, { expires }] of partition.items)
    if (expires !== undefined && Number(expires) * 1000 <= nowMs) partition.items.delete(sk);
  partition.keys = partition.keys.filter((sk) => partition.items.has(sk));
}

async function loadPartition(table: Table, pk: string): Promise<Partition> {
  const items = new Map<string, Item>();
  for (let from: string | undefined = ' '; from !== undefined;) {
    const page: { items: Item[]; next?: string } = await table.query({ pk, from, to: '\uffff' });
    for (const item of page.items) items.set(item.sk, item);
    from = page.next;
  }
  return { items, keys: [...items.keys()].sort(compareKeys) };
}

/** Index of the first key that is not less than `sk`. */
function placeOf(keys: readonly string[], sk: string): number {
  let low = 0;
  for (let high = keys.length; low < high;) {
    const middle = (low + high) >>> 1;
    if (compareKeys(keys[middle] ?? '', sk) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

const keyOf = (write: TableWrite): ItemKey =>
  'put' in write ? write.put : 'update' in write ? write.update : write.remove;

async function remember(table: Table, held: Held, write: TableWrite): Promise<void> {
  const { pk, sk } = keyOf(write);
  if (!KEPT.test(pk)) return;
  const now =
    'put' in write ? write.put : 'update' in write ? await table.get({ pk, sk }) : undefined;
  const { items, keys } = held.at(pk) ?? (await held.load(pk));
  const place = placeOf(keys, sk);
  const known = keys[place] === sk;
  if (now) items.set(sk, now);
  else items.delete(sk);
  if (now && !known) keys.splice(place, 0, sk);
  if (!now && known) keys.splice(place, 1);
}

/** Runs `act` after every earlier call that shares a key. All keys are queued at once, so that two callers cannot wait for each other. */
async function inTurn<T>(
  queues: Map<string, Promise<unknown>>,
  keys: string[],
  act: () => Promise<T>,
): Promise<T> {
  const earlier = keys.flatMap((key) => queues.get(key) ?? []);
  const turn = earlier.length === 0 ? act() : Promise.all(earlier).then(act);
  // The caller gets the error; the next in the queue only waits.
  const done = turn.catch(() => undefined);
  for (const key of keys) queues.set(key, done);
  await done;
  for (const key of keys) if (queues.get(key) === done) queues.delete(key);
  return turn;
}
