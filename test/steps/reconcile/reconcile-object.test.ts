// A pass of a controller: nothing twice whatever is lost, repeated or interrupted.
import { describe, expect, it } from 'vitest';
import { chance } from '../../simulation/random.ts';
import { systemObjects } from '../../../src/api/system-objects.ts';
import { cronJobController } from '../../../src/controllers/cron-job/cron-job-controller.ts';
import { reconcileObject } from '../../../src/steps/reconcile/reconcile-object.ts';
import { extremes, isPassing, toy, toyCluster } from './toy.ts';

describe('one pass', () => {
  it('makes what is missing, with names and events, and rests then', async () => {
    const cluster = await toyCluster({ replicas: '2' });
    await cluster.pass();
    await cluster.pass();
    const before = await cluster.ports.store.version();
    await cluster.pass();
    expect(await cluster.ports.store.version()).toBe(before);
    const secrets = await cluster.secrets();
    expect(secrets).toHaveLength(2);
    for (const { metadata } of secrets) {
      expect(metadata.name).toMatch(/^set-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
      expect(metadata.uid).toMatch(
        /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      );
    }
    expect((await cluster.events()).map(({ message, source }) => [message, source])).toEqual(
      expect.arrayContaining([
        [`Created secret: ${secrets[0]!.metadata.name}`, { component: 'toy-controller' }],
      ]),
    );
    expect((await cluster.owner()).metadata.annotations).toEqual({ 'example.com/count': '2' });
  });

  it('after a refused creation tries no other one, says so, and asks the controller again', async () => {
    const cluster = await toyCluster({ replicas: '3', fixed: 'Not_a_name' });
    const end = await cluster.pass();
    expect(end.refused).toContain('Invalid value: "Not_a_name"');
    const events = await cluster.events();
    expect(events.map(({ reason, count }) => [reason, count])).toEqual([['FailedCreate', 1]]);
    expect((await cluster.owner()).metadata.annotations).toMatchObject({
      'example.com/refused': 'Invalid',
    });
  });

  it('a name of a stranger is refused where it is fixed, and no event says so', async () => {
    const cluster = await toyCluster({ replicas: '1', fixed: 'taken' });
    await cluster.ports.store.commit({
      object: {
        key: { resource: 'secrets', namespace: 'default', name: 'taken' },
        object: { metadata: { name: 'taken', namespace: 'default', uid: 'stranger' } },
        expected: 'absent',
      },
    });
    expect((await cluster.pass()).refused).toBe('secrets "taken" already exists');
    expect(await cluster.events()).toEqual([]);
  });

  it('a later object of the same name is another owner: its children have other names', async () => {
    const names: string[] = [];
    for (const uid of ['first', 'second']) {
      const cluster = await toyCluster({ replicas: '0' });
      await cluster.ports.store.commit({
        object: {
          key: { resource: 'configmaps', namespace: 'default', name: 'set' },
          object: { metadata: { name: 'set', namespace: 'default', uid }, data: { replicas: '1' } },
          expected: (await cluster.owner()).metadata.resourceVersion as never,
        },
      });
      await cluster.pass();
      names.push((await cluster.secrets())[0]!.metadata.name!);
    }
    expect(new Set(names).size).toBe(2);
  });
});

describe('what waits for a time', () => {
  it('is answered and stored before the wait, and forgotten with its object', async () => {
    const cluster = await toyCluster({ until: '2026-01-01T01:00:00.000Z' });
    expect((await cluster.pass()).dueAt).toEqual(new Date('2026-01-01T01:00:00.000Z'));
    const [record] = await cluster.ports.store.listRecords('work/');
    expect(record!.value).toMatchObject({ uid: 'owner', dueAt: '2026-01-01T01:00:00.000Z' });
    await cluster.ports.store.commit({
      object: {
        key: { resource: 'configmaps', namespace: 'default', name: 'set' },
        object: null,
        expected: (await cluster.owner()).metadata.resourceVersion as never,
      },
    });
    expect(await cluster.pass()).toEqual({});
    expect(await cluster.ports.store.listRecords('work/')).toEqual([]);
  });
});

describe('what waits while nothing sweeps', () => {
  it('is woken once more where the first wake-up was lost, and by the next due time no more', async () => {
    const { ports, set } = await toyCluster({ until: '2026-01-01T01:00:00.000Z' });
    const wakes = new Map<string, string>();
    const dueTimes = {
      wakeAt: async (id: string, at: Date): Promise<void> => {
        wakes.set(id, at.toISOString());
      },
    };
    const pass = (waitsAlone: boolean): Promise<unknown> =>
      reconcileObject(
        { ...ports, dueTimes },
        systemObjects(ports),
        { ...toy, waitsAlone },
        { controller: toy.name, namespace: 'default', name: 'set' },
      );
    await pass(false);
    expect([...wakes.values()]).toEqual(['2026-01-01T01:00:00.000Z']);
    await set({ until: '2026-01-01T02:00:00.000Z' });
    await pass(true);
    expect([...wakes.values()]).toEqual(['2026-01-01T02:00:00.000Z', '2026-01-01T03:00:00.000Z']);
    await set({ until: '2026-01-01T02:30:00.000Z' });
    await pass(true);
    expect([...wakes.values()]).toEqual(['2026-01-01T02:30:00.000Z', '2026-01-01T03:30:00.000Z']);
  });

  it('R7: a CronJob', () => {
    expect(cronJobController.waitsAlone).toBe(true);
  });
});

describe('interrupted', () => {
  /** Runs until a whole pass changes nothing. */
  async function rest(cluster: Awaited<ReturnType<typeof toyCluster>>): Promise<void> {
    for (let before = ''; ;) {
      await cluster.pass();
      const after = await cluster.ports.store.version();
      if (after === before) return;
      before = after;
    }
  }

  it.each(['fail-before', 'fail-after'] as const)(
    'between any two calls (%s): nothing twice',
    async (fault) => {
      for (let at = 1, reached = true; reached; at++) {
        let calls = 0;
        const cluster = await toyCluster({ replicas: '2' }, () =>
          ++calls === at ? fault : undefined,
        );
        await cluster.pass().catch((error: unknown) => {
          if (!isPassing(error)) throw error;
        });
        reached = calls >= at;
        cluster.disarm();
        await rest(cluster);
        await cluster.set({ replicas: '1' });
        await rest(cluster);
        expect(extremes(await cluster.log())).toEqual({ most: 2, least: 0 });
        expect(await cluster.secrets()).toHaveLength(1);
      }
    },
  );

  it('a pass that decided by an older world deletes nothing after a newer one has', async () => {
    let before: (() => Promise<void>) | undefined;
    const cluster = await toyCluster({ replicas: '3' }, async (operation) => {
      if (operation !== 'store.commit') return undefined;
      const act = before;
      before = undefined;
      await act?.();
      return undefined;
    });
    await rest(cluster);
    await cluster.set({ replicas: '1' });
    before = async () => {
      await cluster.set({ replicas: '2' });
      await rest(cluster);
    };
    await expect(cluster.pass()).rejects.toThrow('modified');
    expect(await cluster.secrets()).toHaveLength(2);
  });

  it('passes that overlap in any order: never more children than wanted, never fewer left', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = chance(seed);
      const waiting: (() => void)[] = [];
      // Each call to the store waits until it is its turn.
      const cluster = await toyCluster(
        { replicas: '3' },
        () => new Promise((resolve) => waiting.push(() => resolve(undefined))),
      );
      const overlap = async (): Promise<void> => {
        let open = 3;
        for (let run = 0; run < 3; run++)
          void cluster
            .pass()
            .catch((error: unknown) => {
              if (!isPassing(error)) throw error;
            })
            .finally(() => open--);
        while (open > 0) {
          await new Promise((resolve) => setImmediate(resolve));
          waiting.splice(random.below(waiting.length), 1)[0]?.();
        }
      };
      const quiet = async (work: () => Promise<unknown>): Promise<void> => {
        let done = false;
        const working = work().finally(() => (done = true));
        while (!done) {
          await new Promise((resolve) => setImmediate(resolve));
          waiting.shift()?.();
        }
        await working;
      };
      await overlap();
      await quiet(() => rest(cluster));
      await quiet(() => cluster.set({ replicas: '1' }));
      await overlap();
      await quiet(() => rest(cluster));
      cluster.disarm();
      const log = await cluster.log();
      expect(extremes(log), `seed ${seed}`).toEqual({ most: 3, least: 0 });
      expect(await cluster.secrets()).toHaveLength(1);
      const gone = log.filter(({ type, key }) => type === 'DELETED' && key.resource === 'secrets');
      expect(gone, `seed ${seed}`).toHaveLength(2);
    }
  });
});
