// The Store port on a DynamoDB table (docs/design/store.md).
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
  return storeOn({
    table,
    clock,
    ids,
    random,
    lifetimes,
    ...present({ wakes }),
    numbers,
    tail: new Tail({ table, numbers, clock, pollMs }),
  });
}

/** The store built from its parts. */
export function storeOn(writer: Writer): DynamoStore {
  const { table, tail, clock } = writer;
  return {
    get: (key: ObjectKey) => readObject(table, key, clock.now()),
    async list(query: ListQuery) {
      const version = toVersion(await tail.settle());
      return { ...(await listObjects(table, query, clock.now())), version };
    },
    async listTexts(query: ListQuery) {
      const version = toVersion(await tail.settle());
      return { ...(await listTexts(table, query, clock.now())), version };
    },
    commit: (write: { object?: ObjectWrite; records?: RecordWrite[] }) => commit(writer, write),
    async changes(after, options) {
      const { entries, upTo } = await tail.changes(Number(after), options);
      return { entries, upTo: toVersion(upTo) };
    },
    version: async () => toVersion(await tail.settle()),
    getRecord: (key) => getRecord(table, key),
    listRecords: (prefix) => listRecords(table, prefix),
    compact: (version) => tail.compact(Number(version)),
  };
}
