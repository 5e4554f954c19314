// A sweep is the net under every lost call: one fault must not hide what else it would have met or done.
import { expect, it } from 'vitest';
import { sweep } from '../../../functions/sweep.ts';
import type { ResourceVersion, TaskArn } from '../../../src/ports/identity.ts';
import { PodWorld } from '../../fakes/pod-world.ts';

const CALM = { containers: [{ name: 'a', image: 'busybox' }] };

it('looks at every pod and every task, and reports every fault that it met', async () => {
  let broken = false;
  const stopped: string[] = [];
  const world = new PodWorld({
    fault: (operation) => {
      if (broken && operation === 'executions.describe') throw new Error('no answer');
    },
  });
  const pods = [await world.create(CALM, () => ({})), await world.create(CALM, () => ({}))];
  await world.clock.advance(60_000);
  broken = true;
  const listRunning = world.ports.tasks.listRunning.bind(world.ports.tasks);
  world.ports.tasks.listRunning = async () => [
    ...(await listRunning()),
    { taskArn: 'stray' as TaskArn, startedBy: 'nobody', lastStatus: 'RUNNING' },
  ];
  world.tasks.onStop = (taskArn) => void stopped.push(taskArn);
  const messages = new Set<string>();
  // An execution is looked at every five minutes, each in a minute of its own.
  for (let minute = 0; minute < 5; minute++) {
    await sweep(world.ports).catch((error: unknown) =>
      (error as AggregateError).errors.forEach((fault: Error) => messages.add(fault.message)),
    );
    await world.clock.advance(60_000);
  }
  expect([...messages].sort()).toEqual(
    pods.map(({ metadata }) => `pod ${metadata.uid ?? ''}: no answer`).sort(),
  );
  expect(stopped).toContain('stray');
});

it('names all faults of one sweep together', async () => {
  let broken = false;
  const world = new PodWorld({
    fault: (operation) => {
      if (broken && operation === 'store.getRecord') throw new Error('no table');
    },
  });
  for (let pod = 0; pod < 2; pod++) await world.create(CALM, () => ({}));
  await world.clock.advance(60_000);
  await sweep(world.ports);
  broken = true;
  const fault: unknown = await sweep(world.ports).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(String(fault)).toContain('no table');
});

it("an orphan's task is stopped with the reason that holds for it", async () => {
  const world = new PodWorld();
  const pod = await world.create({ ...CALM, terminationGracePeriodSeconds: 3600 }, () => ({}));
  await world.clock.advance(60_000);
  const reasons: string[] = [];
  const stop = world.ports.tasks.stop.bind(world.ports.tasks);
  world.ports.tasks.stop = (arn, reason) => (
    reasons.push(reason),
    reasons.length === 1 ? Promise.reject(new Error('throttled')) : stop(arn, reason)
  );
  await world.remove(pod).catch(() => undefined);
  await sweep(world.ports).catch(() => undefined);
  expect(reasons.length).toBeGreaterThan(0);
  expect(new Set(reasons)).toEqual(new Set(['The pod was removed']));
});

it('a pod behind its gates costs a sweep one read; whose gates went without a word is started', async () => {
  const calls: string[] = [];
  const world = new PodWorld({ fault: (operation) => void calls.push(operation) });
  const gated = { ...CALM, schedulingGates: [{ name: 'example.com/hold' }] };
  const pods = [await world.create(gated, () => ({})), await world.create(gated, () => ({}))];
  await sweep(world.ports);
  calls.length = 0;
  await sweep(world.ports);
  expect(calls.filter((call) => call === 'store.get')).toHaveLength(pods.length);
  // The sweep's own record, and none of a pod.
  expect(calls.filter((call) => /getRecord|executions/.test(call))).toEqual(['store.getRecord']);
  const { namespace = '', name = '' } = pods[0]?.metadata ?? {};
  const key = { resource: 'pods', namespace, name };
  const stored = await world.ports.store.get(key);
  if (stored?.metadata.resourceVersion === undefined) throw new Error('no pod');
  await world.ports.store.commit({
    object: {
      key,
      object: { ...stored, spec: { ...CALM, restartPolicy: 'Always' } },
      expected: stored.metadata.resourceVersion as ResourceVersion,
    },
  });
  await sweep(world.ports);
  expect(calls.filter((call) => call === 'executions.start')).toHaveLength(1);
});
