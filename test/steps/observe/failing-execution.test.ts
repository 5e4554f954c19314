// An execution that fails by an error of its own: seen on the pod, healed by a successor three times, then the pod fails.
import { expect, it } from 'vitest';
import type { Pod } from '../../../src/kinds/pod.ts';
import { PodWorld } from '../../fakes/pod-world.ts';

const spec: Pod['spec'] = { containers: [{ name: 'a', image: 'busybox' }] };

async function events(world: PodWorld, wanted: string): Promise<string[]> {
  const { objects } = await world.ports.store.list({ resource: 'events' });
  return objects.flatMap(({ reason, message }) => (reason === wanted ? [String(message)] : []));
}

const failures = (world: PodWorld): Promise<string[]> => events(world, 'ExecutionFailed');

/** Looks once a minute, as the schedule does. */
async function minutes(world: PodWorld, count: number): Promise<void> {
  for (let minute = 0; minute < count; minute++) {
    await world.clock.advance(60_000);
    await world.sweep();
  }
  await world.clock.advance(5_000);
}

it('a programming error for a while: the container runs on, and the next execution restarts it', async () => {
  let broken = false;
  const world: PodWorld = new PodWorld({
    within: (name, act) => {
      if (broken && name === 'start-container') throw new TypeError('x is undefined');
      return act();
    },
  });
  const pod = await world.create(spec, (_name, run) =>
    run === 1 ? { seconds: 100, exitCode: 1 } : {},
  );
  await world.clock.advance(90_000);
  broken = true;
  await world.clock.advance(30_000);
  expect((await world.machine.describe(pod.metadata.uid ?? ''))?.status).toBe('FAILED');
  expect((await world.pod(pod))?.status.phase).toBe('Running');
  broken = false;
  await minutes(world, 6);
  expect(world.events.map(({ what, run }) => `${what} ${run}`)).toEqual([
    'start 1',
    'exit 1',
    'start 2',
  ]);
  const uid = pod.metadata.uid ?? '';
  expect((await failures(world)).sort()).toEqual([
    `Execution ${uid} failed (TypeError: x is undefined), ${uid}-2 follows`,
    `Execution ${uid}-2 failed (TypeError: x is undefined), ${uid}-3 follows`,
  ]);
});

it('one that never ends: three successors, at once, five and twenty-five minutes apart, then Failed with the reason', async () => {
  let calls = 0;
  const world: PodWorld = new PodWorld({
    within: (name, act) => {
      if (name !== 'bind-pod') return act();
      calls += 1;
      throw new TypeError('x is undefined');
    },
  });
  const pod = await world.create(spec, () => ({}));
  await minutes(world, 240);
  expect(calls).toBe(4);
  expect((await world.pod(pod))?.status).toMatchObject({
    phase: 'Failed',
    reason: 'ExecutionFailed',
    message: expect.stringContaining('TypeError: x is undefined') as string,
  });
  expect(await failures(world)).toHaveLength(4);
  expect(world.events).toEqual([]);
});

it('a fault is retried, at most twenty times an hour, shown on the pod, and its end goes on with the pod', async () => {
  let calls = 0;
  let out = false;
  const world: PodWorld = new PodWorld({
    within: (name, act) => {
      const isOut = world.clock.now().getTime() - began < 6 * 3_600_000;
      out = name === 'launch-pod' && isOut;
      calls += out ? 1 : 0;
      return act().finally(() => (out = false));
    },
    fault: (operation) => (out && operation === 'tasks.run' ? 'fail-before' : 'ok'),
  });
  const began = world.clock.now().getTime();
  const pod = await world.create(spec, () => ({}));
  await world.clock.advance(3_600_000);
  expect(calls).toBeLessThanOrEqual(20);
  expect(await events(world, 'FailedSync')).toEqual([
    'Launch is tried again: tasks.run failed before it happened',
  ]);
  await world.clock.advance(5 * 3_600_000 + 300_000);
  expect(await world.cell(pod)).toBe('Running');
});
