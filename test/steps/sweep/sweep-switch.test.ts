// The switch of the sweep: in whatever order creations and sweeps take their steps, and wherever one of them dies, no pod is left without
// the sweep.
import { expect, it } from 'vitest';
import { api } from '../../../src/api/serve.ts';
import { toUnavailable } from '../../../src/aws/unavailable.ts';
import { Unavailable } from '../../../src/errors.ts';
import { present } from '../../../src/present.ts';
import { LONGEST_CALL_MS, LONGEST_SWEEP_MS } from '../../../src/steps/sweep/sweep-switch.ts';
import { requestOf } from '../../api/client.ts';
import type { FaultHook } from '../../fakes/ports.ts';
import { PodWorld } from '../../fakes/pod-world.ts';
import { explore } from './switch-model.ts';
import type { Bounds, Start } from './switch-model.ts';

const STARTS: [string, Start][] = [
  ['a deployment before its first sweep', { rule: true }],
  ['no pod for long', { rule: false, state: 'off' }],
  ['a redeployment while no pod lives', { rule: true, state: 'off' }],
  ['the last pod has just gone', { rule: true, state: 'on' }],
  ['the schedule is about to rest', { rule: true, state: 'resting', age: LONGEST_CALL_MS }],
  ['a sweep died while it switched off', { rule: false, state: 'switching' }],
  [
    'a sweep died before it switched off',
    { rule: true, state: 'switching', age: LONGEST_SWEEP_MS },
  ],
];

const BOUNDS: [string, Bounds][] = [
  ['two creations and a sweep', { creators: 2, sweeps: 1, faults: 0, longTicks: 0, shortTicks: 0 }],
  ['a creation and two sweeps', { creators: 1, sweeps: 2, faults: 0, longTicks: 1, shortTicks: 0 }],
  [
    'a creation and a sweep with a fault',
    { creators: 1, sweeps: 1, faults: 1, longTicks: 1, shortTicks: 0 },
  ],
];

const boundsFor = ({ state }: Start, bounds: Bounds): Bounds =>
  state === 'switching' ? { ...bounds, shortTicks: 1 } : bounds;

it.each(
  STARTS.flatMap(([from, start]) =>
    BOUNDS.map(([who, bounds]) => ({ from, who, start, bounds: boundsFor(start, bounds) })),
  ),
)(
  'no pod is ever stored while the schedule is off, in any order and whoever dies: $from; $who',
  async ({ start, bounds }) => {
    let stored = 0;
    await explore(start, bounds, (moment, choices) => {
      if (moment.pods === 0) return;
      stored++;
      if (!moment.rule) throw new Error(`stranded after ${choices.join(', ')}`);
    });
    expect(stored).toBeGreaterThan(0);
  },
  300_000,
);

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a' },
  spec: { containers: [{ name: 'a', image: 'busybox' }] },
};

/** As EventBridge says it, and the SDK's middleware passes it on. */
const conflicting = (name = 'ConcurrentModificationException'): unknown =>
  toUnavailable(
    Object.assign(new Error('the rule is being changed'), {
      name,
      $fault: name === 'InternalException' ? 'server' : 'client',
      $metadata: { httpStatusCode: name === 'InternalException' ? 500 : 400 },
    }),
  );

/** A world whose schedule is off, and answers each time by `on`. */
function asleep(
  on: (call: number) => void,
  fault?: FaultHook,
): { world: PodWorld; calls: string[] } {
  const calls: string[] = [];
  const world = new PodWorld({ settings: { adminToken: 'secret' }, ...present({ fault }) });
  const sweepRule = {
    on: async () => {
      await Promise.resolve();
      calls.push('on');
      on(calls.length);
    },
    off: () => Promise.resolve(void calls.push('off')),
  };
  Object.assign(world.ports, { sweepRule });
  return { world, calls };
}

async function post(world: PodWorld, name: string): Promise<Response> {
  const body = { ...POD, metadata: { name } };
  return world.clock.runUntil(
    api(world.ports, requestOf('POST', '/api/v1/namespaces/default/pods', { body })),
  );
}

const storedPods = async ({ ports }: PodWorld): Promise<number> =>
  (await ports.store.list({ resource: 'pods' })).objects.length;

it('creations switch the schedule on once per idle → busy', async () => {
  const { world, calls } = asleep(() => undefined);
  for (const name of ['a', 'b', 'c']) expect((await post(world, name)).status).toBe(201);
  expect(calls).toEqual(['on']);
});

it('a schedule that is changed by another at that moment is asked again', async () => {
  const { world, calls } = asleep((call) => {
    if (call < 3) throw conflicting();
  });
  expect((await post(world, 'a')).status).toBe(201);
  expect(calls).toEqual(['on', 'on', 'on']);
});

it.each(['ConcurrentModificationException', 'ThrottlingException', 'InternalException'])(
  'where the schedule cannot be switched on, a creation is refused with 503 and nothing is stored: %s',
  async (name) => {
    const { world } = asleep(() => {
      throw conflicting(name);
    });
    const response = await post(world, 'a');
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await storedPods(world)).toBe(0);
  },
);

it.each([
  ['does not answer', new Unavailable('no answer')],
  ['refuses for good', new Error('StateMachineDoesNotExist')],
])('once the pod is stored it is created, also where Step Functions %s', async (_what, error) => {
  const { world } = asleep(
    () => undefined,
    (operation) => {
      if (operation === 'executions.start') throw error;
    },
  );
  expect((await post(world, 'a')).status).toBe(201);
  expect(await storedPods(world)).toBe(1);
});
