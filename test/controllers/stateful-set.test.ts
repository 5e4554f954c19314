// StatefulSets in the test world: order, partition, revisions.
import { beforeEach, describe, expect, it } from 'vitest';
import { statefulSetController } from '../../src/controllers/stateful-set/stateful-set.ts';
import type { KubeObject } from '../../src/kinds/pod.ts';
import type { StatefulSetStatus } from '../../src/workloads/stateful-set.ts';
import { toStatefulSet } from '../../src/workloads/stateful-set.ts';
import { TestWorld } from './world.ts';

const SETS = 'statefulsets.apps';
const labels = { app: 'web' };
const template = (image = 'one') => ({
  metadata: { labels },
  spec: { containers: [{ name: 'app', image }] },
});
const set = (spec: object = {}): KubeObject =>
  toStatefulSet({
    metadata: { name: 'web' },
    spec: { serviceName: 'web', selector: { matchLabels: labels }, template: template(), ...spec },
  });

let world: TestWorld;
beforeEach(() => {
  world = new TestWorld({ controllers: [statefulSetController] });
});

const names = () => world.list('pods').map(({ metadata }) => metadata.name);
const status = () => world.get(SETS, 'web')!['status'] as StatefulSetStatus;
const runs = (name: string): unknown =>
  world.edit('pods', name, (pod) => ({
    ...pod,
    spec: { ...(pod['spec'] as object), nodeName: 'n' },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: world.now.toISOString() }],
    },
  }));
const start = (...pods: string[]): void => {
  world.settle();
  for (const name of pods) {
    runs(name);
    world.settle();
  }
};
const imageOf = (name: string): string =>
  (world.get('pods', name)!['spec'] as { containers: { image: string }[] }).containers[0]!.image;
const change = (spec: object): unknown =>
  world.edit(SETS, 'web', (object) =>
    toStatefulSet({ ...object, spec: { ...(object['spec'] as object), ...spec } }),
  );

describe('in order', () => {
  it('Q2: makes the next pod when the one before is ready, each with its name and labels', () => {
    world.add(SETS, set({ replicas: 3 }));
    world.settle();
    expect(names()).toEqual(['web-0']);
    start('web-0', 'web-1');
    expect(names()).toEqual(['web-0', 'web-1', 'web-2']);
    const pod = world.get('pods', 'web-1')!;
    expect(pod['spec']).toMatchObject({ hostname: 'web-1', subdomain: 'web' });
    expect(pod.metadata.labels).toMatchObject({
      'apps.kubernetes.io/pod-index': '1',
      'statefulset.kubernetes.io/pod-name': 'web-1',
      'controller-revision-hash': status().updateRevision,
    });
    runs('web-2');
    world.settle();
    expect(status()).toMatchObject({ replicas: 3, readyReplicas: 3, currentReplicas: 3 });
  });

  it('scales down from the highest, one at a time', () => {
    world.add(SETS, set({ replicas: 3 }));
    start('web-0', 'web-1', 'web-2');
    change({ replicas: 1 });
    world.settle();
    const going = () =>
      world
        .list('pods')
        .filter(({ metadata }) => metadata.deletionTimestamp)
        .map((pod) => pod.metadata.name);
    expect(going()).toEqual(['web-2']);
    world.remove('pods', 'web-2');
    world.settle();
    expect(going()).toEqual(['web-1']);
    world.remove('pods', 'web-1');
    world.settle();
    expect(names()).toEqual(['web-0']);
  });

  it('numbers begin where ordinals say', () => {
    world.add(SETS, set({ replicas: 1, ordinals: { start: 5 } }));
    world.settle();
    expect(names()).toEqual(['web-5']);
  });

  it('a pod that ended is made anew under its name', () => {
    world.add(SETS, set({ replicas: 1 }));
    start('web-0');
    world.edit('pods', 'web-0', (pod) => ({ ...pod, spec: {}, status: { phase: 'Failed' } }));
    world.settle();
    expect(world.get('pods', 'web-0')!['status']).toBeUndefined();
    expect(world.events.map(({ message }) => message)).toEqual([
      'Create Pod web-0 in StatefulSet web successful',
      'Delete Pod web-0 in StatefulSet web successful',
      'Create Pod web-0 in StatefulSet web successful',
    ]);
  });
});

it('in parallel all are made at once', () => {
  world.add(SETS, set({ replicas: 3, podManagementPolicy: 'Parallel' }));
  world.settle();
  expect(names()).toEqual(['web-0', 'web-1', 'web-2']);
});

describe('updates', () => {
  const roll = (name: string): void => {
    world.settle();
    world.remove('pods', name);
    start(name);
  };

  it('Q2: go from the highest down to the partition', () => {
    world.add(SETS, set({ replicas: 3 }));
    start('web-0', 'web-1', 'web-2');
    change({
      template: template('two'),
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } },
    });
    roll('web-2');
    roll('web-1');
    expect(['web-0', 'web-1', 'web-2'].map(imageOf)).toEqual(['one', 'two', 'two']);
    expect(status()).toMatchObject({ currentReplicas: 1, updatedReplicas: 2 });
    expect(status().currentRevision).not.toBe(status().updateRevision);
    world.remove('pods', 'web-0');
    start('web-0');
    expect(imageOf('web-0')).toBe('one');
    change({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } } });
    roll('web-0');
    expect(status()).toMatchObject({ currentReplicas: 3, updatedReplicas: 3 });
    expect(status().currentRevision).toBe(status().updateRevision);
  });

  it('OnDelete replaces only what somebody deletes', () => {
    world.add(SETS, set({ replicas: 2, updateStrategy: { type: 'OnDelete' } }));
    start('web-0', 'web-1');
    change({ template: template('two') });
    world.settle();
    expect(names()).toHaveLength(2);
    world.remove('pods', 'web-0');
    start('web-0');
    expect(['web-0', 'web-1'].map(imageOf)).toEqual(['two', 'one']);
  });

  it('going back takes the old revision again, under a new number', () => {
    world.add(SETS, set({ replicas: 0 }));
    world.settle();
    for (const image of ['two', 'one']) {
      change({ template: template(image) });
      world.settle();
    }
    const revisions = world.list('controllerrevisions.apps');
    expect(revisions.map(({ revision }) => revision)).toEqual([3, 2]);
    expect(status().updateRevision).toBe(revisions[0]!.metadata.name);
  });

  it('forgets revisions beyond the limit', () => {
    world.add(SETS, set({ replicas: 0, revisionHistoryLimit: 1 }));
    world.settle();
    for (const image of ['two', 'three', 'four']) {
      change({ template: template(image) });
      world.settle();
    }
    const numbers = world.list('controllerrevisions.apps').map(({ revision }) => revision);
    expect(numbers).toEqual([3, 4]);
  });
});

describe('claims', () => {
  const CLAIMS = 'persistentvolumeclaims';
  const volumeClaimTemplates = [
    {
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    },
  ];
  const claims = () => world.list(CLAIMS).map(({ metadata }) => metadata.name);
  const owners = (name: string) =>
    world.get(CLAIMS, name)!.metadata.ownerReferences?.map(({ kind }) => kind) ?? [];

  it('are made before their pod, and stay when it goes', () => {
    world.add(SETS, set({ replicas: 2, volumeClaimTemplates }));
    start('web-0', 'web-1');
    expect(claims()).toEqual(['data-web-0', 'data-web-1']);
    expect(world.get(CLAIMS, 'data-web-0')!.metadata.labels).toEqual(labels);
    const spec = world.get('pods', 'web-1')!['spec'] as { volumes: unknown };
    expect(spec.volumes).toEqual([
      { name: 'data', persistentVolumeClaim: { claimName: 'data-web-1' } },
    ]);
    change({ replicas: 1 });
    world.settle();
    expect(owners('data-web-1')).toEqual([]);
  });

  it('belong to the set, or to the pod that is too many, where the policy says so', () => {
    const persistentVolumeClaimRetentionPolicy = { whenDeleted: 'Delete', whenScaled: 'Delete' };
    world.add(
      SETS,
      set({ replicas: 2, volumeClaimTemplates, persistentVolumeClaimRetentionPolicy }),
    );
    start('web-0', 'web-1');
    expect(owners('data-web-1')).toEqual(['StatefulSet']);
    change({ replicas: 1 });
    world.settle();
    expect([owners('data-web-0'), owners('data-web-1')]).toEqual([['StatefulSet'], ['Pod']]);
  });

  it('one that is being deleted keeps its pod from being made', () => {
    world.add(CLAIMS, {
      metadata: { name: 'data-web-0', deletionTimestamp: world.now.toISOString() },
    });
    world.add(SETS, set({ volumeClaimTemplates }));
    world.settle();
    expect(names()).toEqual([]);
    world.remove(CLAIMS, 'data-web-0');
    world.settle();
    expect(names()).toEqual(['web-0']);
  });
});
