// Patches: strategic merge by the types' keys, apply with owners, JSON patch and merge patch.
import { beforeEach, expect, it } from 'vitest';
import { strategicMerge } from '../../src/api/patch/strategic-merge.ts';
import { kindShape } from '../../src/kinds/shapes.ts';
import { NAMESPACE, createApi, pod } from './client.ts';

const shape = kindShape('', 'Pod');
const original = {
  metadata: { finalizers: ['a', 'b'], labels: { x: '1' } },
  spec: {
    containers: [
      { name: 'a', image: '1', args: ['x'] },
      { name: 'b', image: '1' },
    ],
    volumes: [{ name: 'v', emptyDir: {} }],
    tolerations: [{ key: 'k' }],
  },
};

it.each<[string, object, object]>([
  [
    'maps merge and null deletes',
    { metadata: { labels: { y: '2', x: null } } },
    { metadata: { ...original.metadata, labels: { y: '2' } } },
  ],
  [
    'containers merge by name',
    { spec: { containers: [{ name: 'a', image: '2' }] } },
    {
      spec: {
        ...original.spec,
        containers: [
          { name: 'a', image: '2', args: ['x'] },
          { name: 'b', image: '1' },
        ],
      },
    },
  ],
  [
    'new elements come before those that the patch does not name',
    { spec: { containers: [{ name: 'c' }] } },
    { spec: { ...original.spec, containers: [{ name: 'c' }, ...original.spec.containers] } },
  ],
  [
    '$patch delete takes an element out',
    { spec: { containers: [{ name: 'a', $patch: 'delete' }] } },
    { spec: { ...original.spec, containers: [{ name: 'b', image: '1' }] } },
  ],
  [
    '$patch replace replaces the list',
    { spec: { containers: [{ $patch: 'replace' }, { name: 'z' }] } },
    { spec: { ...original.spec, containers: [{ name: 'z' }] } },
  ],
  [
    '$setElementOrder orders',
    { spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] } },
    {
      spec: {
        ...original.spec,
        containers: [original.spec.containers[1], original.spec.containers[0]],
      },
    },
  ],
  [
    'others stay between the listed ones where they were',
    {
      spec: {
        '$setElementOrder/containers': [{ name: 'c' }, { name: 'b' }],
        containers: [{ name: 'c' }],
      },
    },
    {
      spec: {
        ...original.spec,
        containers: [{ name: 'c' }, original.spec.containers[0], original.spec.containers[1]],
      },
    },
  ],
  [
    'primitive lists merge',
    { metadata: { finalizers: ['c'] } },
    { metadata: { ...original.metadata, finalizers: ['c', 'a', 'b'] } },
  ],
  [
    '$deleteFromPrimitiveList',
    { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } },
    { metadata: { ...original.metadata, finalizers: ['b'] } },
  ],
  [
    '$retainKeys drops other sources',
    {
      spec: {
        volumes: [{ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/' } }],
      },
    },
    { spec: { ...original.spec, volumes: [{ name: 'v', hostPath: { path: '/' } }] } },
  ],
  [
    'atomic lists are replaced',
    { spec: { tolerations: [{ key: 'n' }] } },
    { spec: { ...original.spec, tolerations: [{ key: 'n' }] } },
  ],
])('strategic merge: %s', (_name, patch, changed) => {
  expect(strategicMerge(shape, original, patch as Record<string, unknown>)).toEqual({
    ...original,
    ...changed,
  });
});

let api: Awaited<ReturnType<typeof createApi>>;
const MAPS = `${NAMESPACE}/configmaps`;
beforeEach(async () => {
  api = await createApi();
});

const apply = (manager: string, data: Record<string, string>, query = '') =>
  api.send('PATCH', `${MAPS}/c?fieldManager=${manager}${query}`, {
    body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data },
    headers: { 'content-type': 'application/apply-patch+yaml' },
  });

it('apply creates, removes what it no longer says and keeps what others set', async () => {
  expect((await apply('one', { a: '1', b: '1' })).status).toBe(201);
  await api.send('PATCH', `${MAPS}/c`, {
    body: { data: { z: '9' } },
    headers: { 'content-type': 'application/merge-patch+json', 'user-agent': 'curl/8' },
  });
  expect((await apply('one', { a: '2' })).body['data']).toEqual({ a: '2', z: '9' });
});

it('apply of another value that somebody else owns is a conflict unless forced', async () => {
  await apply('one', { a: '1' });
  const refused = await apply('two', { a: '2' });
  expect(refused.body).toMatchObject({
    code: 409,
    reason: 'Conflict',
    message: 'Apply failed with 1 conflict: conflict with "one": .data.a',
    details: {
      causes: [
        { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' },
      ],
    },
  });
  const forced = await apply('two', { a: '2' }, '&force=true');
  expect(forced.body['data']).toEqual({ a: '2' });
  expect(
    forced.body['metadata'].managedFields.map(({ manager }: { manager: string }) => manager),
  ).toEqual(['two']);
});

it('the same apply twice changes nothing', async () => {
  const first = await apply('one', { a: '1' });
  expect((await apply('one', { a: '1' })).body['metadata'].resourceVersion).toBe(
    first.body['metadata'].resourceVersion,
  );
});

it("apply needs a manager and the endpoint's kind", async () => {
  const headers = { 'content-type': 'application/apply-patch+yaml' };
  expect((await api.send('PATCH', `${MAPS}/c`, { body: {}, headers })).body['message']).toBe(
    'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
  );
  expect(
    (await api.send('PATCH', `${MAPS}/c?fieldManager=m`, { body: {}, headers })).body['message'],
  ).toBe('invalid object type: /, Kind=');
});

it.each([
  [
    'a failed test',
    [{ op: 'test', path: '/metadata/name', value: 'x' }],
    422,
    'the server rejected our request due to an error in our request',
  ],
  [
    'no list',
    {},
    400,
    'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
  ],
  [
    'another name',
    [{ op: 'replace', path: '/metadata/name', value: 'x' }],
    400,
    'the name of the object (x) does not match the name on the URL (c)',
  ],
])('JSON patch: %s', async (_name, body, code, message) => {
  await apply('one', { a: '1' });
  const { status, body: answer } = await api.send('PATCH', `${MAPS}/c`, {
    body,
    headers: { 'content-type': 'application/json-patch+json' },
  });
  expect([status, answer['message']]).toEqual([code, message]);
});

it('an image set by kubectl keeps the rest of the container', async () => {
  await api.send('POST', `${NAMESPACE}/pods`, { body: pod('web') });
  const { body } = await api.send('PATCH', `${NAMESPACE}/pods/web`, {
    body: {
      spec: {
        '$setElementOrder/containers': [{ name: 'c' }],
        containers: [{ name: 'c', image: 'busybox:2' }],
      },
    },
    headers: { 'content-type': 'application/strategic-merge-patch+json' },
  });
  expect(body['spec'].containers[0]).toMatchObject({
    name: 'c',
    image: 'busybox:2',
    terminationMessagePath: '/dev/termination-log',
  });
  expect(body['metadata'].generation).toBe(2);
});

const applyService = (ports: object[]) =>
  api.send('PATCH', `${NAMESPACE}/services/s?fieldManager=helm`, {
    body: { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { ports } },
    headers: { 'content-type': 'application/apply-patch+yaml' },
  });

it('apply finds a port whose protocol was left out, and takes out whole elements', async () => {
  expect(
    (
      await applyService([
        { name: 'a', port: 80 },
        { name: 'b', port: 81 },
      ])
    ).status,
  ).toBe(201);
  expect(
    (
      await applyService([
        { name: 'a', port: 80 },
        { name: 'b', port: 81 },
      ])
    ).status,
  ).toBe(200);
  const { body } = await applyService([{ name: 'a', port: 80 }]);
  expect(body['spec'].ports).toEqual([{ name: 'a', port: 80, protocol: 'TCP', targetPort: 80 }]);
});

it.each([
  ['application/merge-patch+json', { data: { a: '2' } }],
  ['application/strategic-merge-patch+json', { data: { a: '2' } }],
  ['application/json-patch+json', [{ op: 'replace', path: '/data/a', value: '2' }]],
])(
  'a patch (%s) that meets a concurrent write is made again of the newest object',
  async (type, body) => {
    const racing = await createApi();
    const path = `${NAMESPACE}/configmaps/c`;
    await racing.send('POST', `${NAMESPACE}/configmaps`, {
      body: { metadata: { name: 'c' }, data: { a: '1' } },
    });
    const commit = racing.ports.store.commit.bind(racing.ports.store);
    let raced = false;
    racing.ports.store.commit = async (write) => {
      if (!raced) {
        raced = true;
        await racing.send('PATCH', path, {
          body: { data: { b: '1' } },
          headers: { 'content-type': 'application/merge-patch+json' },
        });
      }
      return commit(write);
    };
    const { status, body: patched } = await racing.send('PATCH', path, {
      body,
      headers: { 'content-type': type },
    });
    expect([status, patched['data']]).toEqual([200, { a: '2', b: '1' }]);
  },
);
