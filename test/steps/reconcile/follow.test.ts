// The loop over the log: a change is acted upon at once, and what was missed is made up for at the start.
import { expect, it } from 'vitest';
import { systemObjects } from '../../../src/api/system-objects.ts';
import type { Controller } from '../../../src/controllers/controller.ts';
import { controllersWatcher } from '../../../src/steps/reconcile/controllers-watcher.ts';
import { followChanges } from '../../../src/steps/reconcile/follow.ts';
import { toy, toyCluster } from './toy.ts';

async function followed(data: Record<string, string>) {
  const cluster = await toyCluster(data);
  const stop = new AbortController();
  const lines: string[] = [];
  let passes = 0;
  const counted: Controller = {
    ...toy,
    reconcile: (object, world, now) => {
      if (object.metadata.name === 'set') passes++;
      return toy.reconcile(object, world, now);
    },
  };
  const following = followChanges(
    { ...cluster.ports, log: (_level, msg) => lines.push(msg) },
    stop.signal,
    [controllersWatcher(cluster.ports, systemObjects(cluster.ports), [counted])],
  );
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 30; round++) await cluster.ports.clock.settle();
  };
  await settle();
  const end = async (): Promise<void> => {
    stop.abort();
    await following;
  };
  return { ...cluster, settle, end, lines, passes: () => passes };
}

it('looks at everything that is there at the start', async () => {
  const cluster = await followed({ replicas: '2' });
  expect(await cluster.secrets()).toHaveLength(2);
  await cluster.end();
});

it('acts upon a change of the object and of what it owns, without time passing', async () => {
  const cluster = await followed({ replicas: '1' });
  const begin = cluster.ports.clock.now();
  await cluster.set({ replicas: '3' });
  await cluster.settle();
  const secrets = await cluster.secrets();
  expect(secrets).toHaveLength(3);
  await cluster.ports.store.commit({
    object: {
      key: { resource: 'secrets', namespace: 'default', name: secrets[0]!.metadata.name! },
      object: null,
      expected: secrets[0]!.metadata.resourceVersion as never,
    },
  });
  await cluster.settle();
  expect(await cluster.secrets()).toHaveLength(3);
  expect(cluster.ports.clock.now()).toEqual(begin);
  expect(cluster.lines).toEqual([]);
  await cluster.end();
});

it('looks again at the due time, and tries what was refused again and again, ever more slowly', async () => {
  const cluster = await followed({ replicas: '1', fixed: 'No' });
  const tries = async (): Promise<number> => Number((await cluster.events())[0]!['count']);
  const soon = await tries();
  await cluster.ports.clock.advance(1_000);
  await cluster.settle();
  const later = await tries();
  expect(later).toBeGreaterThan(soon + 3);
  expect(later).toBeLessThan(soon + 12);
  const passes = async (): Promise<number> => {
    await cluster.settle();
    return cluster.passes();
  };
  await cluster.set({ until: '2026-01-01T02:00:00.000Z' });
  const before = await passes();
  await cluster.ports.clock.advance(60 * 60 * 1000);
  expect(await passes()).toBe(before);
  await cluster.ports.clock.advance(60 * 60 * 1000);
  expect(await passes()).toBe(before + 1);
  await cluster.end();
});
