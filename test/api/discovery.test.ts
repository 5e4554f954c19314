// Discovery, OpenAPI, health and version.
import { expect, it } from 'vitest';
import { Unavailable } from '../../src/errors.ts';
import { readFields } from '../../src/api/wire/protobuf-reader.ts';
import { createApi } from './client.ts';

const api = await createApi();

it('A: kubectl reads both aggregated documents, and 304 when it has them', async () => {
  const accept =
    'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
  const { headers, body } = await api.send('GET', '/api', { headers: { accept } });
  expect(headers.get('content-type')).toBe(
    'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  );
  expect(
    body['items'][0].versions[0].resources.find(
      ({ resource }: { resource: string }) => resource === 'pods',
    ),
  ).toMatchObject({ scope: 'Namespaced', shortNames: ['po'], categories: ['all'] });
  const again = await api.send('GET', '/api', {
    headers: { accept, 'if-none-match': headers.get('etag') ?? '' },
  });
  expect([again.status, again.text]).toEqual([304, '']);
  // A front adds a content type where there is none, and the client's cache would store it.
  expect(again.headers.get('content-type')).toBe(headers.get('content-type'));
});

it('the plain lists name subresources with their own groups', async () => {
  const { body } = await api.send('GET', '/api/v1');
  const byName = new Map(body['resources'].map((entry: { name: string }) => [entry.name, entry]));
  expect(byName.get('pods/eviction')).toEqual({
    name: 'pods/eviction',
    singularName: '',
    namespaced: true,
    group: 'policy',
    version: 'v1',
    kind: 'Eviction',
    verbs: ['create'],
  });
  expect(byName.get('serviceaccounts/token')).toMatchObject({
    group: 'authentication.k8s.io',
    kind: 'TokenRequest',
  });
});

it('OpenAPI has what kubectl validates and applies by', async () => {
  const index = await api.send('GET', '/openapi/v3');
  const url = index.body['paths']['api/v1'].serverRelativeURL as string;
  const { body, headers } = await api.send('GET', url, { headers: { accept: 'application/json' } });
  expect(headers.get('cache-control')).toBe('public, immutable');
  const { patch } = body['paths']['/api/v1/namespaces/{namespace}/pods/{name}'];
  expect(patch['x-kubernetes-group-version-kind']).toEqual({
    group: '',
    version: 'v1',
    kind: 'Pod',
  });
  expect(patch.parameters.map(({ name }: { name: string }) => name)).toContain('fieldValidation');
  expect(patch.requestBody.content).toHaveProperty('application/strategic-merge-patch+json');
  const schemas = body['components'].schemas;
  expect(
    schemas['io.k8s.api.core.v1.PodSpec'].properties.containers['x-kubernetes-patch-merge-key'],
  ).toBe('name');
  expect(schemas['io.k8s.api.core.v1.Container'].properties.image.description).toContain(
    'Container image name',
  );
});

it('/readyz says when the store takes no writes, and that it does again; /livez is not concerned', async () => {
  const { ports, send } = await createApi();
  let written = 0;
  const { store } = ports;
  const own = store.commit.bind(store);
  let full = false;
  store.commit = (write) => {
    written += 1;
    return full ? Promise.reject(new Unavailable('no space is left')) : own(write);
  };
  const ask = async (path: string, token = '') => {
    const { status, text } = await send('GET', path, { token });
    return [status, text];
  };
  for (let time = 0; time < 20; time++) expect(await ask('/readyz')).toEqual([200, 'ok']);
  expect(written).toBe(1);
  full = true;
  await ports.clock.advance(6_000);
  expect(await ask('/readyz')).toEqual([
    500,
    '[+]ping ok\n[+]log ok\n[-]etcd failed: reason withheld\nreadyz check failed\n',
  ]);
  // kube-apiserver shows single checks, which may name a fault, only to authenticated users.
  expect((await ask('/readyz/etcd'))[0]).toBe(403);
  expect(await ask('/readyz/etcd', 'secret')).toEqual([
    500,
    'internal server error: no space is left\n',
  ]);
  expect(await ask('/readyz/ping', 'secret')).toEqual([200, 'ok']);
  expect(await ask('/livez')).toEqual([200, 'ok']);
  full = false;
  await ports.clock.advance(2_000);
  expect(await ask('/readyz?verbose')).toEqual([
    200,
    '[+]ping ok\n[+]log ok\n[+]etcd ok\nreadyz check passed\n',
  ]);
});

it('OpenAPI knows a kind by its list over all namespaces too, and by its watches', async () => {
  const { body } = await api.send('GET', '/openapi/v3/api/v1', {
    headers: { accept: 'application/json' },
  });
  expect(body['paths']['/api/v1/pods'].get['x-kubernetes-action']).toBe('list');
  expect(Object.keys(body['paths'])).toEqual(
    expect.arrayContaining([
      '/api/v1/watch/pods',
      '/api/v1/watch/namespaces/{namespace}/pods/{name}',
      '/api/v1/watch/nodes',
    ]),
  );
  expect(
    body['components'].schemas['io.k8s.apimachinery.pkg.util.intstr.IntOrString'].oneOf,
  ).toEqual([{ type: 'integer' }, { type: 'string' }]);
});

it('OpenAPI is whole: each document names what it refers to, and each path what stands in it', async () => {
  const accept = { headers: { accept: 'application/json' } };
  const { paths } = (await api.send('GET', '/openapi/v3')).body;
  expect(Object.keys(paths)).toEqual(
    expect.arrayContaining(['api', 'apis', 'apis/apps', 'apis/apps/v1', 'version']),
  );
  for (const { serverRelativeURL } of Object.values<{ serverRelativeURL: string }>(paths)) {
    const { body } = await api.send('GET', serverRelativeURL, accept);
    const schemas = Object.keys(body['components'].schemas);
    for (const [, name] of JSON.stringify(body).matchAll(/"#\/components\/schemas\/([^"]+)"/g))
      expect(schemas).toContain(name);
    for (const [path, { parameters = [] }] of Object.entries<{ parameters?: { name: string }[] }>(
      body['paths'],
    ))
      expect(parameters.map(({ name }) => name)).toEqual(
        expect.arrayContaining([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)),
      );
  }
});

it('OpenAPI says what is answered: lists, watch events, a Status, bytes of a pod', async () => {
  const { body } = await api.send('GET', '/openapi/v3/api/v1', {
    headers: { accept: 'application/json' },
  });
  const answered = (path: string, method: string): unknown =>
    Object.values<{ schema: { $ref?: string; type?: string } }>(
      body['paths'][path][method].responses[200].content,
    ).map(({ schema }) => schema.$ref?.split('.').pop() ?? schema.type)[0];
  const pods = '/api/v1/namespaces/{namespace}/pods';
  expect([
    answered('/api/v1/pods', 'get'),
    answered('/api/v1/watch/pods', 'get'),
    answered(`${pods}/{name}`, 'delete'),
    answered('/api/v1/namespaces/{namespace}/configmaps/{name}', 'delete'),
    answered(pods, 'delete'),
    answered(`${pods}/{name}/proxy/{path}`, 'options'),
    answered(`${pods}/{name}/eviction`, 'post'),
    answered('/api/v1/', 'get'),
  ]).toEqual([
    'PodList',
    'WatchEvent',
    'Pod',
    'Status',
    'Status',
    'string',
    'Eviction',
    'APIResourceList',
  ]);
  expect(body['components'].schemas['io.k8s.api.core.v1.PodList'].properties.items.items).toEqual({
    allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.Pod' }],
  });
});

it('OpenAPI v2 is served as JSON: what kubectl up to 1.26 dry-runs and explains by', async () => {
  const { body } = await api.send('GET', '/openapi/v2', {
    headers: { accept: 'application/json' },
  });
  const { patch, parameters } = body['paths']['/api/v1/namespaces/{namespace}/pods/{name}'];
  expect(patch['x-kubernetes-group-version-kind']).toEqual({
    group: '',
    version: 'v1',
    kind: 'Pod',
  });
  expect(patch.parameters.map(({ name }: { name: string }) => name)).toEqual(
    expect.arrayContaining(['body', 'dryRun', 'fieldValidation']),
  );
  expect(parameters.map(({ name }: { name: string }) => name)).toEqual([
    'namespace',
    'name',
    'pretty',
  ]);
  expect(body['definitions']['io.k8s.api.core.v1.Pod'].properties.spec).toMatchObject({
    $ref: '#/definitions/io.k8s.api.core.v1.PodSpec',
  });
  expect(JSON.stringify(body)).not.toContain('#/components/');
});

it.each([
  'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
  'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
])('OpenAPI v2 is served in protobuf as %s', async (accept) => {
  const answer = await api.open('GET', '/openapi/v2', { headers: { accept } });
  const { headers } = answer;
  const bytes = new Uint8Array(await answer.arrayBuffer());
  expect(headers.get('content-type')).toBe(
    'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
  );
  const inside = (message: Uint8Array, number: number) =>
    readFields(message)
      .filter((field) => field.number === number)
      .map((field) => field.bytes);
  const textOf = (message: Uint8Array | undefined, number: number) =>
    Buffer.from(inside(message ?? new Uint8Array(), number)[0] ?? []).toString();
  expect(textOf(bytes, 1)).toBe('2.0');
  const definition = inside(inside(bytes, 9)[0]!, 1).find(
    (entry) => textOf(entry, 1) === 'io.k8s.api.core.v1.Pod',
  );
  const properties = inside(inside(inside(definition!, 2)[0]!, 25)[0]!, 1).map((entry) =>
    textOf(entry, 1),
  );
  expect(properties).toEqual(
    expect.arrayContaining(['apiVersion', 'kind', 'metadata', 'spec', 'status']),
  );
});

it('OpenAPI v2 in a form that nobody serves is 406', async () =>
  expect((await api.send('GET', '/openapi/v2', { headers: { accept: 'text/html' } })).status).toBe(
    406,
  ));

it.each([
  ['/healthz', 200, 'ok'],
  ['/livez', 200, 'ok'],
  ['/readyz/ping', 200, 'ok'],
  ['/healthz/foo', 404, '404 page not found\n'],
  ['/apis/none/v1', 404, '404 page not found\n'],
])('%s answers %i', async (path, code, text) => {
  const answer = await api.send('GET', path);
  expect([answer.status, answer.text]).toEqual([code, text]);
});

it('A1: a path that nobody serves is answered with a Status', async () => {
  expect((await api.send('GET', '/foo')).body).toMatchObject({
    kind: 'Status',
    code: 404,
    reason: 'NotFound',
  });
});

it('the version is 1.35.4', async () => {
  expect((await api.send('GET', '/version')).body).toMatchObject({
    major: '1',
    minor: '35',
    gitVersion: 'v1.35.4',
  });
});
