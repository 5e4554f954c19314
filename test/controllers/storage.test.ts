// Binding of claims and volumes, and what happens to them afterwards.
import { beforeEach, describe, expect, it } from 'vitest';
import { claimBinder } from '../../src/controllers/storage/bind-claims.ts';
import { volumeBinder } from '../../src/controllers/storage/bind-volumes.ts';
import { ephemeralVolumes } from '../../src/controllers/storage/ephemeral-claims.ts';
import { claimProtection } from '../../src/controllers/storage/protect-claims.ts';
import type { KubeObject } from '../../src/kinds/pod.ts';
import { TestWorld } from './world.ts';

const CLAIMS = 'persistentvolumeclaims';
const VOLUMES = 'persistentvolumes';
const CLASSES = 'storageclasses.storage.k8s.io';

let world: TestWorld;
beforeEach(() => {
  world = new TestWorld({
    controllers: [claimBinder, volumeBinder, claimProtection, ephemeralVolumes],
  });
});

const claim = (spec: object = {}, metadata: object = {}): KubeObject => ({
  metadata: { name: 'data', finalizers: ['kubernetes.io/pvc-protection'], ...metadata },
  spec: {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1Gi' } },
    volumeMode: 'Filesystem',
    ...spec,
  },
  status: { phase: 'Pending' },
});

const volume = (name: string, storage: string, spec: object = {}): KubeObject => ({
  metadata: { name, labels: { disk: name } },
  spec: {
    accessModes: ['ReadWriteOnce'],
    capacity: { storage },
    persistentVolumeReclaimPolicy: 'Retain',
    hostPath: { path: '/x' },
    ...spec,
  },
  status: { phase: 'Pending' },
});

const storageClass = (name: string, more: object = {}): KubeObject => ({
  metadata: { name },
  provisioner: 'engine.droppod',
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'Immediate',
  ...more,
});

const theClaim = () => world.get(CLAIMS, 'data') as KubeObject & { spec: Record<string, unknown> };
const phases = (): unknown =>
  Object.fromEntries(
    world
      .list(VOLUMES)
      .map((one) => [one.metadata.name, (one['status'] as { phase: string }).phase]),
  );
const reasons = (): string[] => [...new Set(world.events.map(({ reason }) => reason))];

describe('F4: a claim without a class', () => {
  it('gets the smallest volume that fits, and both say so', () => {
    world.add(VOLUMES, volume('large', '10Gi'));
    world.add(VOLUMES, volume('fits', '2Gi'));
    world.add(VOLUMES, volume('small', '500Mi'));
    world.add(VOLUMES, volume('other', '1Gi', { storageClassName: 'gold' }));
    world.add(VOLUMES, volume('shared', '1Gi', { accessModes: ['ReadOnlyMany'] }));
    world.settle();
    world.add(CLAIMS, claim());
    world.settle();
    expect(theClaim().spec['volumeName']).toBe('fits');
    expect(theClaim().metadata.annotations).toEqual({
      'pv.kubernetes.io/bind-completed': 'yes',
      'pv.kubernetes.io/bound-by-controller': 'yes',
    });
    expect(theClaim()['status']).toEqual({
      phase: 'Bound',
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '2Gi' },
    });
    expect(world.get(VOLUMES, 'fits')).toMatchObject({
      spec: {
        claimRef: { kind: 'PersistentVolumeClaim', name: 'data', uid: theClaim().metadata.uid },
      },
      status: { phase: 'Bound' },
    });
    expect(phases()).toMatchObject({ large: 'Available', small: 'Available', other: 'Available' });
  });

  it('takes what its selector and its volumeName say', () => {
    world.add(VOLUMES, volume('a', '1Gi'));
    world.add(VOLUMES, volume('b', '5Gi'));
    world.settle();
    world.add(CLAIMS, claim({ selector: { matchLabels: { disk: 'b' } } }));
    world.settle();
    expect(theClaim().spec['volumeName']).toBe('b');
    world.add(CLAIMS, claim({ volumeName: 'a' }, { name: 'named' }));
    world.settle();
    expect(world.get(VOLUMES, 'a')).toMatchObject({ spec: { claimRef: { name: 'named' } } });
  });

  it('waits where nothing fits, and is bound when a volume comes', () => {
    world.add(CLAIMS, claim());
    world.settle();
    expect(reasons()).toEqual(['FailedBinding']);
    world.add(VOLUMES, volume('late', '1Gi'));
    world.settle();
    expect(theClaim()['status']).toMatchObject({ phase: 'Bound' });
  });

  it('two claims never have one volume', () => {
    world.add(VOLUMES, volume('one', '1Gi'));
    world.settle();
    world.add(CLAIMS, claim());
    world.add(CLAIMS, claim({}, { name: 'second' }));
    const seen = world.snapshot();
    world.reconcile(claimBinder, 'data', seen);
    world.reconcile(claimBinder, 'second', seen);
    world.settle();
    const bound = world
      .list(CLAIMS)
      .filter((one) => (one['status'] as { phase: string }).phase === 'Bound');
    expect(bound).toHaveLength(1);
  });

  it('a kept volume is Released when its claim goes, and a claim whose volume goes is Lost', () => {
    world.add(VOLUMES, volume('one', '1Gi'));
    world.settle();
    world.add(CLAIMS, claim());
    world.settle();
    world.remove(CLAIMS, 'data');
    world.settle();
    expect(phases()).toEqual({ one: 'Released' });
    world.add(VOLUMES, volume('two', '1Gi'));
    world.settle();
    world.add(CLAIMS, claim());
    world.settle();
    world.remove(VOLUMES, 'two');
    world.settle();
    expect(theClaim()['status']).toMatchObject({ phase: 'Lost' });
    expect(reasons()).toContain('ClaimLost');
  });
});

describe('F4: a claim of a class', () => {
  it("local mode's own makes the volume, which grows with its claim and goes with it", () => {
    world.add(CLASSES, storageClass('standard'));
    world.add(CLAIMS, claim({ storageClassName: 'standard' }));
    world.settle();
    const name = `pvc-${theClaim().metadata.uid}`;
    expect(theClaim()['status']).toMatchObject({ phase: 'Bound', capacity: { storage: '1Gi' } });
    expect(world.get(VOLUMES, name)).toMatchObject({
      spec: { csi: { driver: 'engine.droppod' }, persistentVolumeReclaimPolicy: 'Delete' },
      status: { phase: 'Bound' },
    });
    world.edit(CLAIMS, 'data', (old) => ({
      ...old,
      spec: { ...(old['spec'] as object), resources: { requests: { storage: '3Gi' } } },
    }));
    world.settle();
    expect(theClaim()['status']).toMatchObject({ capacity: { storage: '3Gi' } });
    world.remove(CLAIMS, 'data');
    world.settle();
    expect(world.list(VOLUMES)).toEqual([]);
    expect(reasons()).toEqual(['ProvisioningSucceeded']);
  });

  it.each([
    ['is not there', [], 'ProvisioningFailed'],
    [
      'waits for a pod',
      [storageClass('gold', { volumeBindingMode: 'WaitForFirstConsumer' })],
      'WaitForFirstConsumer',
    ],
    [
      'is provisioned elsewhere',
      [storageClass('gold', { provisioner: 'x.io/y' })],
      'ExternalProvisioning',
    ],
  ])('one that %s: the event says so', (_what, classes, reason) => {
    for (const one of classes) world.add(CLASSES, one);
    world.add(CLAIMS, claim({ storageClassName: 'gold' }));
    world.settle();
    expect(reasons()).toEqual([reason]);
    expect(world.list(VOLUMES)).toEqual([]);
  });

  it('one that waits for a pod is served once the pod has its node', () => {
    world.add(CLASSES, storageClass('gold', { volumeBindingMode: 'WaitForFirstConsumer' }));
    world.add(
      CLAIMS,
      claim(
        { storageClassName: 'gold' },
        { annotations: { 'volume.kubernetes.io/selected-node': 'n' } },
      ),
    );
    world.settle();
    expect(theClaim()['status']).toMatchObject({ phase: 'Bound' });
  });
});

describe('protection', () => {
  const pod = (phase: string, nodeName?: string): KubeObject => ({
    metadata: { name: 'p' },
    spec: {
      ...(nodeName && { nodeName }),
      containers: [{ name: 'c' }],
      volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }],
    },
    status: { phase },
  });
  const deletionTimestamp = '2026-01-01T00:00:00Z';

  it.each<[string, KubeObject | undefined, boolean]>([
    ['no pod', undefined, false],
    ['a pod without a node', pod('Pending'), false],
    ['a running pod', pod('Running', 'n'), true],
    ['a pod at its end', pod('Succeeded', 'n'), false],
  ])('a claim that %s uses', (_who, user, held) => {
    if (user) world.add('pods', user);
    world.add(CLAIMS, claim({}, { deletionTimestamp }));
    world.settle();
    // Removing the last finalizer removes the object.
    expect(world.get(CLAIMS, 'data')?.metadata.finalizers?.length).toBe(held ? 1 : undefined);
  });

  it('a volume stays while its claim is bound', () => {
    world.add(VOLUMES, volume('one', '1Gi'));
    world.settle();
    world.add(CLAIMS, claim());
    world.settle();
    world.edit(VOLUMES, 'one', (old) => ({
      ...old,
      metadata: { ...old.metadata, deletionTimestamp, finalizers: ['kubernetes.io/pv-protection'] },
    }));
    world.settle();
    expect(world.get(VOLUMES, 'one')?.metadata.finalizers).toHaveLength(1);
    world.remove(CLAIMS, 'data');
    world.settle();
    expect(world.get(VOLUMES, 'one')).toBeUndefined();
  });
});

it('F4: a generic ephemeral volume gets a claim that its pod owns', () => {
  world.add('pods', {
    metadata: { name: 'p' },
    spec: {
      containers: [{ name: 'c' }],
      volumes: [
        {
          name: 'scratch',
          ephemeral: {
            volumeClaimTemplate: { metadata: { labels: { a: 'b' } }, spec: claim()['spec'] },
          },
        },
      ],
    },
  });
  world.settle();
  expect(world.get(CLAIMS, 'p-scratch')?.metadata).toMatchObject({
    labels: { a: 'b' },
    ownerReferences: [{ kind: 'Pod', name: 'p', controller: true }],
  });
});
