// Discovery, OpenAPI, health and version.
import { expect, it } from 'vitest';
import { createApi } from './client.ts';

const api = await createApi();

it('A: kubectl reads both aggregated documents, and 304 when it has them', async () => {
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
  const { headers, body } = await api.send('GET', '/api', { headers: { accept } });
  expect(headers.get('content-type')).toBe('application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList');
  expect(body['items'][0].versions[0].resources.find(({ resource }: { resource: string }) => resource === 'pods')).toMatchObject({ scope: 'Namespaced', shortNames: ['po'], categories: ['all'] });
  const again = await api.send('GET', '/api', { headers: { accept, 'if-none-match': headers.get('etag') ?? '' } });
  expect([again.status, again.text]).toEqual([304, '']);
});

it('the plain lists name subresources with their own groups', async () => {
  const { body } = await api.send('GET', '/api/v1');
  const byName = new Map(body['resources'].map((entry: { name: string }) => [entry.name, entry]));
  expect(byName.get('pods/eviction')).toEqual({ name: 'pods/eviction', singularName: '', namespaced: true, group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] });
  expect(byName.get('serviceaccounts/token')).toMatchObject({ group: 'authentication.k8s.io', kind: 'TokenRequest' });
});

it('OpenAPI has what kubectl validates and applies by', async () => {
  const index = await api.send('GET', '/openapi/v3');
  const url = index.body['paths']['api/v1'].serverRelativeURL as string;
  const { body, headers } = await api.send('GET', url, { headers: { accept: 'application/json' } });
  expect(headers.get('cache-control')).toBe('public, immutable');
  const { patch } = body['paths']['/api/v1/namespaces/{namespace}/pods/{name}'];
  expect(patch['x-kubernetes-group-version-kind']).toEqual({ group: '', version: 'v1', kind: 'Pod' });
  expect(patch.parameters.map(({ name }: { name: string }) => name)).toContain('fieldValidation');
  expect(patch.requestBody.content).toHaveProperty('application/strategic-merge-patch+json');
  const schemas = body['components'].schemas;
  expect(schemas['io.k8s.api.core.v1.PodSpec'].properties.containers['x-kubernetes-patch-merge-key']).toBe('name');
  expect(schemas['io.k8s.api.core.v1.Container'].properties.image.description).toContain('Container image name');
});

it.each([
  ['/healthz', 200, 'ok'], ['/livez', 200, 'ok'], ['/readyz/ping', 200, 'ok'], ['/healthz/foo', 404, '404 page not found\n'], ['/openapi/v2', 404, ''], ['/apis/none/v1', 404, '404 page not found\n'],
])('%s answers %i', async (path, code, text) => {
  const answer = await api.send('GET', path);
  expect([answer.status, answer.text]).toEqual([code, text]);
});

it('A1: a path that nobody serves is answered with a Status', async () => {
  expect((await api.send('GET', '/foo')).body).toMatchObject({ kind: 'Status', code: 404, reason: 'NotFound' });
});

it('the version is 1.35.4', async () => {
  expect((await api.send('GET', '/version')).body).toMatchObject({ major: '1', minor: '35', gitVersion: 'v1.35.4' });
});
