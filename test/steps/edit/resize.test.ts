// In-place resize over time, as a watcher of the pod and its events sees it; and after a crash at each of its steps.
import { expect, it } from 'vitest';
import type { Pod } from '../../../src/kinds/pod.ts';
import { changeTask } from '../../../src/steps/edit/change-task.ts';
import type { ResourceVersion } from '../../../src/ports/identity.ts';
import type { ContainerLimits } from '../../../src/ports/live-tasks.ts';
import { PodWorld } from '../../fakes/pod-world.ts';

const SMALL = { requests: { cpu: '100m' }, limits: { cpu: '200m' } };
const LARGE = { requests: { cpu: '150m' }, limits: { cpu: '300m' } };
const HUGE = { requests: { cpu: '5000' }, limits: { cpu: '5000' } };

interface Engine {
  given: ContainerLimits[];
  failure?: string;
  /** Nothing changes the task meanwhile. */
  dead?: boolean;
}

async function resizable(
  more: object = {},
): Promise<{ world: PodWorld; pod: Pod; engine: Engine }> {
  const world = new PodWorld({ agent: true });
  const engine: Engine = { given: [] };
  world.ports.liveTasks = {
    add: () => Promise.resolve({}),
    resize: (_task, _container, limits) =>
      Promise.resolve(
        engine.failure === undefined
          ? (engine.given.push(limits), {})
          : { failure: engine.failure },
      ),
    changed: (uid) => {
      if (engine.dead !== true) void changeTask(world.ports, uid);
    },
  };
  const pod = await world.create({
    containers: [{ name: 'a', image: 'busybox', resources: SMALL, ...more }],
  });
  await world.clock.advance(3_000);
  return { world, pod, engine };
}

const sized =
  (resources: object) =>
  (spec: Pod['spec']): Pod['spec'] => ({
    ...spec,
    containers: spec.containers.map((container) => ({ ...container, resources })),
  });

async function seen(world: PodWorld, pod: Pod) {
  const status = (await world.pod(pod))?.status;
  const [container] = status?.containerStatuses ?? [];
  const conditions = status?.conditions
    ?.filter(({ type }) => type.startsWith('PodResize'))
    .map(({ type, reason, observedGeneration }) => [type, reason, observedGeneration]);
  return {
    has: container?.resources,
    promised: container?.allocatedResources,
    conditions,
    restarts: container?.restartCount,
  };
}

const resizeEvents = async ({ ports }: PodWorld): Promise<unknown[]> =>
  (await ports.store.list({ resource: 'events', namespace: 'default' })).objects
    .map((event) => event['reason'])
    .filter((reason) => String(reason).startsWith('Resize'))
    .sort();

it('a resize is promised, done and reported as complete', async () => {
  const { world, pod, engine } = await resizable();
  await world.edit(pod, sized(LARGE));
  await world.clock.advance(1_000);
  expect(engine.given).toEqual([{ cpu: 0.3, cpuShares: 153 }]);
  expect(await seen(world, pod)).toEqual({
    has: LARGE,
    promised: LARGE.requests,
    conditions: [],
    restarts: 0,
  });
  expect(await resizeEvents(world)).toEqual(['ResizeCompleted', 'ResizeStarted']);
});

it('one that asks for a restart is complete when the next run has begun', async () => {
  const { world, pod } = await resizable({
    resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }],
  });
  await world.edit(pod, sized(LARGE));
  await world.clock.advance(30_000);
  expect(await seen(world, pod)).toEqual({
    has: LARGE,
    promised: LARGE.requests,
    conditions: [],
    restarts: 1,
  });
  expect(await resizeEvents(world)).toEqual(['ResizeCompleted', 'ResizeStarted']);
});

it('one that no node can hold stays pending until it is taken back', async () => {
  const { world, pod, engine } = await resizable();
  await world.edit(pod, sized(HUGE));
  await world.clock.advance(60_000);
  expect(await seen(world, pod)).toEqual({
    has: SMALL,
    promised: SMALL.requests,
    conditions: [['PodResizePending', 'Infeasible', 2]],
    restarts: 0,
  });
  await world.edit(pod, sized(SMALL));
  await world.clock.advance(1_000);
  expect(await seen(world, pod)).toEqual({
    has: SMALL,
    promised: SMALL.requests,
    conditions: [],
    restarts: 0,
  });
  expect(engine.given).toEqual([]);
  expect(await resizeEvents(world)).toEqual(['ResizeInfeasible']);
});

it('one that the engine refuses stays in progress with its error, and is tried again', async () => {
  const { world, pod, engine } = await resizable();
  engine.failure = 'device or resource busy';
  await world.edit(pod, sized(LARGE));
  await world.clock.advance(60_000);
  expect(await seen(world, pod)).toEqual({
    has: SMALL,
    promised: LARGE.requests,
    conditions: [['PodResizeInProgress', 'Error', 2]],
    restarts: 0,
  });
  delete engine.failure;
  await world.clock.advance(60_000);
  expect(await seen(world, pod)).toEqual({
    has: LARGE,
    promised: LARGE.requests,
    conditions: [],
    restarts: 0,
  });
  expect(await resizeEvents(world)).toEqual(['ResizeCompleted', 'ResizeError', 'ResizeStarted']);
});

it('an API that dies right after its commit is made good by the next report', async () => {
  const { world, pod } = await resizable();
  const before = (await world.pod(pod)) ?? pod;
  const after = {
    ...before,
    metadata: { ...before.metadata, generation: 2 },
    spec: sized(LARGE)(before.spec),
  };
  const key = { resource: 'pods', namespace: 'default', name: pod.metadata.name ?? '' };
  await world.ports.store.commit({
    object: { key, object: after, expected: before.metadata.resourceVersion as ResourceVersion },
  });
  await world.clock.advance(60_000);
  expect(await seen(world, pod)).toEqual({
    has: LARGE,
    promised: LARGE.requests,
    conditions: [],
    restarts: 0,
  });
  expect(await resizeEvents(world)).toEqual(['ResizeCompleted', 'ResizeStarted']);
});

it('a promise that nobody lives to keep is kept after the next report', async () => {
  const { world, pod, engine } = await resizable();
  engine.dead = true;
  await world.edit(pod, sized(LARGE));
  await world.clock.advance(1_000);
  expect(await seen(world, pod)).toEqual({
    has: SMALL,
    promised: LARGE.requests,
    conditions: [['PodResizeInProgress', undefined, 2]],
    restarts: 0,
  });
  engine.dead = false;
  await world.clock.advance(60_000);
  expect(await seen(world, pod)).toEqual({
    has: LARGE,
    promised: LARGE.requests,
    conditions: [],
    restarts: 0,
  });
  expect(await resizeEvents(world)).toEqual(['ResizeCompleted', 'ResizeStarted']);
});
