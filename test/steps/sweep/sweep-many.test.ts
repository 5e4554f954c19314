// Sweeps of hundreds of pods on a virtual clock: calls take their time, and a sweep must keep to its own.
import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, it } from 'vitest';
import { Unavailable } from '../../../src/errors.ts';
import type { Pod } from '../../../src/kinds/pod.ts';
import { heartbeatKey } from '../../../src/steps/pod/record-for.ts';
import { sweepPod } from '../../../src/steps/sweep/sweep-pod.ts';
import { PodWorld } from '../../fakes/pod-world.ts';
import type { WorldOptions } from '../../fakes/pod-world.ts';

const CALM = { containers: [{ name: 'a', image: 'busybox' }] };

const uidOf = ({ metadata }: Pod): string => metadata.uid ?? '';

/** A world with this many running pods; only what a sweep calls is counted, and takes `callMs` from `slow` on. */
async function worldOf(count: number, callMs: number, options: WorldOptions = {}) {
  const inSweep = new AsyncLocalStorage<boolean>();
  const calls: string[] = [];
  const meter = { slow: false, now: 0, most: 0, heartbeatMs: 0 };
  const world: PodWorld = new PodWorld({
    ...options,
    within: (name, act) => (name === 'sweep' ? inSweep.run(true, act) : act()),
    fault: async (operation) => {
      if (!inSweep.getStore() || !meter.slow) return undefined;
      calls.push(operation);
      meter.most = Math.max(meter.most, ++meter.now);
      await world.clock.sleep(callMs);
      meter.now--;
      return options.fault?.(operation);
    },
  });
  const pods: Pod[] = [];
  while (pods.length < count) pods.push(await world.create(CALM, () => ({})));
  /** The pods whose heartbeat a sweep has read, in their order. */
  const looks: string[] = [];
  const byKey = new Map(pods.map((pod) => [heartbeatKey(uidOf(pod)), uidOf(pod)]));
  const getRecord = world.ports.store.getRecord.bind(world.ports.store);
  world.ports.store.getRecord = async (key) => {
    const uid = inSweep.getStore() ? byKey.get(key) : undefined;
    if (uid !== undefined) {
      looks.push(uid);
      await world.clock.sleep(meter.heartbeatMs);
    }
    return getRecord(key);
  };
  await world.clock.advance(60_000);
  /** One sweep; the seconds that it took. */
  const sweep = async (): Promise<number> => {
    const began = world.seconds;
    meter.slow = true;
    await world.clock.runUntil(world.sweep());
    meter.slow = false;
    return world.seconds - began;
  };
  return { world, pods, calls, looks, meter, sweep };
}

/** What a sweep threw, fault by fault. */
const faultsOf = async (sweep: () => Promise<unknown>): Promise<string[]> =>
  sweep().then(
    () => [],
    (error: unknown) => (error as AggregateError).errors.map((fault: Error) => fault.message),
  );

const count = (calls: readonly string[], operation: string): number =>
  calls.filter((call) => call === operation).length;

it('500 pods whose calls take 200 ms fit into one sweep, several at once', async () => {
  const { calls, meter, sweep } = await worldOf(500, 200);
  // The first one also forgets that the pods' events were new.
  await sweep();
  calls.length = 0;
  const seconds = await sweep();
  expect(meter.most).toBe(25);
  expect(seconds).toBeLessThan(20);
  expect([count(calls, 'tasks.listRunning'), count(calls, 'tasks.describe')]).toEqual([1, 0]);
  expect(count(calls, 'store.getRecord')).toBe(2 * 500 + 1);
  expect(count(calls, 'executions.describe')).toBeLessThan(150);
});

it('what had no turn is first the next time, and all have one', async () => {
  const { pods, looks, meter, sweep } = await worldOf(70, 10);
  // Each look takes so long that none can begin after it.
  meter.heartbeatMs = 50_000;
  const seen: string[][] = [];
  for (let round = 0; round < 3; round++) {
    expect(await sweep()).toBeLessThan(60);
    seen.push(looks.splice(0));
  }
  const sorted = pods.map(uidOf).sort();
  expect(seen[0]).toHaveLength(25);
  expect(new Set(seen.flat())).toEqual(new Set(sorted));
  // Each round begins where the one before it left off.
  for (const [round, before] of [seen[0], seen[1]].entries())
    expect(seen[round + 1]?.[0]).toBe(sorted[sorted.indexOf(before?.at(-1) ?? '') + 1]);
});

it('pods whose calls never answer hold up nobody, and are named', async () => {
  const { world, pods, looks, sweep } = await worldOf(60, 10);
  const stuck = pods.slice(0, 30).map(uidOf);
  const getRecord = world.ports.store.getRecord.bind(world.ports.store);
  const keys = new Set(stuck.map(heartbeatKey));
  world.ports.store.getRecord = (key) =>
    keys.has(key) ? getRecord(key).then(() => new Promise(() => undefined)) : getRecord(key);
  const faults = [...(await faultsOf(sweep)), ...(await faultsOf(sweep))];
  expect(new Set(looks)).toEqual(new Set(pods.map(uidOf)));
  expect(new Set(faults)).toEqual(new Set(stuck.map((uid) => `pod ${uid}: no answer in time`)));
});

it.each([
  { answer: 'all at once', refuse: undefined, describes: 2, faults: 0 },
  { answer: 'throttling', refuse: new Unavailable('slow down'), describes: 2, faults: 110 },
  { answer: 'a refused page', refuse: new Error('one is bad'), describes: 2 + 110, faults: 0 },
])(
  'tasks that ended without a word are asked for a hundred a call: $answer',
  async ({ refuse, describes, faults }) => {
    const { world, pods, calls, sweep } = await worldOf(110, 10, {
      deliver: (kind, send) => (kind === 'change' ? Promise.reject(new Error('lost')) : send()),
    });
    for (const taskArn of world.tasks.tasks.keys()) await world.kill(taskArn);
    const describe = world.ports.tasks.describe.bind(world.ports.tasks);
    world.ports.tasks.describe = async (arns) => {
      const facts = await describe(arns);
      if (refuse && arns.length > 1) throw refuse;
      return facts;
    };
    expect((await faultsOf(sweep)).length).toBe(faults);
    expect(count(calls, 'tasks.describe')).toBe(describes);
    const records = await Promise.all(pods.map((pod) => world.record(pod)));
    expect(records.filter((record) => record?.task.attempt === 2)).toHaveLength(110 - faults);
  },
);

it('C7: a podlet that first reports between the list and the look at its pod is not lost', async () => {
  const world = new PodWorld({ agent: true, bootMs: 400_000 });
  const pod = await world.create(CALM, () => ({}));
  await world.clock.advance(390_000);
  const listed = await world.record(pod);
  if (!listed || listed.podlet) throw new Error('the podlet has reported already');
  await world.clock.advance(20_000);
  await sweepPod(world.ports, listed, {
    upSince: new Date(0),
    statuses: new Map([[listed.task.arn!, 'RUNNING']]),
    lookUp: () => Promise.resolve(undefined),
    renewals: { left: 0 },
  });
  expect((await world.pod(pod))?.status.phase).toBe('Running');
  expect((await world.record(pod))?.observed.silentSince).toBeUndefined();
  expect(world.tasks.stopped).toEqual([]);
});
