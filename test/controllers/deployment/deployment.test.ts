// Deployments in the test world: rollouts, scaling, pauses, rollbacks and conditions.
import { describe, expect, it } from 'vitest';
import { DEPLOYMENTS, DeploymentWorld, SETS, imageOf, template } from './deployment-world.ts';

const DONE = ['Available True MinimumReplicasAvailable', 'Progressing True NewReplicaSetAvailable'];
const rolled = (spec: object = {}): DeploymentWorld => {
  const world = new DeploymentWorld(spec);
  world.finish();
  return world;
};

describe('a new Deployment', () => {
  it('Q10: makes a set by the hash of its template, which makes the pods', () => {
    const world = rolled();
    const [set] = world.sets;
    const hash = set!.metadata.labels!['pod-template-hash']!;
    expect(set).toMatchObject({
      metadata: {
        name: `web-${hash}`,
        labels: { app: 'x', 'pod-template-hash': hash },
        annotations: {
          'deployment.kubernetes.io/desired-replicas': '3',
          'deployment.kubernetes.io/max-replicas': '4',
          'deployment.kubernetes.io/revision': '1',
        },
        ownerReferences: [{ kind: 'Deployment', name: 'web', controller: true }],
      },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: 'x', 'pod-template-hash': hash } },
        template: { metadata: { labels: { app: 'x', 'pod-template-hash': hash } } },
      },
    });
    expect(world.deployment.metadata.annotations).toEqual({
      'deployment.kubernetes.io/revision': '1',
    });
    expect(world.conditions).toEqual(DONE);
    expect(world.deployment.status).toMatchObject({
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      terminatingReplicas: 0,
    });
    expect(world.deployment.status).not.toHaveProperty('unavailableReplicas');
    expect(world.scalings).toEqual(['up 0-3']);
  });

  it('shows its first states one after the other', () => {
    const world = new DeploymentWorld();
    const seen: string[] = [];
    const edit = world.edit.bind(world);
    world.edit = (resource, name, change) => {
      const object = edit(resource, name, change);
      if (resource === DEPLOYMENTS) seen.push(world.conditions.join(', '));
      return object;
    };
    world.finish();
    expect(seen.filter((text, index) => text !== seen[index - 1])).toEqual([
      'Progressing True NewReplicaSetCreated',
      'Available False MinimumReplicasUnavailable, Progressing True NewReplicaSetCreated',
      'Available False MinimumReplicasUnavailable, Progressing True ReplicaSetUpdated',
      DONE.join(', '),
    ]);
  });

  it('takes up an orphaned set of the same template', () => {
    const world = rolled();
    const { spec } = world.deployment;
    const [old] = world.sets;
    world.edit(SETS, old!.metadata.name!, ({ metadata, ...set }) => {
      const { ownerReferences: _owners, ...rest } = metadata;
      return { ...set, metadata: rest };
    });
    world.remove(DEPLOYMENTS, 'web');
    world.pass(1);
    world.add(DEPLOYMENTS, { metadata: { name: 'web' }, spec });
    world.settle();
    expect(world.sets).toHaveLength(1);
    expect(world.sets[0]!.metadata.ownerReferences).toMatchObject([{ kind: 'Deployment' }]);
    expect(world.pods).toHaveLength(3);
    expect(world.conditions).toEqual(DONE);
  });

  it('copies its annotations to the set, later ones too', () => {
    const world = rolled();
    const annotations = {
      ...world.deployment.metadata.annotations,
      'kubernetes.io/change-cause': 'first',
      'kubectl.kubernetes.io/last-applied-configuration': '{}',
    };
    world.change({}, { annotations });
    world.finish();
    expect(world.sets[0]!.metadata.annotations).toMatchObject({
      'kubernetes.io/change-cause': 'first',
    });
    expect(world.sets[0]!.metadata.annotations).not.toHaveProperty(
      'kubectl.kubernetes.io/last-applied-configuration',
    );
  });
});

describe('a rollout', () => {
  it('Q7: goes pod by pod with a quarter of surge, and leaves the old set empty', () => {
    const world = rolled();
    world.roll('b:2');
    world.finish();
    expect(world.scalings.slice(1)).toEqual([
      'up 0-1',
      'down 3-2',
      'up 1-2',
      'down 2-1',
      'up 2-3',
      'down 1-0',
    ]);
    expect(world.sets.map(({ spec }) => spec.replicas)).toEqual([0, 3]);
    expect(world.pods.map(imageOf)).toEqual(['b:2', 'b:2', 'b:2']);
    expect(world.deployment.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '2',
    });
    expect(world.conditions).toEqual(DONE);
  });

  it('Recreate: ends the old pods before it makes new ones', () => {
    const world = rolled({ strategy: { type: 'Recreate' }, replicas: 2 });
    world.roll('b:2');
    world.settle();
    expect(world.sets).toHaveLength(1);
    expect(world.conditions).toContain('Available False MinimumReplicasUnavailable');
    expect(world.deployment.status).toMatchObject({ terminatingReplicas: 2 });
    world.finish();
    expect(world.scalings.slice(1)).toEqual(['down 2-0', 'up 0-2']);
    expect(world.pods.map(imageOf)).toEqual(['b:2', 'b:2']);
    expect(world.conditions).toEqual(DONE);
  });

  it('a second one drops what the first had begun', () => {
    const world = rolled({
      replicas: 4,
      strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
    });
    world.roll('broken');
    world.settle();
    world.roll('b:3');
    world.finish();
    expect(world.sets.map(({ spec }) => spec.replicas)).toEqual([0, 0, 4]);
    expect(new Set(world.pods.map(imageOf))).toEqual(new Set(['b:3']));
  });

  it('a broken image leaves what is allowed to be missing, and times out', () => {
    const world = rolled({ progressDeadlineSeconds: 8 });
    world.roll('broken');
    world.settle();
    expect(world.sets.map(({ spec }) => spec.replicas)).toEqual([3, 1]);
    const due = world.requeues.at(-1)!;
    expect(due.getTime() - world.now.getTime()).toBe(9_000);
    world.now = due;
    world.settle();
    expect(world.conditions).toEqual([
      'Available True MinimumReplicasAvailable',
      'Progressing False ProgressDeadlineExceeded',
    ]);
    expect(world.deployment.status).toMatchObject({
      replicas: 4,
      updatedReplicas: 1,
      readyReplicas: 3,
      unavailableReplicas: 1,
    });
  });

  it('an undo takes the old set up again under a new revision', () => {
    const world = rolled();
    world.roll('broken');
    world.settle();
    world.roll('b:1');
    world.finish();
    expect(world.sets.map(({ metadata }) => metadata.annotations)).toMatchObject([
      {
        'deployment.kubernetes.io/revision': '3',
        'deployment.kubernetes.io/revision-history': '1',
      },
      { 'deployment.kubernetes.io/revision': '2' },
    ]);
    expect(world.deployment.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
    });
    expect(world.conditions).toEqual(DONE);
  });

  it('revisions are wider than a double', () => {
    const world = rolled();
    world.edit(SETS, world.sets[0]!.metadata.name!, (set) => ({
      ...set,
      metadata: {
        ...set.metadata,
        annotations: { 'deployment.kubernetes.io/revision': '3546343826724305832' },
      },
    }));
    world.roll('b:2');
    world.finish();
    expect(world.deployment.metadata.annotations).toEqual({
      'deployment.kubernetes.io/revision': '3546343826724305833',
    });
  });

  it('without a deadline there is no condition Progressing', () => {
    const world = rolled({ progressDeadlineSeconds: 2_147_483_647 });
    expect(world.conditions).toEqual(['Available True MinimumReplicasAvailable']);
    expect(world.requeues).toEqual([]);
  });

  it('keeps the last revisions only', () => {
    const world = rolled({ revisionHistoryLimit: 1 });
    for (const image of ['b:2', 'b:3', 'b:4']) {
      world.roll(image);
      world.finish();
    }
    expect(world.sets.map(({ metadata }) => metadata.annotations)).toMatchObject([
      { 'deployment.kubernetes.io/revision': '3' },
      { 'deployment.kubernetes.io/revision': '4' },
    ]);
  });

  it('the rollback of older clients takes a template back', () => {
    const world = rolled();
    world.roll('b:2');
    world.finish();
    world.change(
      {},
      {
        annotations: {
          ...world.deployment.metadata.annotations,
          'deprecated.deployment.rollback.to': '0',
        },
      },
    );
    world.finish();
    expect(new Set(world.pods.map(imageOf))).toEqual(new Set(['b:1']));
    expect(world.deployment.metadata.annotations).toEqual({
      'deployment.kubernetes.io/revision': '3',
    });
    expect(world.events.map(({ reason }) => reason)).toContain('DeploymentRollback');
  });
});

describe('scaling', () => {
  it('Q9: out, in and to nothing', () => {
    const world = rolled({ replicas: 2 });
    for (const replicas of [5, 1, 0]) {
      world.change({ replicas });
      world.finish();
      expect(world.pods).toHaveLength(replicas);
    }
    expect(world.scalings).toEqual(['up 0-2', 'up 2-5', 'down 5-1', 'down 1-0']);
    expect(world.sets[0]!.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/desired-replicas': '0',
      'deployment.kubernetes.io/max-replicas': '0',
    });
    expect(world.conditions).toEqual(DONE);
    expect(world.deployment.status).not.toHaveProperty('replicas');
  });

  // Recorded from a real cluster (deployment-proportional).
  it('in the middle of a rollout gives each set its share', () => {
    const world = rolled({
      replicas: 5,
      strategy: { rollingUpdate: { maxSurge: 2, maxUnavailable: 1 } },
    });
    world.roll('broken');
    world.settle();
    world.endPods();
    world.settle();
    expect(world.sets.map(({ spec }) => spec.replicas)).toEqual([4, 3]);
    world.change({ replicas: 10 });
    world.settle();
    expect(world.sets.map(({ spec }) => spec.replicas)).toEqual([7, 5]);
    world.change({ replicas: 0 });
    world.settle();
    expect(world.sets.map(({ spec }) => spec.replicas)).toEqual([0, 0]);
  });
});

describe('a pause', () => {
  it('holds the rollout and not the scaling; the end of it lets the rollout go on', () => {
    const world = rolled({ replicas: 1 });
    world.change({ paused: true });
    world.roll('b:2');
    world.settle();
    expect(world.conditions).toContain('Progressing Unknown DeploymentPaused');
    expect(world.deployment.status).not.toHaveProperty('updatedReplicas');
    world.change({ replicas: 2 });
    world.finish();
    expect(world.pods.map(imageOf)).toEqual(['b:1', 'b:1']);
    world.change({ paused: false });
    const seen: string[] = [];
    const edit = world.edit.bind(world);
    world.edit = (resource, name, change) => {
      const object = edit(resource, name, change);
      seen.push(...world.conditions);
      return object;
    };
    world.finish();
    expect(seen).toContain('Progressing Unknown DeploymentResumed');
    expect(world.pods.map(imageOf)).toEqual(['b:2', 'b:2']);
    expect(world.conditions).toEqual(DONE);
  });
});

describe('a name that is taken', () => {
  it('counts as a collision, and another hash is tried', () => {
    const world = new DeploymentWorld({ replicas: 1 });
    const spare = new DeploymentWorld({ replicas: 1 });
    spare.settle();
    world.add(SETS, {
      metadata: { name: spare.sets[0]!.metadata.name!, labels: { other: 'y' } },
      spec: { replicas: 0, selector: { matchLabels: { other: 'y' } }, template: template('other') },
      status: { replicas: 0 },
    });
    world.finish();
    expect(world.deployment.status.collisionCount).toBe(1);
    expect(world.sets).toHaveLength(2);
    expect(world.conditions).toEqual(DONE);
  });

  it('a refusal shows as condition and event', () => {
    const world = new DeploymentWorld(
      {},
      {
        refuses: ({ verb }) =>
          verb === 'create'
            ? { reason: 'Forbidden', message: 'no more sets', details: {} }
            : undefined,
      },
    );
    world.settle();
    expect(world.conditions).toEqual(['Progressing False ReplicaSetCreateError']);
    expect(world.deployment.status.conditions![0]!.message).toMatch(
      /^Failed to create new replica set "web-[a-z0-9]+": no more sets$/,
    );
    expect(world.events[0]).toMatchObject({ type: 'Warning', reason: 'ReplicaSetCreateError' });
  });
});
