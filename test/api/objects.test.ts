// create, get, update, delete over handle().
import { beforeEach, expect, it } from 'vitest';
import { bootstrapObjects } from '../../src/api/bootstrap.ts';
import { present } from '../../src/present.ts';
import { NAMESPACE, createApi, place, pod } from './client.ts';

let api: Awaited<ReturnType<typeof createApi>>;
beforeEach(async () => {
  api = await createApi();
});

const PODS = `${NAMESPACE}/pods`;
const configMap = (name: string, fields: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  ...fields,
});

it('A1: creates a pod with its defaults, its identity and phase Pending', async () => {
  const { status, body } = await api.send('POST', PODS, { body: pod('web') });
  expect(status).toBe(201);
  expect(body['metadata']).toMatchObject({
    name: 'web',
    namespace: 'default',
    generation: 1,
    creationTimestamp: '2026-01-01T00:00:00Z',
  });
  expect(body['metadata'].uid).toMatch(/^[0-9a-f-]{36}$/);
  expect(body['spec']).toMatchObject({
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    serviceAccountName: 'default',
  });
  expect(body['status']).toEqual({ phase: 'Pending', qosClass: 'BestEffort' });
});

it('writes the pod and its record in one commit and starts its execution', async () => {
  const { body } = await api.send('POST', PODS, { body: pod('web') });
  expect(await api.ports.store.getRecord(`pod/${body['metadata'].uid}`)).toBeDefined();
  expect(api.ports.executions.states.has(body['metadata'].uid)).toBe(true);
});

it('a dry run answers the object and stores nothing', async () => {
  expect((await api.send('POST', `${PODS}?dryRun=All`, { body: pod('web') })).status).toBe(201);
  expect((await api.send('GET', `${PODS}/web`)).status).toBe(404);
});

it('generateName makes a name of prefix and five characters', async () => {
  const { body } = await api.send('POST', PODS, {
    body: { ...pod('x'), metadata: { generateName: 'web-' } },
  });
  expect(body['metadata'].name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
});

it('a second create of the name is AlreadyExists', async () => {
  await api.send('POST', PODS, { body: pod('web') });
  expect((await api.send('POST', PODS, { body: pod('web') })).body).toMatchObject({
    code: 409,
    reason: 'AlreadyExists',
    message: 'pods "web" already exists',
    details: { name: 'web', kind: 'pods' },
  });
});

it('an unchanged update keeps the version', async () => {
  const { body } = await api.send('POST', `${NAMESPACE}/configmaps`, {
    body: configMap('c', { data: { a: '1' } }),
  });
  const again = await api.send('PUT', `${NAMESPACE}/configmaps/c`, { body });
  expect(again.body['metadata'].resourceVersion).toBe(body['metadata'].resourceVersion);
});

it('a stale update is a Conflict; without a version it is unconditional', async () => {
  const { body } = await api.send('POST', `${NAMESPACE}/configmaps`, {
    body: configMap('c', { data: { a: '1' } }),
  });
  await api.send('PUT', `${NAMESPACE}/configmaps/c`, { body: { ...body, data: { a: '2' } } });
  expect(
    (await api.send('PUT', `${NAMESPACE}/configmaps/c`, { body: { ...body, data: { a: '3' } } }))
      .body,
  ).toMatchObject({ code: 409, reason: 'Conflict' });
  expect(
    (
      await api.send('PUT', `${NAMESPACE}/configmaps/c`, {
        body: configMap('c', { data: { a: '4' } }),
      })
    ).body,
  ).toMatchObject({ data: { a: '4' } });
});

it('the main endpoint does not write status, /status writes nothing else', async () => {
  const { body } = await api.send('POST', PODS, { body: pod('web') });
  const main = await api.send('PUT', `${PODS}/web`, {
    body: {
      ...body,
      metadata: { ...body['metadata'], labels: { a: 'b' } },
      status: { phase: 'Failed' },
    },
  });
  expect(main.body['status'].phase).toBe('Pending');
  const status = await api.send('PATCH', `${PODS}/web/status`, {
    body: { spec: { nodeName: 'n' }, status: { reason: 'R' } },
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  expect(status.body).toMatchObject({ status: { reason: 'R', phase: 'Pending' } });
  expect(status.body['spec'].nodeName).toBeUndefined();
});

it('L: a pod that is on no node goes at once; the answer is the pod with its deletion', async () => {
  await api.send('POST', PODS, { body: pod('web') });
  const { status, body } = await api.send('DELETE', `${PODS}/web`);
  expect(status).toBe(200);
  expect(body['metadata']).toMatchObject({ deletionGracePeriodSeconds: 0, generation: 2 });
  expect((await api.send('GET', `${PODS}/web`)).status).toBe(404);
});

it('L: a bound pod stays for its grace; a second delete only shortens it, zero removes', async () => {
  await api.send('POST', PODS, { body: pod('web', { terminationGracePeriodSeconds: 20 }) });
  await place(api, 'default', 'web');
  const remove = (gracePeriodSeconds?: number) =>
    api.send('DELETE', `${PODS}/web`, {
      body: {
        kind: 'DeleteOptions',
        apiVersion: 'v1',
        ...present({ gracePeriodSeconds }),
      },
    });
  expect((await remove()).body['metadata']).toMatchObject({
    deletionTimestamp: '2026-01-01T00:00:20Z',
    deletionGracePeriodSeconds: 20,
  });
  expect((await remove(60)).body['metadata']).toMatchObject({ deletionGracePeriodSeconds: 20 });
  expect((await remove(5)).body['metadata']).toMatchObject({
    deletionTimestamp: '2026-01-01T00:00:05Z',
    deletionGracePeriodSeconds: 5,
  });
  expect((await api.send('POST', PODS, { body: pod('web') })).body['message']).toBe(
    'object is being deleted: pods "web" already exists',
  );
  expect((await remove(0)).status).toBe(200);
  expect((await api.send('GET', `${PODS}/web`)).status).toBe(404);
});

it('a finalizer holds an object until it is taken off', async () => {
  await api.send('POST', `${NAMESPACE}/configmaps`, {
    body: { ...configMap('c'), metadata: { name: 'c', finalizers: ['example.com/hold'] } },
  });
  expect((await api.send('DELETE', `${NAMESPACE}/configmaps/c`)).body).toMatchObject({
    kind: 'ConfigMap',
  });
  await api.send('PATCH', `${NAMESPACE}/configmaps/c`, {
    body: { metadata: { finalizers: null } },
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  expect((await api.send('GET', `${NAMESPACE}/configmaps/c`)).status).toBe(404);
});

it('kinds that do not return the deleted object answer Status Success', async () => {
  await api.send('POST', `${NAMESPACE}/configmaps`, { body: configMap('c') });
  expect((await api.send('DELETE', `${NAMESPACE}/configmaps/c`)).body).toMatchObject({
    kind: 'Status',
    status: 'Success',
    details: { name: 'c', kind: 'configmaps' },
  });
});

it('deletecollection deletes what the selector matches', async () => {
  for (const name of ['a', 'b'])
    await api.send('POST', `${NAMESPACE}/configmaps`, {
      body: { ...configMap(name), metadata: { name, labels: { name } } },
    });
  const { body } = await api.send('DELETE', `${NAMESPACE}/configmaps?labelSelector=name%3Da`);
  expect(body).toMatchObject({ kind: 'ConfigMapList', items: [{ metadata: { name: 'a' } }] });
  expect((await api.send('GET', `${NAMESPACE}/configmaps/b`)).status).toBe(200);
});

it('both Event APIs show one object', async () => {
  const event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'e' },
    involvedObject: { kind: 'Pod', name: 'web', namespace: 'default' },
    reason: 'R',
    message: 'm',
    type: 'Normal',
  };
  await api.send('POST', `${NAMESPACE}/events`, { body: event });
  const { body } = await api.send('GET', '/apis/events.k8s.io/v1/namespaces/default/events/e');
  expect(body).toMatchObject({
    apiVersion: 'events.k8s.io/v1',
    regarding: { name: 'web' },
    note: 'm',
    reason: 'R',
  });
  const found = await api.send(
    'GET',
    `${NAMESPACE}/events?fieldSelector=involvedObject.name%3Dweb`,
  );
  expect(found.body['items']).toHaveLength(1);
});

it('a create has succeeded once it is stored, though the execution cannot be started now', async () => {
  api.ports.executions.fault = () => 'fail-before';
  expect((await api.send('POST', PODS, { body: pod('web') })).status).toBe(201);
  expect((await api.send('GET', `${PODS}/web`)).status).toBe(200);
});

it("a node's proxy answers its pods and its health, and nothing else of a kubelet", async () => {
  await api.send('POST', '/api/v1/nodes', {
    body: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } },
  });
  for (const name of ['here', 'nowhere']) await api.send('POST', PODS, { body: pod(name) });
  await place(api, 'default', 'here');
  const { status, body } = await api.send('GET', '/api/v1/nodes/n1:10250/proxy/pods');
  expect([
    status,
    body['kind'],
    body['items'].map(({ metadata }: { metadata: { name: string } }) => metadata.name),
  ]).toEqual([200, 'PodList', ['here']]);
  expect((await api.send('GET', '/api/v1/nodes/n1/proxy/pods/')).body['items']).toHaveLength(1);
  expect((await api.send('GET', '/api/v1/nodes/n1/proxy/stats/summary')).body).toMatchObject({
    code: 404,
    reason: 'NotFound',
    message: expect.stringContaining('/stats/summary of a node is not served'),
  });
  expect((await api.send('GET', '/api/v1/nodes/none/proxy/pods')).body).toMatchObject({
    code: 404,
    message: 'nodes "none" not found',
  });
});

it('the node has the well-known labels, under their old names too, and one of an earlier version gets those that are missing', async () => {
  const labels = {
    'beta.kubernetes.io/os': 'linux',
    'beta.kubernetes.io/arch': 'amd64',
    'kubernetes.io/os': 'linux',
    'node.kubernetes.io/instance-type': 'fargate',
    'topology.kubernetes.io/zone': expect.any(String),
  };
  const { body } = await api.send('GET', '/api/v1/nodes');
  const name = body['items'][0].metadata.name as string;
  expect(body['items'][0].metadata.labels).toMatchObject(labels);
  await api.send('PATCH', `/api/v1/nodes/${name}`, {
    body: {
      metadata: {
        labels: { 'beta.kubernetes.io/os': null, mine: 'x', 'kubernetes.io/os': 'kept' },
      },
    },
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  await bootstrapObjects(api.ports);
  expect((await api.send('GET', `/api/v1/nodes/${name}`)).body['metadata'].labels).toMatchObject({
    ...labels,
    mine: 'x',
    'kubernetes.io/os': 'kept',
  });
});

it('what is stored and not acted upon yet says so: a Service', async () => {
  const service = await api.send('POST', `${NAMESPACE}/services`, {
    body: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's' },
      spec: { ports: [{ port: 80 }] },
    },
  });
  expect(service.headers.get('warning')).toContain('nothing in droppod routes to a Service yet');
  expect(
    (await api.send('POST', `${NAMESPACE}/configmaps`, { body: configMap('free') })).headers.get(
      'warning',
    ),
  ).toBeNull();
});

it('a dry run of deleting what is being deleted writes nothing', async () => {
  await api.send('POST', '/api/v1/namespaces', {
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'going' } },
  });
  await api.send('POST', '/api/v1/namespaces/going/configmaps', {
    body: { ...configMap('held'), metadata: { name: 'held', finalizers: ['example.com/held'] } },
  });
  await api.send('POST', PODS, { body: pod('web') });
  await place(api, 'default', 'web');
  expect((await api.send('DELETE', '/api/v1/namespaces/going')).body['status'].phase).toBe(
    'Terminating',
  );
  expect((await api.send('DELETE', `${PODS}/web`)).status).toBe(200);
  const before = await api.ports.store.version();
  const written: unknown[] = [];
  const { store } = api.ports;
  const own = store.commit.bind(store);
  store.commit = (write) => {
    written.push(write);
    return own(write);
  };
  expect((await api.send('DELETE', '/api/v1/namespaces/going?dryRun=All')).status).toBe(200);
  expect((await api.send('DELETE', `${PODS}/web?dryRun=All`)).status).toBe(200);
  expect(written).toEqual([]);
  expect(await store.version()).toBe(before);
});
