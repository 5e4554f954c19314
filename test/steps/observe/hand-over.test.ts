// A pod outlives its executions (docs/design/hand-over.md): the next generation continues where the one before stopped.
import { expect, it } from 'vitest';
import { present } from '../../../src/present.ts';
import { countingRuns, MAX_RUNS_IN_GENERATION } from '../../../src/record/hand-over.ts';
import { recordKey, toJson } from '../../../src/steps/pod/record-for.ts';
import { PodWorld } from '../../fakes/pod-world.ts';

it('hands a pod over to a successor without touching its containers', async () => {
  const world = new PodWorld();
  const pod = await world.create({ containers: [{ name: 'a', image: 'busybox' }] }, (_name, run) =>
    run === 1 ? { seconds: 100, exitCode: 1 } : {},
  );
  await world.clock.advance(50_000);
  const record = (await world.record(pod))!;
  await world.ports.store.commit({
    records: [
      {
        key: recordKey(record.uid),
        value: toJson(countingRuns(record, MAX_RUNS_IN_GENERATION + 1)),
        expected: 'any',
      },
    ],
  });
  await world.clock.advance(20_000);
  await world.sweep();
  await world.clock.advance(10_000);
  expect((await world.record(pod))?.generation.number).toBe(2);
  expect((await world.machine.describe(record.uid))?.status).toBe('SUCCEEDED');
  expect((await world.machine.describe(`${record.uid}-2`))?.status).toBe('RUNNING');
  await world.clock.advance(60_000);
  expect(
    world.events
      .filter(({ what }) => what === 'start')
      .map(({ run, at, attempt }) => [run, at, attempt]),
  ).toEqual([
    [1, 0, 1],
    [2, 100, 1],
  ]);
});

it('an execution that was stopped by hand gets a successor', async () => {
  const world = new PodWorld();
  const pod = await world.create({ containers: [{ name: 'a', image: 'busybox' }] }, () => ({}));
  await world.clock.advance(100_000);
  await world.machine.stop(pod.metadata.uid ?? '', 'by hand');
  await world.clock.advance(5_000);
  expect((await world.machine.describe(`${pod.metadata.uid ?? ''}-2`))?.status).toBe('RUNNING');
  expect(world.events).toHaveLength(1);
});

it('a crash between the POST and the start of the execution is healed by sweep', async () => {
  const world = new PodWorld();
  const pod = await world.insert({ containers: [{ name: 'a', image: 'busybox' }] }, () => ({}));
  await world.clock.advance(60_000);
  expect(world.events).toEqual([]);
  await world.sweep();
  await world.clock.advance(1_000);
  expect(await world.cell(pod)).toBe('Running');
});

it('a gated pod waits for its last gate', async () => {
  const world = new PodWorld();
  const pod = await world.create(
    { schedulingGates: [{ name: 'g' }], containers: [{ name: 'a', image: 'busybox' }] },
    () => ({}),
  );
  await world.clock.advance(60_000);
  await world.sweep();
  expect(await world.machine.describe(pod.metadata.uid ?? '')).toBeUndefined();
  await world.edit(pod, (spec) => ({ ...spec, schedulingGates: [] }));
  await world.clock.advance(1_000);
  expect(await world.cell(pod)).toBe('Running');
});

/** AWS ends an execution with its 25 000th history event. */
const MAX_EVENTS = 25_000;

it.each([
  ['a crash loop', {}],
  ['an image that never comes', { noImage: true }],
  ['no capacity', { noCapacity: true }],
  ['a node that is not there', { nodeSelector: { nowhere: 'yes' } }],
] as const)(
  'the budget counts what the history grows by: %s',
  async (
    _name,
    {
      noImage,
      noCapacity,
      nodeSelector,
    }: { noImage?: true; noCapacity?: true; nodeSelector?: { [label: string]: string } },
  ) => {
    const world = new PodWorld();
    if (noImage)
      world.ports.images.outcomes.set('busybox', { failure: 'ErrImagePull', message: 'not found' });
    if (noCapacity) world.tasks.failure = 'Capacity is unavailable at this time';
    const pod = await world.create(
      { ...present({ nodeSelector }), containers: [{ name: 'a', image: 'busybox' }] },
      () => ({ seconds: 1, exitCode: 1 }),
    );
    const look = async () => ({
      events: (await world.machine.interpreter.history(`pod/${pod.metadata.uid ?? ''}`)).length,
      counted: (await world.record(pod))?.generation.runs ?? 0,
    });
    await world.clock.advance(1_000_000);
    const before = await look();
    await world.clock.advance(5_000_000);
    const after = await look();
    expect(after.counted).toBeGreaterThan(before.counted);
    expect(
      MAX_RUNS_IN_GENERATION * ((after.events - before.events) / (after.counted - before.counted)),
    ).toBeLessThan(MAX_EVENTS * 0.8);
  },
);

it('a pod that waits for its image is handed over too', async () => {
  const world = new PodWorld();
  world.ports.images.outcomes.set('busybox', { failure: 'ErrImagePull', message: 'not found' });
  const pod = await world.create({ containers: [{ name: 'a', image: 'busybox' }] }, () => ({}));
  await world.clock.advance(100_000);
  const record = (await world.record(pod))!;
  await world.ports.store.commit({
    records: [
      {
        key: recordKey(record.uid),
        value: toJson(countingRuns(record, MAX_RUNS_IN_GENERATION + 1)),
        expected: 'any',
      },
    ],
  });
  await world.sweep();
  world.ports.images.outcomes.clear();
  await world.clock.advance(400_000);
  expect(await world.cell(pod)).toBe('Running');
  expect((await world.record(pod))?.generation.number).toBe(2);
  expect((await world.machine.describe(record.uid))?.status).toBe('SUCCEEDED');
  expect(world.tasks.tasks.size).toBe(1);
});
