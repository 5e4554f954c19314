// The store (docs/design/store.md) under faults: dead and late writers, lost responses, conflicting transactions, a killed process.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/system-clock.ts';
import { randomIds } from '../../src/aws/ids.ts';
import { StoreConflict, Unavailable } from '../../src/errors.ts';
import type { KubeObject } from '../../src/kinds/pod.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { ResourceVersion } from '../../src/ports/identity.ts';
import type { ObjectKey } from '../../src/ports/store.ts';
import { LIFETIMES } from '../../src/kinds/resources.ts';
import { COUNTER } from '../../src/store/layout.ts';
import { takeNumbers } from '../../src/store/counter.ts';
import { dynamoStore } from '../../src/store/dynamo-store.ts';
import { openSingleWriterStore } from '../../src/store/single-writer-store.ts';
import type { Table, TableWrite } from '../../src/store/table.ts';
import { localTable } from './store-subjects.ts';

const key: ObjectKey = { resource: 'configmaps', namespace: 'default', name: 'a' };
const named = (name: string): ObjectKey => ({ ...key, name });
const objectOf = ({ namespace, name }: ObjectKey, data: object = {}): KubeObject => ({
  metadata: { name, namespace },
  data,
});
const create = (at: ObjectKey, data: object = {}) => ({
  object: { key: at, object: objectOf(at, data), expected: 'absent' as const },
});
const parts = { clock: systemClock, ids: randomIds, random: Math.random };

/** The system's clock, which adds up the sleeps that were asked for: a busy machine makes everything late, but these no longer. */
function countingClock(): Clock & { slept: number[] } {
  const slept: number[] = [];
  return {
    slept,
    now: () => systemClock.now(),
    sleep: (ms, signal) => {
      slept.push(ms);
      return systemClock.sleep(ms, signal);
    },
  };
}

/** The table with `around` between it and the store. */
const withTransact = (
  table: Table,
  around: (writes: TableWrite[], next: Table['transact']) => ReturnType<Table['transact']>,
): Table => ({ ...table, transact: (writes) => around(writes, table.transact) });

describe('the store under faults', () => {
  let table: Table;
  let close: () => Promise<void>;
  beforeAll(async () => ({ table, close } = await localTable()));
  afterAll(() => close());

  it('a writer that died after taking a number delays readers by half a second, no more', async () => {
    const clock = countingClock();
    const store = dynamoStore({ table, ...parts, clock });
    const before = await store.version();
    const { number } = await takeNumbers(table, 1);
    const waiting = store.changes(before, { waitMs: 60_000 });
    const began = Date.now();
    const { version } = await store.commit(create(named('after-hole')));
    expect(Number(version)).toBe(number + 1);
    expect((await store.list({ resource: 'configmaps' })).version).toBe(version);
    expect(Date.now() - began).toBeGreaterThan(450);
    // The list and the watch each look again and again, for half a second and not for the watch's minute.
    const polls = clock.slept.filter((ms) => ms < 60_000);
    expect(polls.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(6_000);
    expect(await waiting).toMatchObject({ entries: [{ version }], upTo: version });
  });

  it('a late writer finds its number buried and takes a new one', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let delays = 1;
    const slow = withTransact(table, async (writes, next) => {
      if (writes.length > 1 && delays-- > 0) await held;
      return next(writes);
    });
    const late = dynamoStore({ table: slow, ...parts }).commit(create(named('late')));
    const reader = dynamoStore({ table, ...parts });
    await expect.poll(async () => Number((await table.get(COUNTER))?.num)).toBeGreaterThan(0);
    await systemClock.sleep(50);
    const seen = await reader.version();
    release();
    const { version } = await late;
    expect(Number(version)).toBeGreaterThan(Number(seen));
    expect(
      (await reader.changes(seen, { waitMs: 2_000 })).entries.map((entry) => entry.key.name),
    ).toEqual(['late']);
  });

  it('a write whose answer was lost is recognised and not written twice', async () => {
    let losses = 1;
    const store = dynamoStore({
      ...parts,
      table: withTransact(table, async (writes, next) => {
        const outcome = await next(writes);
        if (writes.length > 1 && losses-- > 0) throw new Error('socket hang up');
        return outcome;
      }),
    });
    const start = await store.version();
    const { version } = await store.commit({
      ...create(named('lost')),
      records: [{ key: 'lost/a', value: 1, expected: 0 }],
    });
    expect((await store.get(named('lost')))?.metadata.resourceVersion).toBe(version);
    expect((await store.changes(start, { waitMs: 0 })).entries).toHaveLength(1);
    expect((await store.getRecord('lost/a'))?.revision).toBe(1);
  });

  it('a write that repeats itself below the store is no conflict', async () => {
    const twice = withTransact(table, async (writes, next) => {
      await next(writes);
      return next(writes);
    });
    const store = dynamoStore({ table: twice, ...parts });
    const { version } = await store.commit(create(named('twice')));
    expect((await store.get(named('twice')))?.metadata.resourceVersion).toBe(version);
    await store.commit({
      records: [
        { key: 'twice/a', value: 1, expected: 0 },
        { key: 'twice/b', value: 1, expected: 0 },
      ],
    });
    expect((await store.getRecord('twice/a'))?.revision).toBe(1);
  });

  it('a write that never arrived is a fault, and nothing of it appears later', async () => {
    let losses = 1;
    const store = dynamoStore({
      ...parts,
      table: withTransact(table, async (writes, next) => {
        if (writes.length > 1 && losses-- > 0) throw new Error('connection refused');
        return next(writes);
      }),
    });
    await expect(store.commit(create(named('refused')))).rejects.toThrow(Unavailable);
    expect(await store.get(named('refused'))).toBeUndefined();
    await store.commit(create(named('refused')));
  });

  it('TransactionConflict is retried under back-off', async () => {
    let conflicts = 3;
    const store = dynamoStore({
      ...parts,
      table: withTransact(table, async (writes, next) =>
        conflicts-- > 0 ? writes.map(() => 'TransactionConflict' as const) : next(writes),
      ),
    });
    expect((await store.commit(create(named('busy')))).version).toBeDefined();
  });

  it('a conflict leaves no hole behind', async () => {
    const racing = [dynamoStore({ table, ...parts }), dynamoStore({ table, ...parts })];
    const { version } = await racing[0]!.commit(create(named('race')));
    const update = (i: number) =>
      racing[i]!.commit({
        object: { key: named('race'), object: objectOf(named('race'), { i }), expected: version! },
      });
    const outcomes = await Promise.allSettled([update(0), update(1)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: expect.any(StoreConflict) as unknown,
    });
    const clock = countingClock();
    await dynamoStore({ table, ...parts, clock }).version();
    expect(clock.slept).toEqual([]);
  });

  it('a log that nobody marked for hours is given up instead of being read with gaps', async () => {
    let shiftMs = 0;
    const clock = { now: () => new Date(Date.now() + shiftMs), sleep: systemClock.sleep };
    const store = dynamoStore({ ...parts, table, clock });
    const old = await store.version();
    const { version } = await store.commit(create(named('stale')));
    shiftMs = 3 * 60 * 60 * 1000;
    const later = dynamoStore({ ...parts, table, clock });
    await expect(later.changes(old, { waitMs: 0 })).rejects.toThrow('older');
    expect(await later.changes(version!, { waitMs: 0 })).toEqual({ entries: [], upTo: version });
    await later.commit(create(named('fresh')));
    expect((await later.changes(version!, { waitMs: 0 })).entries).toHaveLength(1);
  });

  it('100 watchers receive a write of another process by the look under way or the next', async () => {
    const clock = countingClock();
    const reader = dynamoStore({ table, ...parts, clock });
    const writer = dynamoStore({ table, ...parts });
    const at = await reader.version();
    const watchers = Array.from({ length: 100 }, () => reader.changes(at, { waitMs: 60_000 }));
    await systemClock.sleep(20);
    await writer.commit(create(named('far')));
    clock.slept.length = 0;
    const received = await Promise.all(watchers);
    expect(received.every(({ entries }) => entries.length === 1)).toBe(true);
    expect(clock.slept.length).toBeLessThanOrEqual(1);
  });
});

it('a watch gets past a large object that could not be read once', async () => {
  const { table, close } = await localTable();
  let faults = 0;
  const store = dynamoStore({
    ...parts,
    table: {
      ...table,
      batchGet: (keys) =>
        faults-- > 0 ? Promise.reject(new Error('throttled')) : table.batchGet(keys),
    },
  });
  const start = await store.version();
  const data = { large: randomBytes(400_000).toString('base64') };
  await store.commit(create(named('large'), data));
  faults = 1;
  await expect(store.changes(start, { waitMs: 0 })).rejects.toThrow('throttled');
  const { entries } = await store.changes(start, { waitMs: 0 });
  expect(entries.map(({ object }) => object['data'])).toEqual([data]);
  await close();
});

describe.each(['many writers', 'a single writer'] as const)(
  'objects with a lifetime: %s',
  (subject) => {
    it('an event is gone an hour after it was last written, without a sweep, and its name is free again', async () => {
      const { table, close } = await localTable();
      let shiftMs = 0;
      const clock = { now: () => new Date(Date.now() + shiftMs), sleep: systemClock.sleep };
      const options = { ...parts, table, clock, lifetimes: LIFETIMES };
      const store =
        subject === 'many writers' ? dynamoStore(options) : await openSingleWriterStore(options);
      const [old, kept, other] = [
        { ...key, resource: 'events' },
        { ...key, resource: 'events', name: 'b' },
        key,
      ];
      for (const one of [old, kept, other]) await store.commit(create(one));
      shiftMs = 3_000_000;
      const seen = await store.get(kept);
      await store.commit({
        object: {
          key: kept,
          object: objectOf(kept, { seen: 'again' }),
          expected: seen!.metadata.resourceVersion as ResourceVersion,
        },
      });
      shiftMs = 3_700_000;
      expect(
        (await store.list({ resource: 'events' })).objects.map(({ metadata }) => metadata.name),
      ).toEqual(['b']);
      expect(await store.get(old)).toBeUndefined();
      expect(await store.get(other)).toBeDefined();
      await store.commit(create(old, { new: 'yes' }));
      expect(await store.get(old)).toMatchObject({ data: { new: 'yes' } });
      await close();
    });
  },
);

describe('a single writer', () => {
  it('killed and reopened from disk, it has every acknowledged write and goes on with greater versions', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'droppod-store-'));
    const path = join(directory, 'table');
    const first = await localTable(path);
    const store = await openSingleWriterStore({ table: first.table, ...parts });
    const versions: ResourceVersion[] = [];
    for (let n = 0; n < 20; n++)
      versions.push(
        (
          await store.commit({
            ...create(named(`n${n}`), { n }),
            records: [{ key: `n/${n}`, value: n, expected: 0 }],
          })
        ).version!,
      );
    await first.close();

    const second = await localTable(path);
    const reopened = await openSingleWriterStore({ table: second.table, ...parts });
    expect((await reopened.list({ resource: 'configmaps' })).objects).toHaveLength(20);
    expect(await reopened.listRecords('n/')).toHaveLength(20);
    expect(
      (await reopened.changes(versions[9]!, { waitMs: 0 })).entries.map((entry) => entry.version),
    ).toEqual(versions.slice(10));
    const { version } = await reopened.commit({
      object: {
        key: named('n0'),
        object: objectOf(named('n0'), { again: true }),
        expected: versions[0]!,
      },
    });
    expect(Number(version)).toBeGreaterThan(Number(versions[19]));
    await second.close();
    rmSync(directory, { recursive: true });
  });

  it('writes again once the table does, after a reservation of numbers that failed', async () => {
    const { table, close } = await localTable();
    let full = false;
    const store = await openSingleWriterStore({
      ...parts,
      table: {
        ...table,
        update: (...all) =>
          full ? Promise.reject(new Unavailable('no space')) : table.update(...all),
      },
    });
    const write = (n: number): Promise<unknown> => store.commit(create(named(`r${n}`)));
    let written = 0;
    full = true;
    await expect(
      (async () => {
        for (;;) {
          await write(written);
          written += 1;
        }
      })(),
    ).rejects.toBeInstanceOf(Unavailable);
    expect(written).toBeGreaterThan(50);
    const waiting = await Promise.allSettled([write(201), write(202), write(203)]);
    expect(waiting.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    full = false;
    await Promise.all([write(204), write(205), write(206)]);
    expect((await store.list({ resource: 'configmaps' })).objects).toHaveLength(written + 3);
    await close();
  });

  it('hands out no number twice where the table has gone back, and lets no watch of before go on', async () => {
    const { table, close } = await localTable();
    const raised: number[] = [];
    const floor = { highest: 12_300, raise: async (number: number) => void raised.push(number) };
    const store = await openSingleWriterStore({ ...parts, table, floor });
    const { version } = await store.commit(create(key));
    expect(Number(version)).toBeGreaterThan(12_300);
    expect(raised[0]).toBeGreaterThanOrEqual(Number(version));
    await expect(store.changes('12250' as ResourceVersion, { waitMs: 0 })).rejects.toMatchObject({
      name: 'CompactedError',
    });
    for (let n = 0; n < 2 * 100; n++) await store.commit(create(named(`f${n}`)));
    expect(raised.length).toBeGreaterThan(2);
    expect(raised.at(-1)).toBeGreaterThanOrEqual(
      Number((await store.list({ resource: 'configmaps' })).version),
    );
    await close();
  });

  it('wakes 100 watchers of its own process by the write itself, not by a look at the log', async () => {
    const { table, close } = await localTable();
    const clock = countingClock();
    const store = await openSingleWriterStore({ table, ...parts, clock });
    for (let round = 0; round < 20; round++) {
      const at = await store.version();
      const watchers = Array.from({ length: 100 }, () => store.changes(at, { waitMs: 60_000 }));
      await systemClock.sleep(1);
      clock.slept.length = 0;
      await store.commit(create(named(`round${round}`), { text: 'x'.repeat(4_000) }));
      const woken = await Promise.all(watchers);
      expect(woken.every(({ entries }) => entries.length === 1)).toBe(true);
      expect(clock.slept).toEqual([]);
    }
    await close();
  });
});
