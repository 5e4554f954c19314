// A list that writes overtake while it is read, where one process writes.
import { expect, it } from 'vitest';
import { randomIds } from '../../src/aws/ids.ts';
import { cachedTable } from '../../src/store/cached-table.ts';
import { storeOn } from '../../src/store/dynamo-store.ts';
import { blockNumbers } from '../../src/store/numbers.ts';
import type { Table } from '../../src/store/table.ts';
import { Tail } from '../../src/store/tail.ts';
import { systemClock as clock } from '../../src/system-clock.ts';
import { localTable } from './store-subjects.ts';

it.each(['list', 'listTexts'] as const)(
  'a watch from the version of a %s repeats nothing that the list has',
  async (method) => {
    const { table, close } = await localTable();
    const cached = cachedTable(table, clock);
    let overtaking = 2;
    const overtaken: Table = {
      ...cached,
      query: async (query) => {
        if (query.pk === 'o/things' && overtaking-- > 0) await make(`late-${overtaking}`);
        return cached.query(query);
      },
    };
    const numbers = await blockNumbers(cached);
    const pollMs = { first: 1000, idle: 1000 };
    const tail = new Tail({
      table: cached,
      numbers,
      clock,
      pollMs,
      announcedAbove: numbers.before,
    });
    const parts = { numbers, tail, clock, ids: randomIds, random: Math.random, lifetimes: {} };
    const store = storeOn({ ...parts, table: overtaken });
    const make = (name: string): Promise<unknown> =>
      store.commit({
        object: {
          key: { resource: 'things', namespace: 'a', name },
          object: { metadata: { name, namespace: 'a' } },
          expected: 'absent',
        },
      });
    await make('early');
    const { objects, version } = await store[method]({ resource: 'things' });
    expect(objects).toHaveLength(3);
    await make('after');
    const { entries } = await store.changes(version, { waitMs: 0 });
    expect(entries.map(({ key }) => key.name)).toEqual(['after']);
    await close();
  },
);
