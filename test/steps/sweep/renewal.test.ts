// A generation that has had its time is handed over (docs/design/hand-over.md): after 300 days, and when the machine's document changed.
// None of it may show: no restart, no run lost or doubled, restart counts and back-offs go on.
import { expect, it } from 'vitest';
import type { Pod } from '../../../src/kinds/pod.ts';
import type { Script } from '../../fakes/pod-world.ts';
import { PodWorld } from '../../fakes/pod-world.ts';

const DAY_MS = 24 * 3_600_000;

async function sweepFor(world: PodWorld, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    await world.clock.advance(60_000);
    await world.sweep();
    await world.clock.settle();
  }
}

const starts = (world: PodWorld): unknown[] =>
  world.events
    .filter(({ what }) => what === 'start')
    .map(({ container, run, at }) => [container, run, at]);

/** Of all executions that the pod had, those that run. */
async function running(world: PodWorld, { metadata: { uid = '' } }: Pod): Promise<string[]> {
  const names = [uid, `${uid}-2`, `${uid}-3`, `${uid}-4`];
  const statuses = await Promise.all(names.map((name) => world.machine.describe(name)));
  return names
    .filter((_name, index) => statuses[index]?.status === 'RUNNING')
    .map((name) => name.slice(uid.length));
}

interface Moment {
  spec?: Partial<Pod['spec']>;
  script: Script;
  /** Seconds of the deployment. */
  at: number;
  starts: unknown[];
  agent?: true;
}

const a = { name: 'a', image: 'busybox' };

it.each<[string, Moment]>([
  ['a container runs', { script: () => ({}), at: 100, starts: [['a', 1, 0]] }],
  [
    'a container runs that will end',
    {
      script: (_name, run) => (run === 1 ? { seconds: 200, exitCode: 1 } : {}),
      at: 100,
      starts: [
        ['a', 1, 0],
        ['a', 2, 200],
      ],
    },
  ],
  // Restarts at 1, 12, 33, 74, 155: the one after 155 is due 160 s after its end at 156.
  [
    'a container backs off',
    {
      script: (_name, run) => (run < 6 ? { seconds: 1, exitCode: 1 } : {}),
      at: 160,
      starts: [
        ['a', 1, 0],
        ['a', 2, 1],
        ['a', 3, 12],
        ['a', 4, 33],
        ['a', 5, 74],
        ['a', 6, 155],
      ],
    },
  ],
  [
    'a long back-off holds',
    {
      script: (_name, run) => (run < 7 ? { seconds: 1, exitCode: 1 } : {}),
      at: 160,
      starts: [
        ['a', 1, 0],
        ['a', 2, 1],
        ['a', 3, 12],
        ['a', 4, 33],
        ['a', 5, 74],
        ['a', 6, 155],
        ['a', 7, 316],
      ],
    },
  ],
  [
    'init containers run',
    {
      spec: {
        initContainers: [
          { name: 'i', image: 'busybox' },
          { name: 'j', image: 'busybox' },
        ],
      },
      script: (name) => (name === 'a' ? {} : { seconds: 150 }),
      at: 100,
      starts: [
        ['i', 1, 0],
        ['j', 1, 150],
        ['a', 1, 300],
      ],
    },
  ],
  [
    'an init container backs off',
    {
      spec: { initContainers: [{ name: 'i', image: 'busybox' }] },
      script: (name, run) => (name === 'a' ? {} : { seconds: 60, exitCode: run < 3 ? 1 : 0 }),
      at: 125,
      starts: [
        ['i', 1, 0],
        ['i', 2, 60],
        ['i', 3, 130],
        ['a', 1, 190],
      ],
    },
  ],
  [
    'a sidecar serves',
    {
      spec: { initContainers: [{ name: 's', image: 'busybox', restartPolicy: 'Always' }] },
      script: () => ({}),
      at: 100,
      starts: [
        ['s', 1, 0],
        ['a', 1, 0],
      ],
    },
  ],
  [
    'one container has ended for good',
    {
      spec: { restartPolicy: 'OnFailure', containers: [a, { name: 'b', image: 'busybox' }] },
      script: (name) => (name === 'a' ? { seconds: 10 } : {}),
      at: 100,
      starts: [
        ['a', 1, 0],
        ['b', 1, 0],
      ],
    },
  ],
  [
    'the podlet agent leads the pod',
    {
      script: (_name, run) => (run === 1 ? { seconds: 200, exitCode: 1 } : {}),
      at: 100,
      starts: [
        ['a', 1, 0],
        ['a', 2, 200],
      ],
      agent: true,
    },
  ],
])(
  'a new revision takes the pod over while %s',
  async (_name, { spec, script, at, starts: wanted, agent }) => {
    const world = new PodWorld(agent ? { agent } : {});
    const pod = await world.create({ containers: [a], ...spec }, script);
    await world.clock.advance(at * 1000);
    world.deploy('r2');
    await sweepFor(world, 2);
    expect(await world.record(pod)).toMatchObject({ generation: { number: 2, revision: 'r2' } });
    await sweepFor(world, 10);
    expect((await world.record(pod))?.generation.number).toBe(2);
    expect(await running(world, pod)).toEqual(['-2']);
    expect(starts(world)).toEqual(wanted);
    expect((await world.pod(pod))?.status.containerStatuses?.[0]?.restartCount).toBe(
      wanted.filter((one) => Array.isArray(one) && one[0] === 'a').length - 1,
    );
    expect(world.tasks.tasks.size).toBe(1);
  },
);

it('a pod that is being deleted is left to the execution that it has', async () => {
  const world = new PodWorld();
  const pod = await world.create({ containers: [a] }, () => ({ termSeconds: 200 }));
  await world.clock.advance(100_000);
  await world.delete(pod, 300);
  world.deploy('r2');
  await sweepFor(world, 3);
  expect((await world.record(pod))?.generation.number).toBe(1);
  await sweepFor(world, 3);
  expect(await world.pod(pod)).toBeUndefined();
  expect(await world.record(pod)).toBeUndefined();
  expect(await running(world, pod)).toEqual([]);
});

it('a deletion that comes right after the hand-over ends the pod and both executions', async () => {
  const world = new PodWorld();
  const pod = await world.create({ containers: [a] }, () => ({ termSeconds: 5 }));
  await world.clock.advance(100_000);
  world.deploy('r2');
  void world.sweep();
  await world.delete(pod, 30);
  await sweepFor(world, 2);
  expect(await world.pod(pod)).toBeUndefined();
  expect(await running(world, pod)).toEqual([]);
});

it('a pod whose podlet does not report is handed over; what ended meanwhile is counted once', async () => {
  const world = new PodWorld();
  const pod = await world.create({ containers: [a] }, (_name, run) =>
    run === 1 ? { seconds: 130, exitCode: 1 } : {},
  );
  await sweepFor(world, 2);
  world.setDeaf(true);
  world.deploy('r2');
  await sweepFor(world, 2);
  expect((await world.record(pod))?.generation.number).toBe(2);
  world.setDeaf(false);
  await sweepFor(world, 3);
  expect((await world.pod(pod))?.status.containerStatuses?.[0]).toMatchObject({
    restartCount: 1,
    ready: true,
  });
  expect(world.events.filter(({ what }) => what === 'start')).toHaveLength(2);
  expect(await running(world, pod)).toEqual(['-2']);
});

it.each([
  [
    'an image',
    (world: PodWorld) =>
      void world.ports.images.outcomes.set('busybox', {
        failure: 'ErrImagePull',
        message: 'not found',
      }),
    (world: PodWorld) => void world.ports.images.outcomes.clear(),
  ],
  [
    'capacity',
    (world: PodWorld) => void (world.tasks.failure = 'Capacity is unavailable at this time'),
    (world: PodWorld) => void (world.tasks.failure = undefined),
  ],
])('a pod that waits for %s is handed over and begins once', async (_what, take, give) => {
  const world = new PodWorld();
  take(world);
  const pod = await world.create({ containers: [a] }, () => ({}));
  await sweepFor(world, 3);
  world.deploy('r2');
  await sweepFor(world, 8);
  expect(await world.record(pod)).toMatchObject({ generation: { number: 2, revision: 'r2' } });
  give(world);
  await sweepFor(world, 8);
  expect(await running(world, pod)).toEqual(['-2']);
  expect([world.tasks.tasks.size, starts(world).length]).toEqual([1, 1]);
});

it('an execution that began with the old document while the new one was put in place is handed over as well', async () => {
  const world = new PodWorld();
  const pod = await world.create({ containers: [a] }, () => ({}));
  // The functions know the revision before the machine has it: an execution that starts meanwhile still names the old one.
  world.ports.settings.machineRevision = 'r2';
  await sweepFor(world, 1);
  expect(await world.record(pod)).toMatchObject({ generation: { number: 2, revision: 'r1' } });
  world.deploy('r2');
  await sweepFor(world, 2);
  expect(await world.record(pod)).toMatchObject({ generation: { number: 3, revision: 'r2' } });
  await sweepFor(world, 5);
  expect(await running(world, pod)).toEqual(['-3']);
  expect(starts(world)).toHaveLength(1);
});

it('an installation that does not report its revision replaces nothing', async () => {
  const world = new PodWorld({ settings: { machineRevision: '' } });
  const pod = await world.create({ containers: [a] }, () => ({}));
  await sweepFor(world, 10);
  expect((await world.record(pod))?.generation.number).toBe(1);
});

it('many pods move a hundred at a time', async () => {
  const world = new PodWorld();
  const pods: Pod[] = [];
  for (let made = 0; made < 130; made++)
    pods.push(await world.create({ containers: [a] }, () => ({})));
  await world.clock.advance(100_000);
  world.deploy('r2');
  const moved = async (): Promise<number> =>
    (await Promise.all(pods.map((pod) => world.record(pod)))).filter(
      (record) => record?.generation.number === 2,
    ).length;
  await world.sweep();
  expect(await moved()).toBe(100);
  await world.sweep();
  expect(await moved()).toBe(130);
});

it('after 300 days another execution takes over, long before AWS ends the first one', async () => {
  const world = new PodWorld();
  const pod = await world.create({ containers: [a] }, () => ({
    seconds: 300 * 24 * 3600 + 7_200,
    exitCode: 1,
  }));
  await sweepFor(world, 5);
  await world.clock.leap(299 * DAY_MS);
  await sweepFor(world, 5);
  expect((await world.record(pod))?.generation.number).toBe(1);
  await world.clock.leap(DAY_MS);
  await sweepFor(world, 5);
  expect(await world.record(pod)).toMatchObject({ generation: { number: 2 } });
  expect(await running(world, pod)).toEqual(['-2']);
  expect(starts(world)).toHaveLength(1);
  await sweepFor(world, 180);
  expect(world.events.map(({ what, run }) => [what, run])).toEqual([
    ['start', 1],
    ['exit', 1],
    ['start', 2],
  ]);
  expect((await world.record(pod))?.generation.number).toBe(2);
});
