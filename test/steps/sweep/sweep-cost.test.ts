// What a sweep costs while nothing happens: one list of tasks, and now and then a look at an execution.
import { expect, it } from 'vitest';
import { heartbeatKey } from '../../../src/steps/pod/record-for.ts';
import { PodWorld } from '../../fakes/pod-world.ts';

it('asks ECS and Step Functions little about calm pods', async () => {
  const calls: string[] = [];
  const world = new PodWorld({ fault: (operation) => void calls.push(operation) });
  for (let pod = 0; pod < 3; pod++)
    await world.create({ containers: [{ name: 'a', image: 'busybox' }] }, () => ({}));
  await world.clock.advance(60_000);
  calls.length = 0;
  for (let minute = 0; minute < 10; minute++) {
    await world.sweep();
    await world.clock.advance(60_000);
  }
  const count = (operation: string): number => calls.filter((call) => call === operation).length;
  expect(count('tasks.listRunning')).toBe(10);
  expect(count('tasks.describe')).toBe(0);
  expect(count('executions.describe')).toBe(3 * 2);
});

it('finds an execution that ended without a word within 5 minutes', async () => {
  const world = new PodWorld({
    deliver: (kind, send) => (kind === 'change' ? Promise.reject(new Error('lost')) : send()),
  });
  const pod = await world.create({ containers: [{ name: 'a', image: 'busybox' }] }, () => ({}));
  await world.clock.advance(100_000);
  await world.machine.stop(pod.metadata.uid ?? '', 'by hand');
  for (let minute = 0; minute < 5; minute++) {
    await world.sweep();
    await world.clock.advance(60_000);
  }
  expect((await world.machine.describe(`${pod.metadata.uid ?? ''}-2`))?.status).toBe('RUNNING');
});

it('reports Ready Unknown after 40 s and of a lost node after 5 min of silence', async () => {
  const world = new PodWorld({ agent: true });
  const pod = await world.create({ containers: [{ name: 'a', image: 'busybox' }] }, () => ({}));
  const ready = async (): Promise<string | undefined> =>
    (await world.pod(pod))?.status.conditions?.find(({ type }) => type === 'Ready')?.status;
  const sweepFor = async (minutes: number): Promise<void> => {
    for (let minute = 0; minute < minutes; minute++) {
      await world.clock.advance(60_000);
      await world.sweep();
    }
  };
  await sweepFor(3);
  world.setDeaf(true);
  await sweepFor(2);
  expect(await ready()).toBe('Unknown');
  expect((await world.pod(pod))?.status.phase).toBe('Running');
  await sweepFor(6);
  expect((await world.pod(pod))?.status).toMatchObject({ phase: 'Failed', reason: 'NodeLost' });
});

it.each([
  { heartbeat: 'no heartbeat yet', value: null },
  { heartbeat: 'the heartbeat of the task before it', value: { at: '2000-01-01T00:00:00.000Z' } },
])(
  'C7: a podlet that has only now begun to report is not lost, with $heartbeat',
  async ({ value }) => {
    const world = new PodWorld({ agent: true });
    for (let minute = 0; minute < 10; minute++) {
      await world.sweep();
      await world.clock.advance(60_000);
    }
    const pod = await world.create({ containers: [{ name: 'a', image: 'busybox' }] }, () => ({}));
    await world.clock.advance(5_000);
    expect((await world.pod(pod))?.status.phase).toBe('Running');
    await world.ports.store.commit({
      records: [{ key: heartbeatKey(pod.metadata.uid ?? ''), value, expected: 'any' }],
    });
    await world.sweep();
    await world.clock.advance(60_000);
    expect((await world.pod(pod))?.status.phase).toBe('Running');
  },
);
