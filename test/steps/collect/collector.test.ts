// Owner references: background, foreground, orphan, cycles, dangling references (pkg/controller/garbagecollector).
import { expect, it } from 'vitest';
import { sweep } from '../../../functions/sweep.ts';
import { NAMESPACE, pod } from '../../api/client.ts';
import { toy } from '../reconcile/toy.ts';
import { collected } from './cluster.ts';

const LOST = '11111111-2222-3333-4444-555555555555';

it('background: the owner goes at once, its dependents after it, one that is held is marked', async () => {
  const cluster = await collected();
  const uid = await cluster.create('owner');
  await cluster.create('child', [{ name: 'owner', uid }]);
  await cluster.create('holds', [{ name: 'owner', uid }], { finalizers: ['example.com/hold'] });
  const { body } = await cluster.remove('owner', { propagationPolicy: 'Background' });
  expect(body['status']).toBe('Success');
  expect(await cluster.names()).toEqual(['holds-']);
  await cluster.release('holds');
  expect(await cluster.names()).toEqual([]);
  expect(await cluster.ports.store.listRecords('owned/')).toEqual([]);
});

it('foreground: the owner stays until what blocks it is gone, and waits for nothing else', async () => {
  const cluster = await collected();
  const uid = await cluster.create('owner');
  const held = { finalizers: ['example.com/hold'] };
  await cluster.create('blocks', [{ name: 'owner', uid, blocks: true }], held);
  await cluster.create('child', [{ name: 'owner', uid, blocks: true }]);
  await cluster.create('loose', [{ name: 'owner', uid, blocks: false }], held);
  const { body } = await cluster.remove('owner', { propagationPolicy: 'Foreground' });
  expect(body['metadata']).toMatchObject({
    finalizers: ['foregroundDeletion'],
    deletionGracePeriodSeconds: 0,
  });
  expect(await cluster.names()).toEqual(['blocks-', 'loose-', 'owner-']);
  await cluster.release('blocks');
  expect(await cluster.names()).toEqual(['loose-']);
  await cluster.release('loose');
  expect(await cluster.names()).toEqual([]);
});

it('orphan: the dependents lose their reference and stay', async () => {
  const cluster = await collected();
  const uid = await cluster.create('owner');
  await cluster.create('child', [{ name: 'owner', uid }]);
  await cluster.remove('owner', { propagationPolicy: 'Orphan' });
  expect(await cluster.names()).toEqual(['child']);
  const { body } = await cluster.send('GET', `${NAMESPACE}/configmaps/child`);
  expect(body['metadata'].ownerReferences).toBeUndefined();
  expect(await cluster.ports.store.listRecords('owned/')).toEqual([]);
});

it('an owner that is left keeps an object, which loses the references to the others', async () => {
  const cluster = await collected();
  const first = await cluster.create('first');
  const second = await cluster.create('second');
  const third = await cluster.create('third');
  await cluster.create('child', [
    { name: 'first', uid: first },
    { name: 'second', uid: second, blocks: true },
    { name: 'third', uid: third },
  ]);
  await cluster.remove('first');
  await cluster.remove('second', { propagationPolicy: 'Foreground' });
  expect(await cluster.names()).toEqual(['child', 'third']);
  const { body } = await cluster.send('GET', `${NAMESPACE}/configmaps/child`);
  expect(body['metadata'].ownerReferences).toMatchObject([{ name: 'third' }]);
});

it.each(['Background', 'Foreground'])(
  'a chain goes from its head on: %s',
  async (propagationPolicy) => {
    const cluster = await collected();
    const first = await cluster.create('first');
    const second = await cluster.create('second', [{ name: 'first', uid: first, blocks: true }]);
    await cluster.create('third', [{ name: 'second', uid: second, blocks: true }]);
    await cluster.remove('first', { propagationPolicy });
    expect(await cluster.names()).toEqual([]);
    expect(await cluster.ports.store.listRecords('deletion/')).toEqual([]);
  },
);

it('a circle does not hold a foreground deletion', async () => {
  const cluster = await collected();
  const first = await cluster.create('first');
  const second = await cluster.create('second', [{ name: 'first', uid: first, blocks: true }]);
  const third = await cluster.create('third', [{ name: 'second', uid: second, blocks: true }]);
  await cluster.send('PATCH', `${NAMESPACE}/configmaps/first`, {
    headers: { 'content-type': 'application/merge-patch+json' },
    body: {
      metadata: {
        ownerReferences: [
          {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            name: 'third',
            uid: third,
            blockOwnerDeletion: true,
          },
        ],
      },
    },
  });
  await cluster.remove('first', { propagationPolicy: 'Foreground' });
  expect(await cluster.names()).toEqual([]);
});

it('a reference that leads nowhere is no owner; one of an unknown kind may be', async () => {
  const cluster = await collected();
  const uid = await cluster.create('owner');
  await cluster.create('lost', [{ name: 'nobody', uid: LOST }]);
  await cluster.create('impostor', [{ name: 'owner', uid: LOST }]);
  await cluster.create('unknown', [
    { name: 'x', uid: LOST, apiVersion: 'example.com/v1', kind: 'Thing' },
  ]);
  await cluster.create('node', [{ name: 'no-such-node', uid: LOST, kind: 'Node' }]);
  await cluster.create('child', [{ name: 'owner', uid }]);
  expect(await cluster.names()).toEqual(['child', 'owner', 'unknown']);
});

it('an owner in another namespace is none, and an event says so', async () => {
  const cluster = await collected();
  const uid = await cluster.create('owner', [], {}, '/api/v1/namespaces/kube-system');
  await cluster.create('child', [{ name: 'owner', uid }]);
  expect(await cluster.names()).toEqual([]);
  const { objects } = await cluster.ports.store.list({ resource: 'events' });
  expect(objects).toMatchObject([
    {
      reason: 'OwnerRefInvalidNamespace',
      type: 'Warning',
      source: { component: 'garbage-collector-controller' },
      message: `ownerRef [v1/ConfigMap, namespace: default, name: owner, uid: ${uid}] does not exist in namespace "default"`,
    },
  ]);
});

it('a repeated reference is dropped with a warning', async () => {
  const cluster = await collected();
  const uid = await cluster.create('owner');
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid };
  const { body, headers } = await cluster.send('POST', `${NAMESPACE}/configmaps`, {
    body: { metadata: { name: 'child', ownerReferences: [owner, owner] } },
  });
  expect(body['metadata'].ownerReferences).toEqual([owner]);
  expect(headers.get('warning')).toContain(`duplicate UID(s) observed: ${uid}`);
});

it('a child that nobody controls any more loses the finalizer of its controller', async () => {
  const finalizer = 'example.com/counted';
  const cluster = await collected([{ ...toy, childFinalizer: finalizer }]);
  const uid = await cluster.create('owner');
  const owner = { name: 'owner', uid, controller: true };
  await cluster.create('child', [owner], { finalizers: [finalizer] });
  expect(await cluster.names()).toEqual(['child', 'owner']);
  await cluster.remove('owner');
  expect(await cluster.names()).toEqual([]);
});

it('another policy for what is being deleted already takes the place of the first', async () => {
  const cluster = await collected();
  const uid = await cluster.create('owner', [], { finalizers: ['example.com/hold'] });
  const held = { finalizers: ['example.com/hold'] };
  await cluster.create('child', [{ name: 'owner', uid, blocks: true }], held);
  await cluster.remove('owner', { propagationPolicy: 'Foreground' });
  expect(await cluster.names()).toEqual(['child-', 'owner-']);
  const { body } = await cluster.remove('owner', { propagationPolicy: 'Background' });
  expect(body['metadata'].finalizers).toEqual(['example.com/hold']);
});

it('a pod without an owner costs its deletion nothing', async () => {
  const cluster = await collected();
  const plain = await cluster.send('POST', `${NAMESPACE}/pods`, { body: pod('plain') });
  const records = await cluster.ports.store.listRecords('owned/');
  expect(records).toEqual([]);
  const { version } = await cluster.ports.store.list({ resource: 'pods' });
  await cluster.send('DELETE', `${NAMESPACE}/pods/plain`);
  await cluster.settle();
  const { entries } = await cluster.ports.store.changes(version, { waitMs: 0 });
  expect(plain.status).toBe(201);
  expect(entries.map(({ type }) => type)).toEqual(['DELETED']);
  await sweep(cluster.ports);
});
