// Order, place and number of causes, names in refusals, and methods that a path does not support, as kube-apiserver 1.35.4 responds.
import { expect, it } from 'vitest';
import { NAMESPACE, createApi, pod } from './client.ts';
import type { Reply } from './client.ts';

const PODS = `${NAMESPACE}/pods`;
const MAPS = `${NAMESPACE}/configmaps`;
const MERGE = { 'content-type': 'application/merge-patch+json' };
const APPLY = { 'content-type': 'application/apply-patch+yaml' };
const GATED = { schedulingGates: [{ name: 'example.com/hold' }], terminationGracePeriodSeconds: 1 };

const map = (name: string, fields: object = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  ...fields,
});

/** Field and reason of each cause, in order, without the prefix that all reasons share. */
const causes = ({ body }: Reply): string[] =>
  ((body['details']?.causes ?? []) as { field: string; reason: string }[]).map(
    ({ field, reason }) => `${field} ${reason.replace('FieldValue', '')}`,
  );
const times = (count: number, ...lines: string[]): string[] =>
  Array.from({ length: count }, () => lines).flat();

async function withPod(name: string, change: (made: Reply['body']) => void): Promise<Reply> {
  const api = await createApi();
  const { body } = await api.send('POST', PODS, { body: pod(name, GATED, { labels: { a: 'b' } }) });
  change(body);
  return api.send('PUT', `${PODS}/${name}`, { body });
}

it('an update asks of metadata twice for every kind and twice for the kind itself', async () => {
  const labels = { 'a b': 'c d' };
  const wrongPod = await withPod('p', ({ metadata }) => Object.assign(metadata, { labels }));
  expect(causes(wrongPod)).toEqual(times(8, 'metadata.labels Invalid'));

  const api = await createApi();
  await api.send('POST', MAPS, { body: map('c') });
  const wrongMap = await api.send('PUT', `${MAPS}/c`, { body: map('c', {}, { labels }) });
  expect(causes(wrongMap)).toEqual(times(8, 'metadata.labels Invalid'));
});

it('an update that brings its own deletion time is refused', async () => {
  const reply = await withPod('p', ({ metadata }) =>
    Object.assign(metadata, {
      deletionTimestamp: '2020-01-01T00:00:00Z',
      deletionGracePeriodSeconds: 7,
    }),
  );
  expect(reply.status).toBe(422);
  expect(causes(reply)).toEqual(
    times(2, 'metadata.deletionTimestamp Invalid', 'metadata.deletionGracePeriodSeconds Invalid'),
  );
});

it('A20: a pod update stops where its deadline is wrong, and asks of tolerations twice', async () => {
  const deadline = await withPod('p', ({ spec }) => {
    spec.containers[0].image = '';
    spec.activeDeadlineSeconds = -1;
    spec.nodeName = 'x';
  });
  expect(causes(deadline)).toEqual(
    times(2, 'spec.containers[0].image Required', 'spec.activeDeadlineSeconds Invalid'),
  );
  const toleration = await withPod('p', ({ spec }) => {
    spec.tolerations = [{ key: 'a b', operator: 'Other' }];
  });
  expect(causes(toleration)).toEqual(
    times(2, 'spec.tolerations[0].key Invalid', 'spec.tolerations[0].operator NotSupported'),
  );
});

it('A20: debug containers change through their own endpoint only', async () => {
  const reply = await withPod('p', ({ spec }) => {
    spec.ephemeralContainers = [{ name: 'debug', image: 'busybox' }];
  });
  expect(causes(reply)).toEqual(['spec Forbidden']);
});

it('the form of a finalizer is asked of the list, its word of the element', async () => {
  const api = await createApi();
  const sent = map('c', {}, { finalizers: ['bad', 'orphan', 'foregroundDeletion', 'Bad One'] });
  expect(causes(await api.send('POST', MAPS, { body: sent }))).toEqual([
    'metadata.finalizers Invalid',
    'metadata.finalizers Invalid',
    'metadata.finalizers[0] Invalid',
    'metadata.finalizers[3] Invalid',
  ]);
  const namespace = await api.send('POST', '/api/v1/namespaces', {
    body: { metadata: { name: 'n' }, spec: { finalizers: ['bad finalizer', 'x'] } },
  });
  expect(causes(namespace)).toEqual(times(3, 'spec.finalizers Invalid'));
});

it('an owner of three parts has no version', async () => {
  const api = await createApi();
  const owner = { apiVersion: 'a/b/c', kind: 'K', name: 'n', uid: 'u' };
  const reply = await api.send('POST', MAPS, { body: map('c', {}, { ownerReferences: [owner] }) });
  expect(causes(reply)).toEqual(['metadata.ownerReferences.apiVersion Invalid']);
});

it('a status is judged in the order of its members', async () => {
  const api = await createApi();
  await api.send('POST', PODS, { body: pod('p', GATED) });
  const reply = await api.send('PATCH', `${PODS}/p/status`, {
    headers: MERGE,
    body: {
      status: {
        podIPs: [{ ip: 'x' }, { ip: '1.2.3.4' }, { ip: '1.2.3.5' }],
        hostIPs: [{ ip: 'y' }],
        qosClass: 'Guaranteed',
        nominatedNodeName: 'Bad_',
        observedGeneration: -1,
        resourceClaimStatuses: [{ name: 'x' }],
        conditions: [{ type: 'Bad Type', status: 'True' }],
      },
    },
  });
  expect(causes(reply)).toEqual([
    'status.conditions[0].Type Invalid',
    'status.nominatedNodeName Invalid',
    'status.observedGeneration Invalid',
    'status.qosClass Invalid',
    'status.resourceClaimStatuses[0].name Invalid',
    'status.podIPs[0] Invalid',
    'status.podIPs InternalError',
    'status.podIPs Invalid',
    'status.hostIPs[0].ip Invalid',
    'status.hostIPs[0] Invalid',
  ]);
});

it.each<[string, Record<string, unknown>, string[]]>([
  [
    'the claim of an ephemeral volume has a name made of two',
    {
      volumes: [{ name: 'data', ephemeral: { volumeClaimTemplate: { spec: {} } } }],
    },
    ['spec.volumes[0].name Invalid'],
  ],
  [
    'an override of the host name comes before the deadline',
    {
      hostnameOverride: 'x',
      setHostnameAsFQDN: true,
      hostNetwork: true,
      activeDeadlineSeconds: 0,
    },
    [
      'spec.hostnameOverride Forbidden',
      'spec.hostnameOverride Forbidden',
      'spec.activeDeadlineSeconds Invalid',
    ],
  ],
  [
    'a windows pod may not say whose users it has',
    { os: { name: 'windows' }, hostUsers: false, securityContext: { runAsUser: 1 } },
    ['spec.hostUsers Forbidden', 'spec.securityContext.runAsUser Forbidden'],
  ],
])('%s', async (_name, spec, wanted) => {
  const api = await createApi({ warnOfRefusals: true });
  const name = 'volumes' in spec ? 'n'.repeat(253) : 'p';
  const found = causes(await api.send('POST', PODS, { body: pod(name, spec) }));
  expect(found.filter((line) => wanted.includes(line))).toEqual(wanted);
});

it.each<[string, string, number]>([
  ['POST', `${PODS}/p`, 405],
  ['POST', `${MAPS}/c`, 405],
  ['POST', '/api/v1/namespaces/default', 405],
  ['POST', `${PODS}/p/status`, 405],
  ['HEAD', PODS, 405],
  ['HEAD', `${PODS}/p`, 405],
  ['POST', '/version', 405],
  ['POST', '/api/v1', 405],
  ['DELETE', '/apis', 200],
])('%s %s is answered %i', async (method, path, code) => {
  const api = await createApi();
  const body = method === 'POST' ? { body: pod('p') } : {};
  expect((await api.send(method, path, body)).status).toBe(code);
});

it('A3: a dry run of a creation says that the name is taken, with generateName as with none', async () => {
  const api = await createApi();
  await api.send('POST', MAPS, { body: map('c') });
  const plain = await api.send('POST', `${MAPS}?dryRun=All`, { body: map('c') });
  expect([plain.status, plain.body['message']]).toEqual([409, 'configmaps "c" already exists']);
  for (const query of ['', '?dryRun=All']) {
    const body = map('c', {}, { generateName: 'c-' });
    const reply = await api.send('POST', `${MAPS}${query}`, { body });
    expect([reply.status, reply.body['details']]).toEqual([
      409,
      { name: 'c', kind: 'configmaps', retryAfterSeconds: 1 },
    ]);
    expect(reply.body['message']).toContain('not able to generate a unique name');
  }
});

it('version 0 names none', async () => {
  const api = await createApi();
  await api.send('POST', MAPS, { body: map('c') });
  const body = map('c', { data: { a: 'b' } }, { resourceVersion: '0' });
  expect((await api.send('PUT', `${MAPS}/c`, { body })).status).toBe(200);
});

it('an apply names its object, and brings no managedFields, not even none', async () => {
  const api = await createApi();
  const send = (metadata: object) =>
    api.send('PATCH', `${MAPS}/c?fieldManager=m`, {
      headers: APPLY,
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata },
    });
  expect((await send({ generateName: 'c-' })).status).toBe(400);
  const empty = await send({ name: 'c', managedFields: [] });
  expect([empty.status, empty.body['message']]).toEqual([
    400,
    'metadata.managedFields must be nil',
  ]);
  expect((await send({ name: 'c', managedFields: null })).status).toBe(201);
});

it('a conflict of an apply names managers in order, and no time', async () => {
  const api = await createApi();
  const apply = (manager: string, data: object) =>
    api.send('PATCH', `${MAPS}/c?fieldManager=${manager}`, {
      headers: APPLY,
      body: map('c', { data }),
    });
  await apply('two', { b: '1', a: '1' });
  await api.send('PATCH', `${MAPS}/c?fieldManager=one`, {
    headers: MERGE,
    body: { data: { c: '1' } },
  });
  expect((await apply('three', { c: '2', b: '2', a: '2' })).body['message']).toBe(
    'Apply failed with 3 conflicts: conflicts with "one" using v1:\n- .data.c\nconflicts with "two":\n- .data.a\n- .data.b',
  );
});

it('a JSON or merge patch does not make another kind of an object', async () => {
  const api = await createApi();
  await api.send('POST', MAPS, { body: map('c') });
  for (const body of [{ kind: 'Other' }, { apiVersion: 'v2' }]) {
    const reply = await api.send('PATCH', `${MAPS}/c`, { headers: MERGE, body });
    expect(reply.status).toBe(422);
    expect(causes(reply)).toEqual(['patch Invalid']);
  }
});

it('a namespace that ends takes no token, eviction or binding, and names what was to come', async () => {
  const api = await createApi();
  await api.send('POST', '/api/v1/namespaces', { body: { metadata: { name: 'going' } } });
  const all = '/api/v1/namespaces/going';
  await api.send('POST', `${all}/configmaps`, { body: map('c', {}, { finalizers: ['a.b/c'] }) });
  await api.send('POST', `${all}/pods`, { body: pod('p', GATED, { finalizers: ['a.b/c'] }) });
  await api.send('DELETE', all);
  const refused = (reply: Reply) => [reply.status, reply.body['details']?.name, causes(reply)];
  const why = ['metadata.namespace NamespaceTerminating'];
  const generated = { metadata: { generateName: 'c-' } };
  expect(refused(await api.send('POST', `${all}/configmaps`, { body: generated }))).toEqual([
    403,
    'c-',
    why,
  ]);
  expect(refused(await api.send('POST', `${all}/configmaps`, { body: {} }))).toEqual([
    403,
    'Unknown',
    why,
  ]);
  for (const [path, body] of [
    ['serviceaccounts/default/token', { spec: {} }],
    ['pods/p/eviction', { metadata: { name: 'p' } }],
    ['pods/p/binding', { metadata: { name: 'p' }, target: { name: 'n' } }],
  ] as const)
    expect(refused(await api.send('POST', `${all}/${path}`, { body }))).toEqual([
      403,
      path.split('/')[1],
      why,
    ]);
});

it('an empty propagation policy is not one', async () => {
  const api = await createApi();
  await api.send('POST', MAPS, { body: map('c') });
  const reply = await api.send('DELETE', `${MAPS}/c`, { body: { propagationPolicy: '' } });
  expect([reply.status, causes(reply)]).toEqual([422, ['propagationPolicy NotSupported']]);
});
