// What is left of a deleted pod: nothing that costs, and nothing that somebody would have to clean up.
import { expect, it } from 'vitest';
import { LONGEST_CALL_MS } from '../../../src/steps/sweep/sweep-switch.ts';
import { PodWorld } from '../../fakes/pod-world.ts';

const remains = async (world: PodWorld): Promise<string[]> =>
  (
    await Promise.all(
      ['pod/', 'beat/', 'token/'].map((prefix) => world.ports.store.listRecords(prefix)),
    )
  )
    .flat()
    .map(({ key }) => key);

it.each(['scripted podlet', 'podlet agent'])(
  'L: a deleted pod leaves no record, no heartbeat, no task and no execution: %s',
  async (podlet) => {
    const world = new PodWorld({ agent: podlet === 'podlet agent' });
    const pod = await world.create({ containers: [{ name: 'a', image: 'busybox' }] }, () => ({
      termSeconds: 3,
    }));
    await world.clock.advance(60_000);
    await world.delete(pod, 30);
    await world.clock.advance(60_000);
    expect(await remains(world)).toEqual([]);
    expect(await world.machine.describe(pod.metadata.uid ?? '')).not.toBe('RUNNING');
    expect(
      [...world.tasks.tasks.values()].filter(({ lastStatus }) => lastStatus !== 'STOPPED'),
    ).toEqual([]);
  },
);

it('R5: the sweep rests once the task of the last finished pod is gone, and the pod stays to be read', async () => {
  const world = new PodWorld();
  const switched: string[] = [];
  Object.assign(world.ports, {
    sweepRule: {
      on: () => Promise.resolve(void switched.push('on')),
      off: () => Promise.resolve(void switched.push('off')),
    },
  });
  const pod = await world.create(
    { restartPolicy: 'Never', containers: [{ name: 'a', image: 'busybox' }] },
    () => ({ seconds: 30 }),
  );
  await world.clock.advance(10_000);
  await world.sweep();
  expect(switched).toEqual(['on']);
  await world.clock.advance(60_000);
  await world.sweep();
  // A creation in progress may still rely on the schedule.
  expect(switched).toEqual(['on']);
  await world.clock.advance(LONGEST_CALL_MS);
  await world.sweep();
  expect(switched).toEqual(['on', 'off']);
  expect((await world.pod(pod))?.status.phase).toBe('Succeeded');
});
