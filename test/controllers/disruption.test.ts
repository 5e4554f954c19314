// Disruption budgets in the test world: the numbers of the status.
import { beforeEach, expect, it } from 'vitest';
import { disruptionController } from '../../src/controllers/disruption.ts';
import { toBudget } from '../../src/workloads/disruption-budget.ts';
import type { BudgetStatus } from '../../src/workloads/disruption-budget.ts';
import { TestWorld } from './world.ts';

const BUDGETS = 'poddisruptionbudgets.policy';
const labels = { app: 'web' };
const controlled = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', controller: true };

let world: TestWorld;
beforeEach(() => {
  world = new TestWorld({ controllers: [disruptionController] });
});

const budget = (spec: object, status?: object): unknown =>
  world.add(BUDGETS, {
    metadata: { name: 'b' },
    spec: { selector: { matchLabels: labels }, ...spec },
    ...(status && { status }),
  });
const pod = (name: string, isReady = true, owner?: string): unknown =>
  world.add('pods', {
    metadata: {
      name,
      labels,
      ...(owner !== undefined && { ownerReferences: [{ ...controlled, uid: owner }] }),
    },
    spec: { containers: [] },
    status: { conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
  });
const workloads = (): void => {
  world.add('deployments.apps', { metadata: { name: 'd', uid: 'd' }, spec: { replicas: 4 } });
  world.add('replicasets.apps', {
    metadata: {
      name: 'rs',
      uid: 'rs',
      ownerReferences: [{ ...controlled, kind: 'Deployment', uid: 'd' }],
    },
    spec: { replicas: 2 },
  });
};
const status = (): BudgetStatus => toBudget(world.get(BUDGETS, 'b')!).status;
const allowance = () => status().conditions?.[0];

it.each([
  ['a number of pods', { minAvailable: 2 }, [3, 2, 1, 3]],
  ['a share of the replicas of the deployment, rounded up', { minAvailable: '60%' }, [3, 3, 0, 4]],
  ['what may be missing of the replicas', { maxUnavailable: 2 }, [3, 2, 1, 4]],
  ['a share that may be missing', { maxUnavailable: '30%' }, [3, 2, 1, 4]],
])('counts %s', (_name, spec, [healthy, desired, allowed, expected]) => {
  workloads();
  for (const name of ['a', 'b', 'c']) pod(name, true, 'rs');
  budget(spec);
  world.settle();
  expect(status()).toMatchObject({
    currentHealthy: healthy,
    desiredHealthy: desired,
    disruptionsAllowed: allowed,
    expectedPods: expected,
    observedGeneration: 1,
  });
  expect(allowance()).toMatchObject({
    type: 'DisruptionAllowed',
    status: allowed === 0 ? 'False' : 'True',
    reason: allowed === 0 ? 'InsufficientPods' : 'SufficientPods',
  });
});

it('pods that are not ready, or whose eviction has begun, are not healthy', () => {
  pod('a');
  pod('b', false);
  pod('c');
  budget({ minAvailable: 1 }, { disruptedPods: { c: world.now.toISOString() } });
  world.settle();
  expect(status()).toMatchObject({ currentHealthy: 1, disruptionsAllowed: 0 });
  world.now = world.requeues[0]!;
  world.settle();
  expect(status()).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 1 });
  expect(status().disruptedPods).toBeUndefined();
});

it('says that there are no pods, and that some are nobody’s', () => {
  budget({ maxUnavailable: 1 });
  world.settle();
  expect(world.events.map(({ reason }) => reason)).toEqual(['NoPods']);
  pod('a');
  world.settle();
  expect(world.events.at(-1)).toMatchObject({ reason: 'UnmanagedPods' });
  expect(world.events.at(-1)?.message).toMatch(
    /\(selector: &LabelSelector\{MatchLabels:map\[string\]string\{\w+: \w+,\},MatchExpressions:\[\]LabelSelectorRequirement\{\},\}\)/,
  );
});

it('allows nothing while the scale is not known', () => {
  pod('a', true, 'unknown');
  budget({ maxUnavailable: 1 });
  world.settle();
  expect(status().disruptionsAllowed).toBe(0);
  expect(allowance()).toMatchObject({
    reason: 'SyncFailed',
    message: 'found no controllers for pod "a"',
  });
});
