// The issuer: keys that rotate without invalidating tokens, and the documents by which AWS IAM verifies one.
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import type { JSONWebKeySet } from 'jose';
import { describe, expect, it } from 'vitest';
import { api } from '../../src/api/serve.ts';
import { issueToken, verifyToken } from '../../src/auth/service-account-tokens.ts';
import { publicKeys } from '../../src/auth/signing-keys.ts';
import type { Json } from '../../src/ports/json.ts';
import { requestOf } from '../api/client.ts';
import { fakePorts } from '../fakes/ports.ts';

const DAY_MS = 24 * 3_600_000;
const ACCOUNT = { name: 'robot', uid: 'u' };

async function world(settings: Parameters<typeof fakePorts>[0] = {}) {
  const ports = fakePorts(settings);
  await ports.store.commit({
    object: {
      key: { resource: 'serviceaccounts', namespace: 'default', name: 'robot' },
      object: { metadata: { name: 'robot', namespace: 'default', uid: 'u' } },
      expected: 'absent',
    },
  });
  const issue = async (expirationSeconds = 3_600, audiences: string[] = []) =>
    (
      await issueToken(ports, {
        namespace: 'default',
        serviceAccount: ACCOUNT,
        audiences,
        expirationSeconds,
      })
    ).token;
  const kidOf = (token: string) => decodeProtectedHeader(token).kid;
  const kids = async () => (await publicKeys(ports)).keys.map(({ kid }) => kid);
  return { ports, issue, kidOf, kids };
}

describe('keys', () => {
  it('R6: the first key signs at once and is published without its private part', async () => {
    const { ports, issue, kidOf } = await world();
    const token = await issue();
    const { keys } = await publicKeys(ports);
    expect(keys).toHaveLength(1);
    expect(kidOf(token)).toBe(keys[0]?.kid);
    expect(Object.keys(keys[0] ?? {})).toEqual(['use', 'kty', 'kid', 'crv', 'alg', 'x', 'y']);
  });

  it('R6: after 90 days a second key is published, signs a day later, and the first verifies on', async () => {
    const { ports, issue, kidOf, kids } = await world();
    const old = await issue(400 * 24 * 3_600);
    const [first] = await kids();
    await ports.clock.advance(90 * DAY_MS);
    expect(kidOf(await issue())).toBe(first);
    const [, second, ...more] = await kids();
    expect(more).toEqual([]);
    await ports.clock.advance(DAY_MS - 60_000);
    expect(kidOf(await issue())).toBe(first);
    await ports.clock.advance(60_000);
    const fresh = await issue();
    expect(kidOf(fresh)).toBe(second);
    for (const token of [old, fresh])
      expect((await verifyToken(ports, token))?.name).toBe('system:serviceaccount:default:robot');
  });

  it('R6: keys do not pile up: what is older than three years is gone, and so are its tokens', async () => {
    const { ports, issue, kids } = await world();
    const old = await issue(5 * 365 * 24 * 3_600);
    const [first] = await kids();
    for (let days = 0; days < 1_200; days += 91) {
      await ports.clock.advance(91 * DAY_MS);
      await issue();
    }
    const left = await kids();
    expect(left.length).toBeLessThanOrEqual(14);
    expect(left).not.toContain(first);
    expect(await verifyToken(ports, old)).toBeUndefined();
  });

  it('R6: two processes that begin or rotate at once agree on the keys', async () => {
    const { ports, kids } = await world();
    const other = { ...ports, store: Object.create(ports.store) as typeof ports.store };
    // The second process has its own memory and the same table.
    for (const method of ['getRecord', 'commit', 'get'] as const)
      Object.assign(other.store, { [method]: ports.store[method].bind(ports.store) });
    const both = async () =>
      Promise.all([kids(), publicKeys(other).then(({ keys }) => keys.map(({ kid }) => kid))]);
    const [mine, others] = await both();
    expect(mine).toEqual(others);
    await ports.clock.advance(91 * DAY_MS);
    const [mine2, others2] = await both();
    expect(mine2).toHaveLength(2);
    expect(mine2).toEqual(others2);
  });

  it('R6: a key of a droppod before rotation verifies and signs on', async () => {
    const first = await world();
    const token = await first.issue();
    const kept = (await first.ports.store.getRecord('key/service-accounts'))?.value as {
      keys: { jwk: Json }[];
    };
    const { ports, issue, kidOf } = await world();
    await ports.store.commit({
      records: [{ key: 'key/service-accounts', value: kept.keys[0]?.jwk ?? null, expected: 0 }],
    });
    expect((await verifyToken(ports, token))?.name).toBe('system:serviceaccount:default:robot');
    expect(kidOf(await issue())).toBe(first.kidOf(token));
  });

  it('R6: a token of an unknown key, or without one, is nobody’s', async () => {
    const { ports } = await world();
    const stranger = await (await world()).issue();
    expect(await verifyToken(ports, stranger)).toBeUndefined();
    const [, payload, signature] = stranger.split('.');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    expect(await verifyToken(ports, `${none}.${payload}.`)).toBeUndefined();
    expect(await verifyToken(ports, `${none}.${payload}.${signature}`)).toBeUndefined();
  });
});

describe('the documents on AWS', () => {
  const HOST = 'abc.lambda-url.eu-west-1.on.aws';

  it('R6: without login, a web identity token can be checked by them alone, as AWS IAM does', async () => {
    const { ports, issue } = await world({ settings: { mode: 'aws', apiHost: '' } });
    const get = async (url: string) => api(ports, new Request(url));
    const found = await get(`https://${HOST}/.well-known/openid-configuration`);
    expect([
      found.status,
      found.headers.get('content-type'),
      found.headers.get('cache-control'),
    ]).toEqual([200, 'application/json', 'public, max-age=3600']);
    const document = (await found.json()) as { issuer: string; jwks_uri: string };
    expect(document).toEqual({
      issuer: `https://${HOST}`,
      jwks_uri: `https://${HOST}/openid/v1/jwks`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    });
    const keySet = await get(document.jwks_uri);
    expect([
      keySet.status,
      keySet.headers.get('content-type'),
      keySet.headers.get('cache-control'),
    ]).toEqual([200, 'application/jwk-set+json', 'public, max-age=3600']);
    const keys = (await keySet.json()) as JSONWebKeySet;
    expect(Object.keys(keys.keys[0] ?? {})).toEqual(['use', 'kty', 'kid', 'alg', 'n', 'e']);
    // Sync knows the API's host from its environment, the API itself from the request.
    ports.settings.apiHost = HOST;
    const token = await issue(86_400, ['sts.amazonaws.com']);
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
      issuer: document.issuer,
      audience: 'sts.amazonaws.com',
      algorithms: ['RS256'],
      currentDate: ports.clock.now(),
    });
    expect(payload.sub).toBe('system:serviceaccount:default:robot');
    // It is valid for AWS and not for the API; one without an audience is valid for the API.
    const asked = async (bearer: string) =>
      (
        await api(
          { ...ports, settings: { ...ports.settings, apiHost: '' } },
          new Request(`https://${HOST}/api`, { headers: { authorization: `Bearer ${bearer}` } }),
        )
      ).status;
    expect(await asked(token)).toBe(401);
    expect(await asked(await issue())).toBe(200);
    expect(await asked(await issue(600, ['https://kubernetes.default.svc.cluster.local']))).toBe(
      200,
    );
  });

  it('R6: where the API runs locally its issuer is its address for pods, and another port spoils no token', async () => {
    const { ports, issue } = await world();
    const at = (apiPort: number) => ({ ...ports, settings: { ...ports.settings, apiPort } });
    const found = await api(
      at(6443),
      requestOf('GET', '/.well-known/openid-configuration', { token: '' }),
    );
    expect(await found.json()).toMatchObject({
      issuer: 'https://10.0.0.1:6443',
      id_token_signing_alg_values_supported: ['ES256'],
    });
    const token = await issue();
    expect((await api(at(7443), requestOf('GET', '/api', { token }))).status).toBe(200);
  });
});
