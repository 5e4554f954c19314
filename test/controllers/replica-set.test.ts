// ReplicaSets in the test world: how many pods, which of them, and the status.
import { describe, expect, it } from 'vitest';
import type { Write } from '../../src/controllers/controller.ts';
import { replicaSetController, replicationController } from '../../src/controllers/replica-set.ts';
import type { KubeObject } from '../../src/kinds/pod.ts';
import { TestWorld } from './world.ts';

const SETS = 'replicasets.apps';
const labels = { app: 'x' };
const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'b' }] } };

const set = (replicas: number, spec: object = {}, metadata: object = {}): KubeObject => ({
  metadata: { name: 'web', ...metadata },
  spec: { replicas, selector: { matchLabels: labels }, template, ...spec },
  status: { replicas: 0 },
});

function worldOf(
  object: KubeObject,
  refuses?: (
    write: Write,
    world: TestWorld,
  ) => { reason: 'Forbidden'; message: string; details: object } | undefined,
): TestWorld {
  const world = new TestWorld({
    controllers: [replicaSetController],
    ...(refuses && { refuses }),
  });
  world.add(SETS, object);
  world.settle();
  return world;
}

const setPod = (world: TestWorld, name: string, status: object): void => {
  world.edit('pods', name, (pod) => ({
    ...pod,
    spec: { ...(pod['spec'] as object), nodeName: 'n1' },
    status: { ...(pod['status'] as object | undefined), ...status },
  }));
};
const ready = (world: TestWorld, name: string): void =>
  setPod(world, name, {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: world.now.toISOString() }],
  });
const names = (world: TestWorld): string[] =>
  world.list('pods').map(({ metadata }) => metadata.name ?? '');
const status = (world: TestWorld): unknown => world.get(SETS, 'web')?.['status'];

describe('ReplicaSet', () => {
  it('makes pods of its template and says so', () => {
    const world = worldOf(set(2));
    expect(world.list('pods')).toMatchObject([
      {
        metadata: {
          generateName: 'web-',
          labels,
          ownerReferences: [
            {
              apiVersion: 'apps/v1',
              kind: 'ReplicaSet',
              name: 'web',
              controller: true,
              blockOwnerDeletion: true,
            },
          ],
        },
      },
      {},
    ]);
    expect(world.events).toEqual(
      names(world).map((name) => ({
        object: 'web',
        type: 'Normal',
        reason: 'SuccessfulCreate',
        message: `Created pod: ${name}`,
      })),
    );
    expect(status(world)).toEqual({
      replicas: 2,
      fullyLabeledReplicas: 2,
      terminatingReplicas: 0,
      observedGeneration: 1,
    });
  });

  it('counts what is ready, and after minReadySeconds what is available', () => {
    const world = worldOf(set(1, { minReadySeconds: 10 }));
    ready(world, 'web-1');
    world.settle();
    expect(status(world)).toEqual({
      replicas: 1,
      fullyLabeledReplicas: 1,
      readyReplicas: 1,
      terminatingReplicas: 0,
      observedGeneration: 1,
    });
    expect(world.requeues.at(-1)).toEqual(new Date(world.now.getTime() + 10_000));
    world.now = new Date(world.now.getTime() + 10_000);
    world.settle();
    expect(status(world)).toMatchObject({ readyReplicas: 1, availableReplicas: 1 });
  });

  it('Q8: replaces what has ended and leaves it behind', () => {
    const world = worldOf(set(1));
    setPod(world, 'web-1', { phase: 'Failed' });
    world.settle();
    expect(names(world)).toEqual(['web-1', 'web-2']);
    expect(status(world)).toMatchObject({ replicas: 1 });
  });

  it('Q9: removes what costs least, and counts what terminates', () => {
    const world = worldOf(set(3));
    ready(world, 'web-1');
    ready(world, 'web-2');
    setPod(world, 'web-3', { phase: 'Pending' });
    world.edit(SETS, 'web', (object) => ({
      ...object,
      spec: { ...(object['spec'] as object), replicas: 2 },
    }));
    world.settle();
    const going = world.list('pods').filter(({ metadata }) => metadata.deletionTimestamp);
    expect(going.map(({ metadata }) => metadata.name)).toEqual(['web-3']);
    expect(status(world)).toMatchObject({
      replicas: 2,
      terminatingReplicas: 1,
      observedGeneration: 2,
    });
    world.remove('pods', 'web-3');
    world.settle();
    expect(status(world)).toMatchObject({ replicas: 2, terminatingReplicas: 0 });
    expect(world.events.at(-1)).toMatchObject({
      reason: 'SuccessfulDelete',
      message: 'Deleted pod: web-3',
    });
  });

  it('adopts an orphan instead of making a pod, and releases what no longer matches', () => {
    const world = new TestWorld({ controllers: [replicaSetController] });
    world.add('pods', { metadata: { name: 'orphan', labels } });
    world.add(SETS, set(1));
    world.settle();
    expect(names(world)).toEqual(['orphan']);
    expect(world.get('pods', 'orphan')?.metadata.ownerReferences).toMatchObject([{ name: 'web' }]);
    world.edit('pods', 'orphan', (pod) => ({
      ...pod,
      metadata: { ...pod.metadata, labels: { app: 'y' } },
    }));
    world.settle();
    expect(world.get('pods', 'orphan')?.metadata.ownerReferences).toBeUndefined();
    expect(names(world)).toEqual(['orphan', 'web-1']);
  });
});

describe('ReplicaSet, out of the ordinary', () => {
  it('does no work when it is being deleted, and still counts', () => {
    const world = worldOf(set(2));
    world.edit(SETS, 'web', ({ metadata, ...object }) => ({
      ...object,
      metadata: { ...metadata, deletionTimestamp: world.now.toISOString() },
    }));
    world.remove('pods', 'web-1');
    world.settle();
    expect(names(world)).toEqual(['web-2']);
    expect(status(world)).toMatchObject({ replicas: 1 });
  });

  it('says what was refused until nothing is missing any more', () => {
    let room = 1;
    const message = 'pods "web-x" is forbidden: exceeded quota: q';
    const world = worldOf(set(3), (write, seen) => {
      const full = write.verb === 'create' && seen.list('pods').length >= room;
      return full ? { reason: 'Forbidden', message, details: {} } : undefined;
    });
    expect(status(world)).toMatchObject({ replicas: 1 });
    expect(world.get(SETS, 'web')).toMatchObject({
      status: {
        conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }],
      },
    });
    expect(world.events.filter(({ reason }) => reason === 'FailedCreate')[0]).toMatchObject({
      type: 'Warning',
      message: `Error creating: ${message}`,
    });
    room = 3;
    world.settle();
    expect(status(world)).toMatchObject({ replicas: 3 });
    expect(status(world)).not.toHaveProperty('conditions');
  });

  it('two passes that see the same make no pod twice', () => {
    const world = new TestWorld({ controllers: [replicaSetController] });
    world.add(SETS, set(3));
    const seen = world.snapshot();
    world.reconcile(replicaSetController, 'web', seen);
    world.reconcile(replicaSetController, 'web', seen);
    world.settle();
    expect(names(world)).toHaveLength(3);
  });

  it('concerns the sets that might adopt a pod without a controller', () => {
    const sets = [
      set(1),
      { ...set(1, { selector: { matchLabels: { app: 'y' } } }), metadata: { name: 'other' } },
    ];
    const pod = { metadata: { name: 'p', labels } };
    expect(replicaSetController.concerns?.(pod, sets)).toEqual(['web']);
    const ownerReferences = [
      { apiVersion: 'v1', kind: 'X', name: 'x', uid: 'u', controller: true },
    ];
    const owned = { metadata: { ...pod.metadata, ownerReferences } };
    expect(replicaSetController.mayConcern?.(owned)).toBe(false);
    expect(replicaSetController.mayConcern?.(pod)).toBe(true);
  });
});

it('Q6: a ReplicationController does the same with its plain selector, and counts no terminating pods', () => {
  const world = new TestWorld({ controllers: [replicationController] });
  world.add('replicationcontrollers', {
    ...set(2, { selector: labels }),
    metadata: { name: 'web', labels },
  });
  world.settle();
  expect(world.list('pods')).toMatchObject([
    { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'ReplicationController' }] } },
    {},
  ]);
  expect(world.get('replicationcontrollers', 'web')?.['status']).toEqual({
    replicas: 2,
    fullyLabeledReplicas: 2,
    observedGeneration: 1,
  });
});
