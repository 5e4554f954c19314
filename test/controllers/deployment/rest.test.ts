// Whatever a user does to a Deployment, its controllers come to rest with the requested state.
import { describe, expect, it } from 'vitest';
import { deploymentController } from '../../../src/controllers/deployment/deployment.ts';
import { replicaSetController } from '../../../src/controllers/replica-set.ts';
import { DeploymentWorld, imageOf } from './deployment-world.ts';

/** Park and Miller's generator: the same seed, the same run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

describe('changes in any order', () => {
  it.each(Array.from({ length: 20 }, (_, index) => index + 1))('seed %i', (seed) => {
    const pick = random(seed);
    const world = new DeploymentWorld({ replicas: 3 });
    const rollBackTo = (revision: string): void => {
      const annotations = world.deployment.metadata.annotations ?? {};
      world.change(
        {},
        { annotations: { ...annotations, 'deprecated.deployment.rollback.to': revision } },
      );
    };
    const actions = [
      () => world.roll(['b:2', 'b:3', 'broken'][pick(3)]!),
      () => world.change({ replicas: pick(6) }),
      () => world.change({ paused: true }),
      () => world.change({ paused: false }),
      () => rollBackTo(['0', '1', '99'][pick(3)]!),
      () => world.change({ strategy: { type: ['Recreate', 'RollingUpdate'][pick(2)] } }),
      () => world.makeReady(1 + pick(3)),
      () => world.endPods(),
      () => world.pass(pick(700)),
      () => world.reconcile(deploymentController, 'web'),
      () => world.sets.map(({ metadata }) => world.reconcile(replicaSetController, metadata.name!)),
    ];
    for (let step = 0; step < 80; step++) {
      actions[pick(actions.length)]!();
      if (pick(4) === 0) world.settle();
    }
    world.change({ paused: false, replicas: 3 });
    world.settle();
    world.roll('last');
    world.finish();
    expect(world.pods.map(imageOf)).toEqual(['last', 'last', 'last']);
    expect(world.conditions).toEqual([
      'Available True MinimumReplicasAvailable',
      'Progressing True NewReplicaSetAvailable',
    ]);
  });
});
