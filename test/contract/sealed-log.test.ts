// Secret content is stored only in partitions that functions without a need for secrets may not read (cdk/constructs/grants.ts).
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/system-clock.ts';
import { randomIds } from '../../src/aws/ids.ts';
import type { ResourceVersion } from '../../src/ports/identity.ts';
import type { LogEntry } from '../../src/ports/store.ts';
import { dynamoStore } from '../../src/store/dynamo-store.ts';
import { sealedItem } from '../../src/store/layout.ts';
import type { Item, Table, TableWrite } from '../../src/store/table.ts';
import { localTable } from './store-subjects.ts';

let table: Table;
let close: () => Promise<void>;
beforeAll(async () => ({ table, close } = await localTable()));
afterAll(() => close());

const key = { resource: 'secrets', namespace: 'default', name: 's' };
const puts = (writes: TableWrite[]): Item[] =>
  writes.flatMap((write) => ('put' in write ? [write.put] : []));

it.each([
  ['small', () => randomBytes(24).toString('hex')],
  ['in parts', () => randomBytes(600_000).toString('base64')],
])('a secret (%s) is written into closed partitions alone, and they expire', async (_, make) => {
  const written: Item[] = [];
  const store = dynamoStore({
    table: {
      ...table,
      transact: (writes) => {
        written.push(...puts(writes));
        return table.transact(writes);
      },
    },
    clock: systemClock,
    ids: randomIds,
    random: Math.random,
  });
  const values = [make(), make()];
  const [first = '', second = ''] = values;
  const object = (value: string) => ({
    metadata: { name: 's', namespace: 'default' },
    data: { value },
  });
  const start = await store.version();
  const { version } = await store.commit({
    object: { key, object: object(first), expected: 'absent' },
  });
  const { version: next } = await store.commit({
    object: { key, object: object(second), expected: version as ResourceVersion },
  });
  await store.commit({ object: { key, object: null, expected: next as ResourceVersion } });

  const open = written.filter(({ pk }) => pk !== 'o/secrets' && !pk.startsWith('s/'));
  expect(open.map(({ pk }) => pk[0])).toEqual(['l', 'l', 'l']);
  expect(
    open.some((item) => 'json' in (item.body as object) || 'gz' in (item.body as object)),
  ).toBe(false);
  for (const value of values) expect(JSON.stringify(open)).not.toContain(value);
  const sealed = written.filter(({ sk }) => sk === 'body' || sk === 'previous');
  expect(sealed.map(({ expires }) => typeof expires)).toEqual(Array(5).fill('number'));

  // Another process reads them from the table.
  const reader = dynamoStore({ table, clock: systemClock, ids: randomIds, random: Math.random });
  const end = await reader.version();
  const entries: LogEntry[] = [];
  for (let after = start; after !== end;) {
    const page = await reader.changes(after, { waitMs: 0 });
    entries.push(...page.entries);
    after = page.upTo;
  }
  expect(
    entries.map(({ type, object: { data }, previous }) => [
      type,
      (data as { value: string }).value,
      (previous?.data as { value: string } | undefined)?.value,
    ]),
  ).toEqual([
    ['ADDED', first, undefined],
    ['MODIFIED', second, first],
    ['DELETED', second, second],
  ]);
  expect(await table.get(sealedItem(Number(version), 'body'))).toBeDefined();
});
