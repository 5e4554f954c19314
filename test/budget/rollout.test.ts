// A rollout of twenty pods on AWS, by the calls that its functions make: what the deployed stack would pay for it beside Fargate.
import { expect, it } from 'vitest';
import { billOf } from '../bench/prices.ts';
import { rolloutCost } from '../bench/rollout-cost.ts';

const PODS = 20;
const labels = { app: 'web' };

const deployment = {
  ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } },
  spec: {
    replicas: PODS,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'busybox:1' }] } },
  },
};

it('takes few transitions, units and invocations for each pod', { timeout: 120_000 }, async () => {
  const { counts, invocations } = await rolloutCost(deployment, PODS);
  expect(counts.transitions / PODS).toBeLessThanOrEqual(9);
  expect(counts.writeUnits / PODS).toBeLessThanOrEqual(190);
  expect(counts.readUnits / PODS).toBeLessThanOrEqual(90);
  // One batch of the stream wakes the controllers once, however many changes are in it.
  expect(invocations['reconcile']).toBeLessThanOrEqual(PODS);
  expect(billOf(counts).total / PODS).toBeLessThanOrEqual(0.0006);
});
