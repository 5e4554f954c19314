// A pod outlives its executions (design 3.9): the next generation takes over where the one before stood.
import { expect, it } from 'vitest';
import { MAX_RUNS_IN_GENERATION } from '../../src/lifecycle/sweep-pod.ts';
import { recordKey, toJson } from '../../src/lifecycle/record-for.ts';
import { PodWorld } from '../fakes/pod-world.ts';

it('hands a pod over to a successor without touching its containers', async () => {
  const world = new PodWorld();
  const pod = await world.create({ containers: [{ name: 'a', image: 'busybox' }] }, (_name, run) => (run === 1 ? { seconds: 100, exitCode: 1 } : {}));
  await world.clock.advance(50_000);
  const record = (await world.record(pod))!;
  await world.ports.store.commit({ records: [{ key: recordKey(record.uid), value: toJson({ ...record, runsInGeneration: MAX_RUNS_IN_GENERATION + 1 }), expected: 'any' }] });
  await world.clock.advance(20_000);
  await world.sweep();
  await world.clock.advance(10_000);
  expect((await world.record(pod))?.generation).toBe(2);
  expect(await world.machine.describe(record.uid)).toBe('SUCCEEDED');
  expect(await world.machine.describe(`${record.uid}-2`)).toBe('RUNNING');
  await world.clock.advance(60_000);
  expect(world.events.filter(({ what }) => what === 'start').map(({ run, at, attempt }) => [run, at, attempt])).toEqual([[1, 0, 1], [2, 100, 1]]);
});

it('an execution that was stopped by hand gets a successor', async () => {
  const world = new PodWorld();
  const pod = await world.create({ containers: [{ name: 'a', image: 'busybox' }] }, () => ({}));
  await world.clock.advance(100_000);
  await world.machine.stop(pod.metadata.uid ?? '', 'by hand');
  await world.clock.advance(5_000);
  expect(await world.machine.describe(`${pod.metadata.uid ?? ''}-2`)).toBe('RUNNING');
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
  const pod = await world.create({ schedulingGates: [{ name: 'g' }], containers: [{ name: 'a', image: 'busybox' }] }, () => ({}));
  await world.clock.advance(60_000);
  await world.sweep();
  expect(await world.machine.describe(pod.metadata.uid ?? '')).toBeUndefined();
  await world.edit(pod, (spec) => ({ ...spec, schedulingGates: [] }));
  await world.clock.advance(1_000);
  expect(await world.cell(pod)).toBe('Running');
});
