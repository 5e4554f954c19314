// The Store port on a DynamoDB table (docs/design/store.md).
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../ports/clock.ts';
import type { ResourceVersion } from '../ports/identity.ts';
import type { Ids } from '../ports/ids.ts';
import type { ListQuery, ObjectKey, ObjectWrite, RecordWrite, Store } from '../ports/store.ts';
import { present } from '../present.ts';
import { commit } from './commit.ts';
import type { Writer } from './commit.ts';
import { readObject } from './head.ts';
import { toVersion } from './limits.ts';
import { listObjects, listTexts } from './list.ts';
import type { Page } from './list.ts';
import { sharedNumbers } from './numbers.ts';
import { getRecord, listRecords } from './records.ts';
import type { Table } from './table.ts';
import { Tail } from './tail.ts';

export interface DynamoStoreOptions {
  table: Table;
  clock: Clock;
  ids: Pick<Ids, 'uuid'>;
  random(): number;
  /** Seconds after their last write at which objects of a resource expire, without an entry in the log. */
  lifetimes?: { readonly [resource: string]: number };
  /** Which changes are marked for the table's stream. */
  wakes?: NonNullable<Writer['wakes']>;
  /** Pause between looks at the log while a watch waits. */
  pollMs?: { first: number; idle: number };
}

/** A store; `compact` gives up the log up to a version, which otherwise follows the time. */
export type DynamoStore = Store & { compact(version: ResourceVersion): Promise<void> };

/** The store for a table that any number of processes may share. */
export function dynamoStore({
  table,
  clock,
  ids,
  random,
  lifetimes = {},
  wakes,
  pollMs = { first: 200, idle: 1_000 },
}: DynamoStoreOptions): DynamoStore {
  const numbers = sharedNumbers(table);
  const looks = new AsyncLocalStorage<Look>();
  const store = storeOn({
    table,
    clock,
    ids,
    random,
    lifetimes,
    ...present({ wakes }),
    numbers,
    tail: new Tail({ table, numbers, clock, pollMs }),
    looks,
  });
  return { ...store, atOneLook: (work) => atOneLook(looks, work) };
}

/** One look at the end of the log, shared by everything that a piece of work calls. */
interface Look {
  settled: Promise<number> | undefined;
  isOver: boolean;
}

/** Runs the work with one look. Whatever outlives the work, such as a stream that it opened, looks for itself. */
async function atOneLook<Result>(
  looks: AsyncLocalStorage<Look>,
  work: () => Promise<Result>,
): Promise<Result> {
  const look: Look = { settled: undefined, isOver: false };
  try {
    return await looks.run(look, work);
  } finally {
    look.isOver = true;
  }
}

interface Parts extends Writer {
  looks?: AsyncLocalStorage<Look>;
}

/** How often a list is read while later writes overtake it. */
const MOST_READINGS = 5;

/** The store built from its parts. */
export function storeOn({ looks, ...writer }: Parts): DynamoStore {
  const { table, tail, clock } = writer;
  const settle = async (): Promise<ResourceVersion> => {
    const look = looks?.getStore();
    if (look === undefined || look.isOver) return toVersion(await tail.settle());
    const settled = (look.settled ??= tail.settle());
    // A failed look is not shared: the next caller looks again.
    settled.catch(() => (look.settled = undefined));
    return toVersion(await settled);
  };
  // A watch from the list's version would repeat, in its older states, what the list has of later writes. Another reading settles them;
  // it costs nothing where this process alone writes, and a request where it does not.
  const readings = looks === undefined ? MOST_READINGS : 1;
  const atVersion = async <T>(
    { version: given }: ListQuery,
    read: () => Promise<Page<T>>,
  ): Promise<{ objects: T[]; more: boolean; version: ResourceVersion }> => {
    for (let left = readings - 1; ; left--) {
      const version = given ?? (await settle());
      const { newest, ...page } = await read();
      if (given !== undefined || newest <= Number(version) || left <= 0)
        return { ...page, version };
    }
  };
  return {
    get: (key: ObjectKey) => readObject(table, key, clock),
    list: (query: ListQuery) => atVersion(query, () => listObjects(table, query, clock)),
    async listObjects(query: ListQuery) {
      const { objects, more } = await listObjects(table, query, clock);
      return { objects, more };
    },
    listTexts: (query: ListQuery) => atVersion(query, () => listTexts(table, query, clock)),
    async commit(write: { object?: ObjectWrite; records?: RecordWrite[] }) {
      const look = looks?.getStore();
      const written = await commit(writer, write);
      // The work's next look must include its own write.
      if (look !== undefined && write.object !== undefined) look.settled = undefined;
      return written;
    },
    async changes(after, options) {
      const { entries, upTo } = await tail.changes(Number(after), options);
      return { entries, upTo: toVersion(upTo) };
    },
    version: settle,
    olderVersion: async () => toVersion(await tail.mark()),
    getRecord: (key) => getRecord(table, key),
    listRecords: (prefix) => listRecords(table, prefix),
    compact: (version) => tail.compact(Number(version)),
  };
}
