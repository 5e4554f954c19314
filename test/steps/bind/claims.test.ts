// The scheduler's messages for a pod with unbound claims, and where the data of bound ones is.
import { expect, it } from 'vitest';
import type { KubeObject, Pod } from '../../../src/kinds/pod.ts';
import { findNode } from '../../../src/steps/bind/find-node.ts';
import { readClaims, selectNode } from '../../../src/steps/bind/claims.ts';
import type { PodRecord } from '../../../src/record/record.ts';
import { fakePorts, fakeSettings } from '../../fakes/ports.ts';

const CLAIM = { resource: 'persistentvolumeclaims', namespace: 'default', name: 'data' };
const claim = (phase: string, more: object = {}, metadata: object = {}): KubeObject => ({
  metadata: { name: 'data', namespace: 'default', uid: 'c', ...metadata },
  spec: { storageClassName: 'gold', volumeName: 'v', ...more },
  status: { phase },
});
const volume = (spec: object): KubeObject => ({ metadata: { name: 'v' }, spec });
const CSI = { csi: { driver: 'engine.droppod', volumeHandle: 'fs-0123456789' } };

const pod = (volumes: object[]): Pod => ({
  metadata: { name: 'p', namespace: 'default', uid: 'u' },
  spec: { containers: [], volumes } as Pod['spec'],
  status: {},
});
const claiming = pod([{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }]);

async function stored(claims: KubeObject[], volumes: KubeObject[] = [], mode = 'Immediate') {
  const ports = { ...fakePorts(), settings: fakeSettings({ mode: 'local' }) };
  const add = (resource: string, object: KubeObject): Promise<unknown> => {
    const { name = '', namespace = '' } = object.metadata;
    return ports.store.commit({
      object: { key: { resource, namespace, name }, object, expected: 'absent' },
    });
  };
  for (const one of claims) await add('persistentvolumeclaims', one);
  for (const one of volumes) await add('persistentvolumes', one);
  await add('nodes', { metadata: { name: 'n' }, status: { allocatable: {} } });
  await add('storageclasses.storage.k8s.io', {
    metadata: { name: 'gold' },
    volumeBindingMode: mode,
  });
  return ports;
}

it.each<[string, KubeObject[], KubeObject[], string]>([
  ['is missing', [], [], 'persistentvolumeclaim "data" not found'],
  ['is not bound', [claim('Pending')], [], 'pod has unbound immediate PersistentVolumeClaims'],
  [
    'has lost its volume',
    [claim('Lost')],
    [],
    'persistentvolumeclaim "data" bound to non-existent persistentvolume "v"',
  ],
  [
    'is being deleted',
    [claim('Bound', {}, { deletionTimestamp: '2026-01-01T00:00:00Z' })],
    [],
    'persistentvolumeclaim "data" is being deleted',
  ],
  [
    'is of a kind that nobody mounts',
    [claim('Bound')],
    [volume({ nfs: { server: 's', path: '/' } })],
    'persistentvolume "v" is of a kind that droppod cannot mount',
  ],
])(
  'F4: a pod whose claim %s waits with the scheduler’s text',
  async (_what, claims, volumes, text) => {
    const ports = await stored(claims, volumes);
    const found = await findNode(ports, claiming, { observed: {} } as PodRecord);
    expect(found.unschedulable).toBe(
      `0/1 nodes are available: ${text}. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.`,
    );
  },
);

it('F4: the data of a bound claim is a file system of the engine, or beyond Fargate a directory', async () => {
  const bound = await stored([claim('Bound')], [volume(CSI)]);
  expect(await readClaims(bound, claiming)).toEqual({
    delayed: [],
    data: { d: { fileSystemId: 'fs-0123456789' } },
  });
  const beyond = await stored([claim('Bound')], [volume({ hostPath: { path: '/srv' } })]);
  const settings = fakeSettings({ mode: 'local', beyondFargate: true });
  expect((await readClaims({ ...beyond, settings }, claiming)).data).toEqual({
    d: { sourcePath: '/srv' },
  });
});

it('F4: a claim that waits for its pod’s node learns it, and the pod waits for the claim', async () => {
  const ports = await stored([claim('Pending')], [], 'WaitForFirstConsumer');
  const { delayed } = await readClaims(ports, claiming);
  await selectNode(ports, delayed, 'n');
  expect((await ports.store.get(CLAIM))?.metadata.annotations).toEqual({
    'volume.kubernetes.io/selected-node': 'n',
  });
});

it('F4: the claim of an ephemeral volume must be the pod’s own', async () => {
  const template = { volumeClaimTemplate: { spec: {} } };
  const scratch = pod([{ name: 'scratch', ephemeral: template }]);
  const none = await stored([]);
  expect((await readClaims(none, scratch)).held).toBe(
    'waiting for ephemeral volume controller to create the persistentvolumeclaim "p-scratch"',
  );
  const strangers = await stored([claim('Bound', {}, { name: 'p-scratch' })], [volume(CSI)]);
  expect((await readClaims(strangers, scratch)).held).toBe(
    'PVC default/p-scratch was not created for pod default/p (pod is not owner)',
  );
});
