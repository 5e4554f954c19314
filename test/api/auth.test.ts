// Access rights: admin everything, service accounts discovery and self reviews, anonymous callers version and health.
import { beforeEach, expect, it } from 'vitest';
import { present } from '../../src/present.ts';
import { NAMESPACE, createApi, pod } from './client.ts';

let api: Awaited<ReturnType<typeof createApi>>;
beforeEach(async () => {
  api = await createApi();
});

const tokenFor = async (body: object = {}): Promise<string> =>
  (
    await api.send('POST', `${NAMESPACE}/serviceaccounts/default/token`, {
      body: { spec: {}, ...body },
    })
  ).body['status'].token;

it.each([
  ['/version', 200, undefined],
  ['/healthz', 200, undefined],
  ['/api', 403, 'forbidden: User "system:anonymous" cannot get path "/api"'],
  [
    '/api/v1/namespaces/default/pods',
    403,
    'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" in the namespace "default"',
  ],
  [
    '/api/v1/namespaces/default/pods/a/log',
    403,
    'pods "a" is forbidden: User "system:anonymous" cannot get resource "pods/log" in API group "" in the namespace "default"',
  ],
])('anonymous %s: %i', async (path, code, message) => {
  const { status, body } = await api.send('GET', path, { token: '' });
  expect(status).toBe(code);
  if (message !== undefined) expect(body['message']).toBe(message);
});

it('a wrong token is 401', async () => {
  expect((await api.send('GET', '/version', { token: 'x' })).body).toEqual({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'Unauthorized',
    reason: 'Unauthorized',
    code: 401,
  });
});

it('a service account is who its token says, and may ask so', async () => {
  const token = await tokenFor();
  const { status, body } = await api.send(
    'POST',
    '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    { body: {}, token },
  );
  expect(status).toBe(201);
  expect(body['status'].userInfo).toMatchObject({
    username: 'system:serviceaccount:default:default',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
  });
  expect((await api.send('GET', `${NAMESPACE}/secrets`, { token })).status).toBe(403);
  expect((await api.send('GET', '/api', { token })).status).toBe(200);
});

it('a token ends with its time and with its pod, and holds for its audience only', async () => {
  expect(
    (await api.send('GET', '/api', { token: await tokenFor({ spec: { audiences: ['other'] } }) }))
      .status,
  ).toBe(401);
  await api.send('POST', `${NAMESPACE}/pods`, { body: pod('web') });
  const bound = await tokenFor({
    spec: { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'web' } },
  });
  const short = await tokenFor({ spec: { expirationSeconds: 600 } });
  expect((await api.send('GET', '/api', { token: bound })).status).toBe(200);
  await api.send('DELETE', `${NAMESPACE}/pods/web`);
  expect((await api.send('GET', '/api', { token: bound })).status).toBe(401);
  await api.ports.clock.advance(601_000);
  expect((await api.send('GET', '/api', { token: short })).status).toBe(401);
});

it('can-i answers by the same rules', async () => {
  const ask = (token?: string) =>
    api.send('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      body: {
        spec: { resourceAttributes: { verb: 'list', resource: 'pods', namespace: 'default' } },
      },
      ...present({ token }),
    });
  expect((await ask()).body['status']).toEqual({ allowed: true });
  expect((await ask(await tokenFor())).body['status']).toEqual({ allowed: false });
});

it('who may impersonate acts as the other; others may not', async () => {
  const whoami = (headers: Record<string, string>, token?: string) =>
    api.send('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      body: {},
      headers,
      ...present({ token }),
    });
  expect(
    (await whoami({ 'impersonate-user': 'bob', 'impersonate-group': 'dev' })).body['status']
      .userInfo,
  ).toEqual({ username: 'bob', groups: ['dev', 'system:authenticated'] });
  expect(
    (await api.send('GET', `${NAMESPACE}/pods`, { headers: { 'impersonate-user': 'bob' } })).status,
  ).toBe(403);
  expect((await whoami({ 'impersonate-user': 'bob' }, await tokenFor())).body['message']).toBe(
    'users "bob" is forbidden: User "system:serviceaccount:default:default" cannot impersonate resource "users" in API group "" at the cluster scope',
  );
  // kube-apiserver keeps a key with an invalid escape as it is.
  expect(
    (await whoami({ 'impersonate-user': 'bob', 'impersonate-extra-%zz': 'v' })).body['status']
      .userInfo,
  ).toMatchObject({ extra: { '%zz': ['v'] } });
  expect((await whoami({ 'impersonate-group': 'g' })).body['message']).toBe(
    'requested [{Group  g    }] without impersonating a user',
  );
});
