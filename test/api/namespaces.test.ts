// Namespaces: their first objects, their end.
import { expect, it } from 'vitest';
import { sweep } from '../../functions/sweep.ts';
import { NAMESPACE, createApi, place, pod } from './client.ts';

const create = (name: string) => ({
  body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
});

it('a new namespace has its service account and the CA', async () => {
  const api = await createApi();
  const { body } = await api.send('POST', '/api/v1/namespaces', create('team'));
  expect(body).toMatchObject({
    metadata: { labels: { 'kubernetes.io/metadata.name': 'team' } },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  });
  expect((await api.send('GET', '/api/v1/namespaces/team/serviceaccounts/default')).status).toBe(
    200,
  );
  expect(
    (await api.send('GET', '/api/v1/namespaces/team/configmaps/kube-root-ca.crt')).body['data'],
  ).toEqual({ 'ca.crt': 'PEM' });
});

it('a deleted namespace takes its content with it', async () => {
  const api = await createApi();
  await api.send('POST', '/api/v1/namespaces', create('team'));
  await api.send('POST', '/api/v1/namespaces/team/pods', { body: pod('web') });
  expect((await api.send('DELETE', '/api/v1/namespaces/team')).body).toMatchObject({
    kind: 'Namespace',
    status: { phase: 'Terminating' },
  });
  expect((await api.send('GET', '/api/v1/namespaces/team')).status).toBe(404);
  expect((await api.send('GET', '/api/v1/namespaces/team/pods')).body['items']).toEqual([]);
});

it('a namespace with a bound pod is Terminating until the pod is gone, and takes nothing new', async () => {
  const api = await createApi();
  await api.send('POST', '/api/v1/namespaces', create('team'));
  await api.send('POST', '/api/v1/namespaces/team/pods', { body: pod('web') });
  await place(api, 'team', 'web');
  await api.send('DELETE', '/api/v1/namespaces/team');
  const refused = await api.send('POST', '/api/v1/namespaces/team/configmaps', {
    body: { metadata: { name: 'c' } },
  });
  expect(refused.body).toMatchObject({
    code: 403,
    message:
      'configmaps "c" is forbidden: unable to create new content in namespace team because it is being terminated',
    details: {
      causes: [
        {
          reason: 'NamespaceTerminating',
          message: 'namespace team is being terminated',
          field: 'metadata.namespace',
        },
      ],
    },
  });
  // The node reports the pod's end after the namespace was emptied.
  const key = { resource: 'events', namespace: 'team', name: 'web.1' };
  await api.ports.store.commit({
    object: {
      key,
      object: {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: 'web.1', namespace: 'team', uid: 'e' },
      },
      expected: 'absent',
    },
  });
  await api.send('DELETE', '/api/v1/namespaces/team/pods/web', { body: { gracePeriodSeconds: 0 } });
  expect((await api.send('GET', '/api/v1/namespaces/team')).status).toBe(404);
  expect(await api.ports.store.get(key)).toBeUndefined();
});

it('pods go first: other content stays until the last pod is gone', async () => {
  const api = await createApi();
  const held = { ...pod('web'), metadata: { name: 'web', finalizers: ['example.com/hold'] } };
  await api.send('POST', '/api/v1/namespaces', create('team'));
  await api.send('POST', '/api/v1/namespaces/team/pods', { body: held });
  await api.send('POST', '/api/v1/namespaces/team/configmaps', {
    body: { metadata: { name: 'c' } },
  });
  await api.send('DELETE', '/api/v1/namespaces/team');
  const { body } = await api.send('GET', '/api/v1/namespaces/team');
  expect(
    body['status'].conditions.map(({ type, status }: { type: string; status: string }) => [
      type,
      status,
    ]),
  ).toEqual([
    ['NamespaceDeletionDiscoveryFailure', 'False'],
    ['NamespaceDeletionGroupVersionParsingFailure', 'False'],
    ['NamespaceDeletionContentFailure', 'False'],
    ['NamespaceContentRemaining', 'False'],
    ['NamespaceFinalizersRemaining', 'False'],
  ]);
  expect((await api.send('GET', '/api/v1/namespaces/team/configmaps/c')).status).toBe(200);
  await api.send('DELETE', '/api/v1/namespaces/team/pods/web', { body: { gracePeriodSeconds: 0 } });
  await api.send('PATCH', '/api/v1/namespaces/team/pods/web', {
    headers: { 'content-type': 'application/merge-patch+json' },
    body: { metadata: { finalizers: null } },
  });
  expect((await api.send('GET', '/api/v1/namespaces/team/configmaps/c')).status).toBe(404);
  expect((await api.send('GET', '/api/v1/namespaces/team')).status).toBe(404);
});

it('content with a finalizer holds the namespace, which says so', async () => {
  const api = await createApi();
  await api.send('POST', '/api/v1/namespaces', create('team'));
  await api.send('POST', '/api/v1/namespaces/team/configmaps', {
    body: { metadata: { name: 'c', finalizers: ['example.com/hold'] } },
  });
  await api.send('DELETE', '/api/v1/namespaces/team');
  const { body } = await api.send('GET', '/api/v1/namespaces/team');
  expect(body['status'].conditions.slice(3)).toMatchObject([
    {
      status: 'True',
      reason: 'SomeResourcesRemain',
      message: 'Some resources are remaining: configmaps. has 1 resource instances',
    },
    {
      status: 'True',
      reason: 'SomeFinalizersRemain',
      message:
        'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
    },
  ]);
  await api.send('PATCH', '/api/v1/namespaces/team/configmaps/c', {
    headers: { 'content-type': 'application/merge-patch+json' },
    body: { metadata: { finalizers: null } },
  });
  expect((await api.send('GET', '/api/v1/namespaces/team')).status).toBe(404);
});

it('bootstrap may run again', async () => {
  const api = await createApi();
  const { bootstrapObjects } = await import('../../src/api/bootstrap.ts');
  const before = await api.ports.store.version();
  await bootstrapObjects(api.ports);
  expect(await api.ports.store.version()).toBe(before);
  expect((await api.send('GET', `${NAMESPACE}/services/kubernetes`)).body['spec'].clusterIP).toBe(
    '10.96.0.1',
  );
});

it('a namespace whose deletion broke off after it was marked is ended by sweep, its pods too', async () => {
  const api = await createApi();
  await api.send('POST', '/api/v1/namespaces', create('team'));
  await api.send('POST', '/api/v1/namespaces/team/pods', { body: pod('web') });
  await api.send('POST', '/api/v1/namespaces/team/configmaps', {
    body: { metadata: { name: 'c' } },
  });
  const key = { resource: 'namespaces', namespace: '', name: 'team' };
  const { resourceVersion, ...metadata } = (await api.ports.store.get(key))!.metadata;
  const marked = {
    ...(await api.ports.store.get(key))!,
    metadata: { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
    status: { phase: 'Terminating' },
  };
  await api.ports.store.commit({
    object: { key, object: marked, expected: resourceVersion as never },
  });
  await sweep(api.ports);
  expect((await api.send('GET', '/api/v1/namespaces/team')).status).toBe(404);
  expect((await api.send('GET', '/api/v1/namespaces/team/pods')).body['items']).toEqual([]);
  expect(
    await api.ports.store.get({ resource: 'configmaps', namespace: 'team', name: 'c' }),
  ).toBeUndefined();
});
