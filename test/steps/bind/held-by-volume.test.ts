// Image events while a pod waits for a volume: the kubelet pulls only after the volumes are mounted.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/kinds/pod.ts';
import { PodWorld } from '../../fakes/pod-world.ts';

let world: PodWorld;
// The scripted podlet ignores volumes.
beforeEach(() => {
  world = new PodWorld({ agent: true });
});

type Volume = Omit<NonNullable<Pod['spec']['volumes']>[number], 'name'>;
type Container = Pod['spec']['containers'][number];

const mounting = (name: string, more: Partial<Container> = {}): Container => ({
  name,
  image: `${name}-image`,
  volumeMounts: [{ name: 'v', mountPath: '/v' }],
  ...more,
});

const createWith = (volume: Volume, containers = [mounting('a')]): Promise<Pod> =>
  world.create({ containers, volumes: [{ name: 'v', ...volume }] }, () => ({}));

async function put(resource: 'configmaps' | 'secrets', data = { k: 'djE=' }): Promise<void> {
  const metadata = { name: 'late', namespace: 'default' };
  await world.ports.store.commit({
    object: { key: { resource, ...metadata }, object: { metadata, data }, expected: 'absent' },
  });
}

/** Reason, container and count in the order of storing: names sort by the kind of event. Failed mounts are left out. */
async function said(): Promise<string[]> {
  const { objects } = await world.ports.store.list({ resource: 'events' });
  return objects
    .filter(({ reason }) => reason !== 'FailedMount')
    .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
    .map(({ reason, count, involvedObject }) => {
      const { fieldPath = '' } = involvedObject as { fieldPath?: string };
      const name = /\{(.*)\}/.exec(fieldPath)?.[1];
      return [reason, ...(name === undefined ? [] : [name, count])].join(' ');
    });
}

describe('a volume that cannot be mounted yet', () => {
  it.each([
    ['configMap', 'configmaps', { configMap: { name: 'late' } }],
    ['secret', 'secrets', { secret: { secretName: 'late' } }],
    [
      'projected configMap',
      'configmaps',
      { projected: { sources: [{ configMap: { name: 'late' } }] } },
    ],
    ['projected secret', 'secrets', { projected: { sources: [{ secret: { name: 'late' } }] } }],
  ] as const)(
    'F1: nothing is said of an image while its %s is not there, all of it once, before the start',
    async (_kind, resource, volume) => {
      const pod = await createWith(volume as Volume);
      await world.clock.advance(30_000);
      expect(await said()).toEqual(['Scheduled']);
      await put(resource);
      await world.clock.advance(60_000);
      expect(await said()).toEqual(['Scheduled', 'Pulled a 1', 'Created a 1', 'Started a 1']);
      expect((await world.record(pod))?.task).not.toHaveProperty('imageEvents');
    },
  );

  it('F1: a key that its configMap lacks holds them as well', async () => {
    await put('configmaps');
    await createWith({ configMap: { name: 'late', items: [{ key: 'other', path: 'p' }] } });
    await world.clock.advance(30_000);
    expect(await said()).toEqual(['Scheduled']);
  });

  it('F1: every container has its own events, pulls included', async () => {
    await createWith({ configMap: { name: 'late' } }, [
      mounting('a', { imagePullPolicy: 'Always' }),
      mounting('b', { volumeMounts: [] }),
    ]);
    await world.clock.advance(30_000);
    expect(await said()).toEqual(['Scheduled']);
    await put('configmaps');
    await world.clock.advance(60_000);
    const all = await said();
    for (const [name, own] of [
      ['a', ['Pulling a 1', 'Pulled a 1', 'Created a 1', 'Started a 1']],
      ['b', ['Pulled b 1', 'Created b 1', 'Started b 1']],
    ] as const)
      expect(all.filter((text) => text.split(' ')[1] === name)).toEqual(own);
  });

  it('F1: nothing is said twice where every report comes twice at once', async () => {
    world = new PodWorld({
      agent: true,
      deliver: async (_kind, send) => (await Promise.all([send(), send()]))[0],
    });
    await createWith({ configMap: { name: 'late' } });
    await world.clock.advance(30_000);
    expect(await said()).toEqual(['Scheduled']);
    await put('configmaps');
    await world.clock.advance(60_000);
    expect(await said()).toEqual(['Scheduled', 'Pulled a 1', 'Created a 1', 'Started a 1']);
  });

  it('F1: waiting costs the pod two writes of its record: the wait, and the hello that no start follows at once', async () => {
    const writes = async (pod: Pod): Promise<number | undefined> =>
      (await world.ports.store.getRecord(`pod/${pod.metadata.uid ?? ''}`))?.revision;
    const held = await createWith({ configMap: { name: 'late' } });
    await world.clock.advance(30_000);
    await put('configmaps');
    await world.clock.advance(60_000);
    const free = await createWith({ configMap: { name: 'late' } });
    await world.clock.advance(90_000);
    expect(await writes(held)).toBe(((await writes(free)) ?? 0) + 2);
  });

  it('F1: a pod that is deleted before its volume was there never spoke of an image', async () => {
    const pod = await createWith({ secret: { secretName: 'late' } });
    await world.clock.advance(30_000);
    await world.delete(pod);
    await put('secrets');
    await world.clock.advance(120_000);
    expect(await world.pod(pod)).toBeUndefined();
    expect((await said()).filter((text) => /^(Pull|Creat|Start)/.test(text))).toEqual([]);
  });

  it('F1: the next task speaks for itself, what the one before kept back is dropped', async () => {
    const pod = await createWith({ configMap: { name: 'late' } });
    await world.clock.advance(30_000);
    const first = (await world.record(pod))?.task;
    await world.kill(first?.arn ?? ('' as never));
    await world.clock.advance(60_000);
    expect((await world.record(pod))?.task.attempt).toBe(2);
    expect((await said()).filter((text) => text.startsWith('Pull'))).toEqual([]);
    await put('configmaps');
    await world.clock.advance(60_000);
    expect((await said()).filter((text) => text.includes(' a '))).toEqual([
      'Pulled a 1',
      'Created a 1',
      'Started a 1',
    ]);
  });

  it('F1: a container that cannot be configured afterwards has its image first', async () => {
    const env = [{ name: 'E', valueFrom: { configMapKeyRef: { name: 'nope', key: 'k' } } }];
    await createWith({ configMap: { name: 'late' } }, [mounting('a', { env })]);
    await world.clock.advance(30_000);
    expect(await said()).toEqual(['Scheduled']);
    await put('configmaps');
    await world.clock.advance(60_000);
    expect(await said()).toEqual(['Scheduled', 'Pulled a 1', 'Failed a 1']);
  });
});

describe('an image that cannot be had', () => {
  it('G1: is shown at once though a volume is missing; had in the end, it is said with the start', async () => {
    const { outcomes } = world.ports.images;
    outcomes.set('a-image', { failure: 'ErrImagePull', message: 'no such image' });
    const pod = await createWith({ configMap: { name: 'late' } });
    await world.clock.settle();
    expect(await said()).toEqual(['Scheduled', 'Pulling a 1', 'Failed a 1', 'Failed a 1']);
    expect((await world.pod(pod))?.status.containerStatuses?.[0]?.state).toMatchObject({
      waiting: { reason: 'ErrImagePull' },
    });
    outcomes.delete('a-image');
    await world.clock.advance(60_000);
    expect((await said()).filter((text) => text.startsWith('Pulled'))).toEqual([]);
    await put('configmaps');
    await world.clock.advance(60_000);
    expect((await said()).slice(-3)).toEqual(['Pulled a 1', 'Created a 1', 'Started a 1']);
  });
});

describe('a pod that no volume holds up', () => {
  it.each([
    ['an optional configMap', { configMap: { name: 'late', optional: true } }, [mounting('a')]],
    ['an optional secret', { secret: { secretName: 'late', optional: true } }, [mounting('a')]],
    [
      'an optional source',
      { projected: { sources: [{ secret: { name: 'late', optional: true } }] } },
      [mounting('a')],
    ],
    [
      'a configMap that no container mounts',
      { configMap: { name: 'late' } },
      [mounting('a', { volumeMounts: [] })],
    ],
    ['an emptyDir', { emptyDir: {} }, [mounting('a')]],
  ] as const)('G1: has its image reported by Bind: %s', async (_kind, volume, containers) => {
    const pod = await createWith(volume as Volume, [...containers]);
    await world.clock.settle();
    expect(await said()).toEqual(['Scheduled', 'Pulled a 1']);
    expect((await world.record(pod))?.task).not.toHaveProperty('imageEvents');
    await world.clock.advance(60_000);
    expect(await said()).toEqual(['Scheduled', 'Pulled a 1', 'Created a 1', 'Started a 1']);
  });
});
