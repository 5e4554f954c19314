// Silence of all podlets at once is the API's, not the pods': however long it lasts, no pod is lost by it.
import { expect, it } from 'vitest';
import type { Pod } from '../../../src/kinds/pod.ts';
import { PodWorld } from '../../fakes/pod-world.ts';

const CALM = { containers: [{ name: 'a', image: 'busybox' }] };

async function twoPods() {
  const world = new PodWorld({ agent: true });
  const pods = [await world.create(CALM, () => ({})), await world.create(CALM, () => ({}))];
  const minutes = async (count: number): Promise<void> => {
    for (let minute = 0; minute < count; minute++) {
      await world.clock.advance(60_000);
      await world.sweep();
    }
  };
  await minutes(3);
  const phases = async (): Promise<string[]> =>
    Promise.all(pods.map(async (pod: Pod) => (await world.pod(pod))?.status.phase ?? ''));
  return { world, pods, minutes, phases };
}

it('C7: while sync answers nobody, no pod is lost, and nothing is restarted afterwards', async () => {
  const { world, pods, minutes, phases } = await twoPods();
  world.setDeaf(true);
  await minutes(30);
  expect(await phases()).toEqual(['Running', 'Running']);
  world.setDeaf(false);
  await minutes(10);
  expect(await phases()).toEqual(['Running', 'Running']);
  for (const pod of pods)
    expect((await world.pod(pod))?.status.conditions).toContainEqual(
      expect.objectContaining({ type: 'Ready', status: 'True' }),
    );
  expect(world.tasks.tasks.size).toBe(2);
  expect(world.tasks.stopped).toEqual([]);
});

it('C7: a podlet that is silent while another one is answered is lost', async () => {
  const { world, pods, minutes, phases } = await twoPods();
  const arn = (await world.record(pods[0]!))?.task.arn;
  world.podlets.get(arn!)?.die();
  await minutes(8);
  expect(await phases()).toEqual(['Failed', 'Running']);
});
