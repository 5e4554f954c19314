// The loop without a lasting process: what cannot be done now gets a due time, and an event that could not be handled is delivered again.
import { expect, it } from 'vitest';
import { systemObjects } from '../../../src/api/system-objects.ts';
import { Unavailable } from '../../../src/errors.ts';
import { controllersWatcher } from '../../../src/steps/reconcile/controllers-watcher.ts';
import { react } from '../../../src/steps/reconcile/react.ts';
import type { Watcher } from '../../../src/steps/reconcile/watcher.ts';
import { toy, toyCluster } from './toy.ts';

const NOBODY: Watcher = { after: () => Promise.resolve([]), all: () => Promise.resolve([]) };

async function installation(data: Record<string, string>, other = NOBODY) {
  const cluster = await toyCluster(data);
  const woken: { at: Date; input: object }[] = [];
  const ports = {
    ...cluster.ports,
    dueTimes: {
      wakeAt: (_id: string, at: Date, input: object) => {
        woken.push({ at, input });
        return Promise.resolve();
      },
    },
  };
  const watchers = {
    controllers: controllersWatcher(ports, systemObjects(ports), [toy]),
    others: [other],
  };
  const run = (wake: Parameters<typeof react>[2]): Promise<void> =>
    ports.clock.runUntil(react(ports, watchers, wake));
  return { ...cluster, ports, woken, run };
}

const DUE = { controller: toy.name, namespace: 'default', name: 'set' };

it('Q11: a replay finds everything at first, and later what has changed since', async () => {
  const { run, secrets, set } = await installation({ replicas: '1' });
  await run({ replay: true });
  expect(await secrets()).toHaveLength(1);
  await set({ replicas: '3' });
  await run({ replay: true });
  expect(await secrets()).toHaveLength(3);
});

it('what waits for a time is woken then', async () => {
  const { run, woken } = await installation({ until: '2026-01-01T01:00:00.000Z' });
  await run({ due: DUE, tries: 0 });
  await run({ due: DUE, tries: 0 });
  expect(woken).toEqual([
    { at: new Date('2026-01-01T01:00:00.000Z'), input: { ...DUE, tries: '0' } },
  ]);
});

it('what is refused is tried for a while, then again at a time, ever later', async () => {
  const { run, woken, ports } = await installation({ replicas: '1', fixed: 'No' });
  await run({ due: DUE, tries: 0 });
  await run({ due: DUE, tries: 3 });
  const waits = woken.map(({ at, input }) => [at.getTime() > ports.clock.now().getTime(), input]);
  expect(waits).toEqual([
    [true, { ...DUE, tries: '1' }],
    [true, { ...DUE, tries: '4' }],
  ]);
});

it('an overdue object is found though its wake was lost', async () => {
  const { run, woken, ports, set } = await installation({ until: '2026-01-01T00:10:00.000Z' });
  await run({ replay: true });
  expect(woken).toHaveLength(1);
  await set({ until: '2026-01-01T00:10:00.000Z', replicas: '1' });
  await run({ replay: true });
  await ports.clock.advance(15 * 60 * 1000);
  await run({ replay: true });
  expect((await ports.store.listRecords('work/'))[0]!.value).not.toHaveProperty('dueAt');
});

it('a look that nobody can be woken for fails the batch', async () => {
  const broken: Watcher = {
    ...NOBODY,
    after: () => Promise.resolve([{ id: 'x', run: () => Promise.reject(new Unavailable('away')) }]),
  };
  const { run, log } = await installation({}, broken);
  const [change] = await log();
  expect(change).toBeUndefined();
  const key = { resource: 'configmaps', namespace: 'default', name: 'x' };
  const changes = [
    { type: 'ADDED' as const, key, object: { metadata: {} }, version: '1' as never },
  ];
  await expect(run({ changes })).rejects.toThrow('looks failed');
});
