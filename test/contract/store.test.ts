// The contract of the Store port: one suite on the fake, on DynamoDB in process, on one writer with its cache, on any endpoint.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiError, CompactedError, StoreConflict } from '../../src/errors.ts';
import type { KubeObject } from '../../src/kinds/pod.ts';
import type { ResourceVersion } from '../../src/ports/identity.ts';
import type { LogEntry, ObjectKey, Store } from '../../src/ports/store.ts';
import type { Subject } from './store-subjects.ts';
import { subjects } from './store-subjects.ts';

const keyOf = (name: string, namespace = 'default', resource = 'configmaps'): ObjectKey => ({
  resource,
  namespace,
  name,
});
const objectOf = ({ namespace, name }: ObjectKey, data: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data,
});
const versionOf = (object: KubeObject | undefined): ResourceVersion =>
  object?.metadata.resourceVersion as ResourceVersion;

async function put(
  store: Store,
  key: ObjectKey,
  data: object = {},
  expected: ResourceVersion | 'absent' = 'absent',
): Promise<ResourceVersion> {
  const { version } = await store.commit({
    object: { key, object: objectOf(key, data), expected },
  });
  return version!;
}

async function remove(store: Store, key: ObjectKey): Promise<ResourceVersion> {
  const { version } = await store.commit({
    object: { key, object: null, expected: versionOf(await store.get(key)) },
  });
  return version!;
}

/** Reads, changes, writes until it works. */
async function increment(store: Store, key: ObjectKey): Promise<ResourceVersion> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const now = await store.get(key);
    const { n = 0 } = (now?.data ?? {}) as { n?: number };
    try {
      return await put(store, key, { n: n + 1 }, now ? versionOf(now) : 'absent');
    } catch (error) {
      if (!(error instanceof StoreConflict)) throw error;
    }
  }
  throw new Error('never got through');
}

async function collect(
  store: Store,
  after: ResourceVersion,
  until: ResourceVersion,
): Promise<LogEntry[]> {
  const all: LogEntry[] = [];
  for (let at = after, round = 0; Number(at) < Number(until) && round < 1000; round++) {
    const { entries, upTo } = await store.changes(at, { waitMs: 2_000 });
    all.push(...entries);
    at = upTo;
  }
  return all;
}

const SUBJECTS = subjects();
let subject: Subject;
let store: Subject['store'];

/** Opens the subject for the tests of a block. */
function opened(open: () => Promise<Subject>): void {
  beforeAll(async () => {
    subject = await open();
    store = subject.store;
  });
  afterAll(() => subject.close());
}

describe.each(SUBJECTS)('the store (%s)', (_name, open) => {
  opened(open);

  it('creates, gets, updates, deletes and creates again, each under a greater version', async () => {
    const key = keyOf('cycle');
    const versions = [await put(store, key, { a: '1' })];
    expect(await store.get(key)).toEqual({
      ...objectOf(key, { a: '1' }),
      metadata: { name: 'cycle', namespace: 'default', resourceVersion: versions[0] },
    });
    versions.push(await put(store, key, { a: '2' }, versions[0]));
    versions.push(await remove(store, key));
    expect(await store.get(key)).toBeUndefined();
    versions.push(await put(store, key, { a: '3' }));
    expect((await store.get(key))?.data).toEqual({ a: '3' });
    const numbers = versions.map(Number);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  });

  it.each([
    [
      'an update under an old version',
      async (key: ObjectKey, version: ResourceVersion) => {
        await put(store, key, {}, version);
        await put(store, key, {}, version);
      },
    ],
    ['a create of what exists', (key: ObjectKey) => put(store, key)],
    [
      'an update of what was never there',
      (_key: ObjectKey, version: ResourceVersion) => put(store, keyOf('never'), {}, version),
    ],
    [
      'an update of what was deleted',
      async (key: ObjectKey, version: ResourceVersion) => {
        await remove(store, key);
        await put(store, key, {}, version);
      },
    ],
    [
      'a second delete',
      async (key: ObjectKey, version: ResourceVersion) => {
        await remove(store, key);
        await store.commit({ object: { key, object: null, expected: version } });
      },
    ],
  ])('%s is a conflict', async (name, act) => {
    const key = keyOf(`conflict-${name.replaceAll(/[^a-z]/g, '-')}`);
    const version = await put(store, key);
    await expect(act(key, version)).rejects.toThrow(StoreConflict);
  });

  it('an object and records are written together or not at all', async () => {
    const key = keyOf('with-records');
    const write = { key, object: objectOf(key), expected: 'absent' as const };
    await store.commit({
      object: write,
      records: [
        { key: 'together/a', value: { n: 1 }, expected: 0 },
        { key: 'together/b', value: 2, expected: 'any' },
      ],
    });
    expect(await store.getRecord('together/a')).toEqual({
      key: 'together/a',
      value: { n: 1 },
      revision: 1,
    });
    const again = {
      key,
      object: objectOf(key, { changed: true }),
      expected: versionOf(await store.get(key)),
    };
    await expect(
      store.commit({
        object: again,
        records: [
          { key: 'together/a', value: 9, expected: 7 },
          { key: 'together/b', value: 9, expected: 'any' },
        ],
      }),
    ).rejects.toThrow(StoreConflict);
    expect((await store.get(key))?.data).toEqual({});
    expect((await store.getRecord('together/b'))?.value).toBe(2);
    const stale = { ...again, expected: '1' as ResourceVersion };
    await expect(
      store.commit({ object: stale, records: [{ key: 'together/a', value: 9, expected: 1 }] }),
    ).rejects.toThrow(StoreConflict);
    expect((await store.getRecord('together/a'))?.value).toEqual({ n: 1 });
  });

  it('records: revisions grow, expectations hold, a prefix is listed in order', async () => {
    for (const key of ['kind/b', 'kind/a', 'kind/a/x', 'kinder/c'])
      await store.commit({ records: [{ key, value: key, expected: 0 }] });
    await store.commit({ records: [{ key: 'kind/a', value: 'new', expected: 1 }] });
    await store.commit({ records: [{ key: 'kind/a', value: { ünï: '😀' }, expected: 'any' }] });
    expect(await store.getRecord('kind/a')).toEqual({
      key: 'kind/a',
      value: { ünï: '😀' },
      revision: 3,
    });
    await expect(
      store.commit({ records: [{ key: 'kind/a', value: 1, expected: 0 }] }),
    ).rejects.toThrow(StoreConflict);
    await expect(
      store.commit({ records: [{ key: 'kind/a', value: null, expected: 2 }] }),
    ).rejects.toThrow(StoreConflict);
    expect((await store.listRecords('kind/')).map(({ key }) => key)).toEqual([
      'kind/a',
      'kind/a/x',
      'kind/b',
    ]);
    expect((await store.listRecords('kind/a')).map(({ key }) => key)).toEqual([
      'kind/a',
      'kind/a/x',
    ]);
    await store.commit({
      records: [
        { key: 'kind/a', value: null, expected: 3 },
        { key: 'kind/none', value: null, expected: 'any' },
      ],
    });
    expect(await store.getRecord('kind/a')).toBeUndefined();
  });

  it('a record-only commit makes no version', async () => {
    const before = await store.version();
    expect(
      await store.commit({ records: [{ key: 'quiet/a', value: 1, expected: 'any' }] }),
    ).toEqual({ version: undefined });
    expect(await store.version()).toBe(before);
  });
});

describe.each(SUBJECTS)('lists and the log of the store (%s)', (_name, open) => {
  opened(open);

  it('lists in storage order, by namespace, in pages', async () => {
    const names: [string, string][] = [
      ['a', 'x'],
      ['a-b', 'a'],
      ['a', 'y.z'],
      ['a', 'y'],
      ['b', 'a'],
      ['', 'cluster'],
    ];
    for (const [namespace, name] of names) await put(store, keyOf(name, namespace, 'listed'));
    await put(store, keyOf('gone', 'a', 'listed'));
    await remove(store, keyOf('gone', 'a', 'listed'));
    const all = await store.list({ resource: 'listed' });
    const paths = (objects: KubeObject[]): string[] =>
      objects.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    expect(paths(all.objects)).toEqual(['/cluster', 'a-b/a', 'a/x', 'a/y', 'a/y.z', 'b/a']);
    expect(all.more).toBe(false);
    expect(paths((await store.list({ resource: 'listed', namespace: 'a' })).objects)).toEqual([
      'a/x',
      'a/y',
      'a/y.z',
    ]);
    const first = await store.list({ resource: 'listed', namespace: 'a', limit: 2 });
    expect([paths(first.objects), first.more]).toEqual([['a/x', 'a/y'], true]);
    const second = await store.list({
      resource: 'listed',
      namespace: 'a',
      limit: 2,
      after: { namespace: 'a', name: 'y' },
    });
    expect([paths(second.objects), second.more]).toEqual([['a/y.z'], false]);
    expect((await store.list({ resource: 'nothing' })).objects).toEqual([]);
    const { version: _version, ...page } = first;
    expect(await store.listObjects({ resource: 'listed', namespace: 'a', limit: 2 })).toEqual(page);
    expect(await store.listObjects({ resource: 'nothing' })).toEqual({ objects: [], more: false });
  });

  it('an unchanged body has the version of the write that it is read for', async () => {
    const key = keyOf('twice', 'a', 'unchanged');
    const start = await store.version();
    const created = await put(store, key, { a: '1' });
    const before = await store.get(key);
    const { version: deleted } = await store.commit({
      object: { key, object: null, expected: created },
    });
    const { entries } = await store.changes(start, { waitMs: 0 });
    expect(before?.metadata.resourceVersion).toBe(created);
    expect(
      entries.map(({ object, previous }) => [
        object.metadata.resourceVersion,
        previous?.metadata.resourceVersion,
      ]),
    ).toEqual([
      [created, undefined],
      [deleted, created],
    ]);
  });

  it('lists as texts what it lists as objects: small, packed, in parts, whatever member comes first', async () => {
    const resource = 'texts';
    const fill = (bytes: number): object => ({ value: randomBytes(bytes / 2).toString('hex') });
    await put(store, keyOf('kind-first', 'a', resource), { b: '}' });
    for (const [name, bytes] of [
      ['small', 10],
      ['packed', 8_000],
      ['parts', 900_000],
    ] as const) {
      const object = {
        metadata: { name, namespace: 'a', labels: { '"': 'é' } },
        data: fill(bytes),
      };
      await store.commit({
        object: { key: keyOf(name, 'a', resource), object, expected: 'absent' },
      });
    }
    const { objects, ...rest } = await store.list({ resource });
    const texts = await store.listTexts({ resource });
    expect({
      ...texts,
      objects: texts.objects.map((text) => JSON.parse(text.json()) as KubeObject),
    }).toEqual({ objects, ...rest });
    expect(texts.objects.map(({ namespace, name }) => [namespace, name])).toEqual(
      objects.map(({ metadata }) => [metadata.namespace, metadata.name]),
    );
    expect((await store.listTexts({ resource, namespace: 'a', limit: 2 })).more).toBe(true);
    expect((await store.listTexts({ resource: 'nothing' })).objects).toEqual([]);
  });

  it('the log shows every change with the object before it; a deletion its own version and last state', async () => {
    const key = keyOf('logged');
    const start = await store.version();
    const created = await put(store, key, { a: '1' });
    const updated = await put(store, key, { a: '2' }, created);
    const { version: deleted } = await store.commit({
      object: { key, object: null, expected: updated, lastState: objectOf(key, { a: 'last' }) },
    });
    const { entries, upTo } = await store.changes(start, { waitMs: 0 });
    expect(
      entries.map(({ type, version, object }) => [
        type,
        version,
        object.data,
        object.metadata.resourceVersion,
      ]),
    ).toEqual([
      ['ADDED', created, { a: '1' }, created],
      ['MODIFIED', updated, { a: '2' }, updated],
      ['DELETED', deleted, { a: 'last' }, deleted],
    ]);
    expect(
      entries.map(({ previous }) => previous && [previous.data, previous.metadata.resourceVersion]),
    ).toEqual([undefined, [{ a: '1' }, created], [{ a: '2' }, updated]]);
    expect(
      entries.every((entry) => entry.key.name === 'logged' && entry.key.resource === 'configmaps'),
    ).toBe(true);
    expect(upTo).toBe(deleted);
  });

  it('a waiting reader of the log is woken by a write, by its end of waiting, and by its signal', async () => {
    const at = await store.version();
    const woken = store.changes(at, { waitMs: 10_000 });
    const version = await put(store, keyOf('wakes'));
    expect((await woken).entries.map((entry) => entry.version)).toEqual([version]);
    expect(await store.changes(version, { waitMs: 30 })).toEqual({ entries: [], upTo: version });
    const stop = new AbortController();
    const aborted = store.changes(version, { waitMs: 10_000, signal: stop.signal });
    stop.abort();
    expect((await aborted).entries).toEqual([]);
  });
});

describe.each(SUBJECTS)('many at once in the store (%s)', (_name, open) => {
  opened(open);

  it('16 concurrent writers of one object lose no update', async () => {
    const key = keyOf('contended');
    const stores = [store, subject.other ?? store];
    await Promise.all(
      Array.from({ length: 16 }, async (_, i) => {
        for (let n = 0; n < 4; n++) await increment(stores[i % 2]!, key);
      }),
    );
    expect((await store.get(key))?.data).toEqual({ n: 64 });
  });

  it('list and watch under concurrent writes show every change once, in order', async () => {
    const stores = [store, subject.other ?? store];
    const { version: start, objects } = await store.list({ resource: 'watched' });
    expect(objects).toEqual([]);
    const follow = async (
      from: Store,
      at: ResourceVersion,
      stop: Promise<ResourceVersion>,
    ): Promise<LogEntry[]> => collect(from, at, await stop);
    const writers = Promise.all(
      Array.from({ length: 12 }, async (_, i) => {
        const key = keyOf(`w${i}`, 'default', 'watched');
        for (let n = 0; n < 5; n++) await increment(stores[i % 2]!, key);
        return i % 3 === 0 ? remove(stores[i % 2]!, key) : versionOf(await store.get(key));
      }),
    );
    const mid = await store.list({ resource: 'watched' });
    const end = writers.then(() => store.version());
    const logs = await Promise.all([
      follow(stores[0]!, start, end),
      follow(stores[1]!, start, end),
    ]);
    for (const log of logs) {
      const versions = log.map(({ version }) => Number(version));
      expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
      const watched = log.filter(({ key }) => key.resource === 'watched');
      expect(watched).toHaveLength(12 * 5 + 4);
      const state = replay(
        mid.objects,
        watched.filter(({ version }) => Number(version) > Number(mid.version)),
      );
      expect(state).toEqual(
        Object.fromEntries(
          (await store.list({ resource: 'watched' })).objects.map((object) => [
            object.metadata.name,
            object.data,
          ]),
        ),
      );
    }
  });

  it('below the compacted version the log is gone, from it on it is there', async () => {
    const first = await put(store, keyOf('compact-1'));
    const second = await put(store, keyOf('compact-2'));
    const third = await put(store, keyOf('compact-3'));
    await store.compact(second);
    await expect(store.changes(first, { waitMs: 0 })).rejects.toThrow(CompactedError);
    expect(
      (await store.changes(second, { waitMs: 0 })).entries.map(({ version }) => version),
    ).toEqual([third]);
  });
});

describe.each(SUBJECTS)('sizes in the store (%s)', (_name, open) => {
  opened(open);

  const sizes = [
    ['1 MiB that does not compress', () => randomBytes(750_000).toString('base64')],
    ['1 MiB that does', () => 'x'.repeat(1_000_000)],
    ['200 KB', () => randomBytes(150_000).toString('base64')],
    ['10 bytes', () => randomBytes(8).toString('base64')],
  ] as const;
  it.each(
    sizes.flatMap(([name, make]) =>
      (['configmaps', 'secrets'] as const).map((resource) => [name, resource, make] as const),
    ),
  )(
    'an object of %s in %s is kept, listed, watched, replaced and deleted',
    async (name, resource, make) => {
      const key = keyOf(`large-${name.length}`, 'default', resource);
      const [text, next] = [make(), make()];
      const start = await store.version();
      const created = await put(store, key, { text });
      expect((await store.get(key))?.data).toEqual({ text });
      const updated = await put(store, key, { text: next }, created);
      expect(
        (await store.list({ resource })).objects.find(({ metadata }) => metadata.name === key.name)
          ?.data,
      ).toEqual({ text: next });
      await remove(store, key);
      const { entries } = await store.changes(start, { waitMs: 0 });
      expect(entries.map(({ object }) => (object.data as { text: string }).text === text)).toEqual([
        true,
        text === next,
        text === next,
      ]);
      expect(entries[2]?.previous?.metadata.resourceVersion).toBe(updated);
    },
  );

  it('more than 1.5 MiB is refused as too large', async () => {
    const key = keyOf('too-large');
    const error = await put(store, key, { text: 'x'.repeat(1.6 * 1024 * 1024) }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ApiError);
    expect((error as ApiError).reason).toBe('RequestEntityTooLarge');
    expect(await store.get(key)).toBeUndefined();
  });
});

function replay(objects: KubeObject[], log: LogEntry[]): Record<string, unknown> {
  const state = new Map(objects.map((object) => [object.metadata.name!, object]));
  for (const { type, key, object } of log) {
    if (type === 'DELETED') state.delete(key.name);
    else state.set(key.name, object);
  }
  return Object.fromEntries(
    [...state].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, { data }]) => [name, data]),
  );
}
