// O1: pods whose placement depends on others, over time: who waits, who is retried and when, and that two never take one place.
import { expect, it } from 'vitest';
import type { Pod } from '../../../src/kinds/pod.ts';
import { nodesChanged, othersChanged, podBound } from '../../../src/steps/settle/reschedule.ts';
import type { ResourceVersion } from '../../../src/ports/identity.ts';
import { PodWorld } from '../../fakes/pod-world.ts';

const ZONE = 'topology.kubernetes.io/zone';
const term = (app: string, more: object = {}) => ({
  topologyKey: ZONE,
  labelSelector: { matchLabels: { app } },
  ...more,
});
const rule = (
  kind: 'podAffinity' | 'podAntiAffinity',
  ...terms: object[]
): Partial<Pod['spec']> => ({
  affinity: { [kind]: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
});
const spec = (more: Partial<Pod['spec']> = {}): Pod['spec'] => ({
  containers: [{ name: 'a', image: 'busybox' }],
  ...more,
});

async function addNode(world: PodWorld, name: string, zone: string): Promise<void> {
  const object = {
    metadata: { name, labels: { [ZONE]: zone } },
    spec: {},
    status: { allocatable: { cpu: '1024' } },
  };
  await world.ports.store.commit({
    object: { key: { resource: 'nodes', namespace: '', name }, object, expected: 'absent' },
  });
  await nodesChanged(world.ports);
}

/** The default node is in no zone: it is cordoned. */
async function zones(...names: string[]): Promise<PodWorld> {
  const world = new PodWorld();
  const key = { resource: 'nodes', namespace: '', name: 'fargate' };
  const expected = ((await world.ports.store.get(key))?.metadata.resourceVersion ??
    'absent') as ResourceVersion;
  await world.ports.store.commit({
    object: {
      key,
      object: { metadata: { name: 'fargate' }, spec: { unschedulable: true } },
      expected,
    },
  });
  for (const name of names) await addNode(world, name, name);
  return world;
}

const nodeOf = async (world: PodWorld, pod: Pod): Promise<string | undefined> =>
  (await world.pod(pod))?.spec.nodeName;
const web = (
  world: PodWorld,
  more: Partial<Pod['spec']>,
  ends: Parameters<PodWorld['create']>[1] = () => ({}),
): Promise<Pod> => world.create(spec(more), ends, { app: 'web' });

async function atOnce(world: PodWorld, ms = 500): Promise<void> {
  await world.clock.advance(ms);
}

it('a pod that must keep apart waits, and goes as soon as the other is deleted', async () => {
  const world = await zones('za');
  const first = await web(world, rule('podAntiAffinity', term('web')));
  await atOnce(world);
  const second = await web(world, rule('podAntiAffinity', term('web')));
  await world.clock.advance(100_000);
  expect([await nodeOf(world, first), await nodeOf(world, second)]).toEqual(['za', undefined]);
  expect((await world.pod(second))?.status.conditions?.[0]).toMatchObject({
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
  });
  // By now it retries by itself only every minute and a half.
  await world.remove(first);
  await atOnce(world);
  expect(await nodeOf(world, second)).toBe('za');
});

it('a pod that another scheduler binds goes to its node at once', async () => {
  const world = await zones();
  const pod = await world.create(spec(), () => ({}));
  await world.clock.advance(100_000);
  expect((await world.pod(pod))?.status.conditions?.[0]).toMatchObject({
    type: 'PodScheduled',
    status: 'False',
  });
  const key = {
    resource: 'pods',
    namespace: pod.metadata.namespace ?? '',
    name: pod.metadata.name ?? '',
  };
  const stored = (await world.ports.store.get(key)) as unknown as Pod;
  await world.ports.store.commit({
    object: {
      key,
      object: { ...stored, spec: { ...stored.spec, nodeName: 'fargate' } },
      expected: (stored.metadata.resourceVersion ?? '') as ResourceVersion,
    },
  });
  await podBound(world.ports, pod.metadata.uid ?? '');
  await atOnce(world);
  expect((await world.pod(pod))?.status.phase).toBe('Running');
});

it('goes as soon as the other has ended', async () => {
  const world = await zones('za');
  const once = { restartPolicy: 'Never' } as const;
  await web(world, { ...once, ...rule('podAntiAffinity', term('web')) }, () => ({ seconds: 40 }));
  await atOnce(world);
  const second = await web(world, rule('podAntiAffinity', term('web')));
  await world.clock.advance(38_000);
  expect(await nodeOf(world, second)).toBeUndefined();
  await atOnce(world, 2_500);
  expect(await nodeOf(world, second)).toBe('za');
});

it('a pod that must be near waits for the other to get its node', async () => {
  const world = await zones('za', 'zb');
  const near = await world.create(spec(rule('podAffinity', term('web'))));
  await world.clock.advance(100_000);
  expect(await nodeOf(world, near)).toBeUndefined();
  await web(world, { nodeSelector: { [ZONE]: 'zb' } });
  await atOnce(world);
  expect(await nodeOf(world, near)).toBe('zb');
});

it('a namespace that gets the label lets a pod go', async () => {
  const world = await zones('za');
  const near = await world.create(
    spec(rule('podAffinity', term('web', { namespaceSelector: { matchLabels: { team: 'x' } } }))),
  );
  await web(world, {});
  await world.clock.advance(100_000);
  expect(await nodeOf(world, near)).toBeUndefined();
  const key = { resource: 'namespaces', namespace: '', name: 'default' };
  const expected = ((await world.ports.store.get(key))?.metadata.resourceVersion ??
    'absent') as ResourceVersion;
  await world.ports.store.commit({
    object: { key, object: { metadata: { name: 'default', labels: { team: 'x' } } }, expected },
  });
  await othersChanged(world.ports);
  await atOnce(world);
  expect(await nodeOf(world, near)).toBe('za');
});

it('a new node is a new zone', async () => {
  const world = await zones('za');
  const pods = [await web(world, rule('podAntiAffinity', term('web')))];
  await atOnce(world);
  pods.push(await web(world, rule('podAntiAffinity', term('web'))));
  await world.clock.advance(100_000);
  await addNode(world, 'zb', 'zb');
  await atOnce(world);
  expect(await Promise.all(pods.map((pod) => nodeOf(world, pod)))).toEqual(['za', 'zb']);
});

it('pods that come at once take different places, and one too many waits', async () => {
  const world = await zones('za', 'zb', 'zc');
  const pods = await Promise.all(
    [1, 2, 3, 4].map(() => web(world, rule('podAntiAffinity', term('web')))),
  );
  await world.clock.advance(5_000);
  const places = await Promise.all(pods.map((pod) => nodeOf(world, pod)));
  expect(places.filter((name) => name !== undefined).sort()).toEqual(['za', 'zb', 'zc']);
});

it('pods that come at once are spread', async () => {
  const world = await zones('za', 'zb', 'zc');
  const spread = {
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: ZONE,
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: { app: 'web' } },
      },
    ],
  };
  const pods = await Promise.all([1, 2, 3, 4, 5, 6].map(() => web(world, spread)));
  await world.clock.advance(5_000);
  expect((await Promise.all(pods.map((pod) => nodeOf(world, pod)))).sort()).toEqual([
    'za',
    'za',
    'zb',
    'zb',
    'zc',
    'zc',
  ]);
});

it('a plain pod keeps out of the zone of one that wants no such neighbour, and nobody reads all pods for the others', async () => {
  const world = await zones('za', 'zb');
  await world.create(
    spec({ nodeSelector: { [ZONE]: 'za' }, ...rule('podAntiAffinity', term('web')) }),
  );
  await atOnce(world);
  const plain = await web(world, {});
  await atOnce(world);
  expect(await nodeOf(world, plain)).toBe('zb');
  const lists: string[] = [];
  const { store } = world.ports;
  const { list } = store;
  store.list = (query) => {
    lists.push(query.resource);
    return list.call(store, query);
  };
  await world.create(spec(), () => ({}), { app: 'db' });
  await atOnce(world);
  expect(lists).not.toContain('pods');
});

it('nothing is left in the index when all pods are gone', async () => {
  const world = await zones('za');
  const pods = [
    await web(world, rule('podAntiAffinity', term('web'))),
    await web(world, rule('podAntiAffinity', term('web'))),
    await web(world, { nodeSelector: { no: 'where' } }),
  ];
  await world.clock.advance(5_000);
  expect([
    (await world.ports.store.listRecords('terms/')).length,
    (await world.ports.store.listRecords('waiting/')).length,
  ]).toEqual([2, 2]);
  for (const pod of pods) await world.delete(pod, 0);
  await world.clock.advance(200_000);
  expect([
    (await world.ports.store.listRecords('terms/')).length,
    (await world.ports.store.listRecords('waiting/')).length,
  ]).toEqual([0, 0]);
});
