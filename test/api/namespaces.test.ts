// Namespaces: their first objects, their end.
import { expect, it } from 'vitest';
import { NAMESPACE, createApi, place, pod } from './client.ts';

const create = (name: string) => ({ body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } } });

it('a new namespace has its service account and the CA', async () => {
  const api = await createApi();
  const { body } = await api.send('POST', '/api/v1/namespaces', create('team'));
  expect(body).toMatchObject({ metadata: { labels: { 'kubernetes.io/metadata.name': 'team' } }, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } });
  expect((await api.send('GET', '/api/v1/namespaces/team/serviceaccounts/default')).status).toBe(200);
  expect((await api.send('GET', '/api/v1/namespaces/team/configmaps/kube-root-ca.crt')).body['data']).toEqual({ 'ca.crt': 'PEM' });
});

it('a deleted namespace takes its content with it', async () => {
  const api = await createApi();
  await api.send('POST', '/api/v1/namespaces', create('team'));
  await api.send('POST', '/api/v1/namespaces/team/pods', { body: pod('web') });
  expect((await api.send('DELETE', '/api/v1/namespaces/team')).body).toMatchObject({ kind: 'Namespace', status: { phase: 'Terminating' } });
  expect((await api.send('GET', '/api/v1/namespaces/team')).status).toBe(404);
  expect((await api.send('GET', '/api/v1/namespaces/team/pods')).body['items']).toEqual([]);
});

it('a namespace with a bound pod is Terminating until the pod is gone, and takes nothing new', async () => {
  const api = await createApi();
  await api.send('POST', '/api/v1/namespaces', create('team'));
  await api.send('POST', '/api/v1/namespaces/team/pods', { body: pod('web') });
  await place(api, 'team', 'web');
  await api.send('DELETE', '/api/v1/namespaces/team');
  const refused = await api.send('POST', '/api/v1/namespaces/team/configmaps', { body: { metadata: { name: 'c' } } });
  expect(refused.body).toMatchObject({
    code: 403, message: 'configmaps "c" is forbidden: unable to create new content in namespace team because it is being terminated',
    details: { causes: [{ reason: 'NamespaceTerminating', message: 'namespace team is being terminated', field: 'metadata.namespace' }] },
  });
  // What the node says of the pod's end comes after the namespace was emptied.
  const key = { resource: 'events', namespace: 'team', name: 'web.1' };
  await api.ports.store.commit({ object: { key, object: { apiVersion: 'v1', kind: 'Event', metadata: { name: 'web.1', namespace: 'team', uid: 'e' } }, expected: 'absent' } });
  await api.send('DELETE', '/api/v1/namespaces/team/pods/web', { body: { gracePeriodSeconds: 0 } });
  expect((await api.send('GET', '/api/v1/namespaces/team')).status).toBe(404);
  expect(await api.ports.store.get(key)).toBeUndefined();
});

it('bootstrap may run again', async () => {
  const api = await createApi();
  const { bootstrapObjects } = await import('../../src/api/bootstrap.ts');
  const before = await api.ports.store.version();
  await bootstrapObjects(api.ports);
  expect(await api.ports.store.version()).toBe(before);
  expect((await api.send('GET', `${NAMESPACE}/services/kubernetes`)).body['spec'].clusterIP).toBe('10.96.0.1');
});
