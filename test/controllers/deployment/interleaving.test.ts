// Rollouts whose passes are repeated, late, lost and reordered: never more pods than the surge allows, never fewer available than required.
import { describe, expect, it } from 'vitest';
import { deploymentController } from '../../../src/controllers/deployment/deployment.ts';
import { replicaSetController } from '../../../src/controllers/replica-set.ts';
import type { Snapshot } from '../world.ts';
import { DEPLOYMENTS, DeploymentWorld, SETS, imageOf, isReady } from './deployment-world.ts';

/** Park and Miller's generator: the same seed, the same run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

const active = (world: DeploymentWorld): number =>
  world.pods.filter(({ metadata }) => !metadata.deletionTimestamp).length;
const available = (world: DeploymentWorld): number =>
  world.pods.filter((pod) => !pod.metadata.deletionTimestamp && isReady(pod)).length;

function passOverAny(
  world: DeploymentWorld,
  pick: (below: number) => number,
  old: Snapshot[],
): void {
  const seen = pick(3) === 0 ? old[pick(old.length)] : undefined;
  const resource = pick(2) === 0 ? DEPLOYMENTS : SETS;
  const names = world.list(resource).map(({ metadata }) => metadata.name!);
  const name = names[pick(Math.max(1, names.length))];
  const controller = resource === SETS ? replicaSetController : deploymentController;
  if (name !== undefined) world.reconcile(controller, name, seen);
}

describe.each([
  { replicas: 4, maxSurge: 2, maxUnavailable: 1 },
  { replicas: 5, maxSurge: '25%', maxUnavailable: '25%' },
  { replicas: 3, maxSurge: 0, maxUnavailable: 1 },
])(
  '$replicas pods, surge $maxSurge, unavailable $maxUnavailable',
  ({ replicas, ...rollingUpdate }) => {
    const share = (value: number | string, round: (x: number) => number): number =>
      typeof value === 'number' ? value : round((parseInt(value, 10) * replicas) / 100);
    const most = replicas + share(rollingUpdate.maxSurge, Math.ceil);
    const least = replicas - share(rollingUpdate.maxUnavailable, Math.floor);

    it.each(Array.from({ length: 6 }, (_, index) => index + 1))('seed %i', (seed) => {
      const pick = random(seed);
      const world = new DeploymentWorld({ replicas, strategy: { rollingUpdate } });
      world.finish();
      const old: Snapshot[] = [world.snapshot()];
      for (let step = 0; step < 400; step++) {
        const action = pick(20);
        if (action === 0 && step < 300) world.roll(['b:2', 'b:3', 'broken'][pick(3)]!);
        else if (action < 4) world.makeReady(1 + pick(2));
        else if (action < 6) world.endPods();
        else if (action === 6) old.push(world.snapshot());
        else passOverAny(world, pick, old);
        expect(active(world), `step ${step}`).toBeLessThanOrEqual(most);
        expect(available(world), `step ${step}`).toBeGreaterThanOrEqual(least);
      }
      world.roll('last');
      world.finish();
      expect(world.pods.map(imageOf)).toEqual(Array.from({ length: replicas }, () => 'last'));
      expect(world.sets.filter(({ spec }) => spec.replicas > 0)).toHaveLength(1);
    });
  },
);
