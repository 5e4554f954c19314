// A process that slept while others wrote, as a function's environment does between two requests.
import { expect, it } from 'vitest';
import { randomIds } from '../../src/aws/ids.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { ResourceVersion } from '../../src/ports/identity.ts';
import { readCounter } from '../../src/store/counter.ts';
import { dynamoStore } from '../../src/store/dynamo-store.ts';
import { systemClock } from '../../src/system-clock.ts';
import { localTable } from './store-subjects.ts';

const WRITES = 250;

it('begins where the log is settled, and whoever asks gets every line in between', async () => {
  const { table, close } = await localTable();
  let minutes = 0;
  const clock: Clock = {
    ...systemClock,
    now: () => new Date(systemClock.now().getTime() + minutes * 60_000),
  };
  let reads = 0;
  const counted = {
    ...table,
    batchGet: (keys: Parameters<typeof table.batchGet>[0]) => {
      reads += keys.length;
      return table.batchGet(keys);
    },
  };
  const parts = { clock, ids: randomIds, random: Math.random };
  const sleeper = dynamoStore({ ...parts, table: counted });
  const writer = dynamoStore({ ...parts, table });
  const write = (name: string) =>
    writer.commit({
      object: {
        key: { resource: 'configmaps', namespace: 'd', name },
        object: { metadata: { name, namespace: 'd' } },
        expected: 'absent',
      },
    });
  await write('first');
  const before = await sleeper.version();
  for (let count = 1; count < WRITES; count++) await write(`n${count}`);
  minutes = 2;
  const { version: last } = await write('last');
  await expect.poll(async () => (await readCounter(table)).settled).toBe(Number(last));
  reads = 0;
  expect(await sleeper.version()).toBe(last);
  expect(reads).toBeLessThan(10);
  let at = before;
  const names: string[] = [];
  while (at !== last) {
    const { entries, upTo } = await sleeper.changes(at, { waitMs: 0 });
    names.push(...entries.map(({ key }) => key.name));
    at = upTo as ResourceVersion;
  }
  expect(names).toHaveLength(WRITES);
  expect([names[0], names.at(-1)]).toEqual(['n1', 'last']);
  await close();
});
