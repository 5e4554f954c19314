// Forged input: continue tokens, options and members that are not texts. Refused in Kubernetes' words, never accepted, never a 500.
import { describe, expect, it } from 'vitest';
import { createApi, NAMESPACE, pod } from './client.ts';

const api = await createApi();
const PODS = `${NAMESPACE}/pods`;
const MAP = `${NAMESPACE}/configmaps/m`;
await api.send('POST', `${NAMESPACE}/configmaps`, {
  body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' } },
});
for (const name of ['a', 'b', 'c']) await api.send('POST', PODS, { body: pod(name) });
await api.send('POST', '/api/v1/namespaces', {
  body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } },
});
await api.send('POST', '/api/v1/namespaces/other/pods', { body: pod('hidden') });

/** A value whose `toString` is not a function: `String(value)` throws. */
const NO_TEXT = { toString: 1, valueOf: 1 };
const V1 = 'meta.k8s.io/v1';

describe('the token of a next page', () => {
  const page = (token: unknown) =>
    api.send(
      'GET',
      `${PODS}?limit=1&continue=${Buffer.from(JSON.stringify(token)).toString('base64url')}`,
    );

  it('is taken as it was given out', async () => {
    const first = await api.send('GET', `${PODS}?limit=1`);
    const second = await api.send(
      'GET',
      `${PODS}?limit=1&continue=${first.body['metadata'].continue as string}`,
    );
    expect(second.body['items'][0].metadata.name).toBe('b');
    const all = await api.send('GET', '/api/v1/pods?limit=2');
    const rest = await api.send(
      'GET',
      `/api/v1/pods?continue=${all.body['metadata'].continue as string}`,
    );
    expect(rest.body['items']).toHaveLength(2);
  });

  it.each([
    ['null', null],
    ['a list', []],
    ['a version that is no text', { v: NO_TEXT, rv: 1, start: '/a' }],
    ['another version', { v: 'v2', rv: 1, start: '/a' }],
    ['no resourceVersion', { v: V1, start: '/a' }],
    ['a resourceVersion of 0', { v: V1, rv: 0, start: '/a' }],
    ['half a one', { v: V1, rv: 1.5, start: '/a' }],
    ['one that no counter reaches', { v: V1, rv: 1e300, start: '/a' }],
    ['one that is no number', { v: V1, rv: NO_TEXT, start: '/a' }],
    ['no start', { v: V1, rv: 1 }],
    ['a start that is no text', { v: V1, rv: 1, start: NO_TEXT }],
    ['a start that goes up', { v: V1, rv: 1, start: '/../secrets/a' }],
    ['a start of empty parts', { v: V1, rv: 1, start: '//a' }],
    ['a start of too many parts', { v: V1, rv: 1, start: '/a/b/c' }],
  ])('is refused with %s', async (_what, token) => {
    const { status, body } = await page(token);
    expect([status, body['message']]).toEqual([
      400,
      expect.stringMatching(/^invalid continue token: continue key is not valid: /),
    ]);
  });

  // As kube-apiserver 1.35 does.
  it.each([
    ['a negative version: the rest as it is now', { v: V1, rv: -7, start: '/a\0' }],
    ['a start without its slash', { v: V1, rv: 1, start: 'a\0' }],
  ])('is taken with %s', async (_what, token) => {
    expect((await page(token)).status).toBe(200);
  });

  it('does not lead out of its namespace, nor does its count become one', async () => {
    const { status, text } = await page({ v: V1, rv: 1, start: '/aaa/a\0', left: -5 });
    expect([status, text.includes('hidden')]).toEqual([200, false]);
    const counted = await page({ v: V1, rv: 1, start: '/a\0', left: -5 });
    expect(counted.body['metadata'].remainingItemCount).toBe(1);
  });
});

it.each([
  [
    'apiVersion of an apply',
    'application/apply-patch+yaml',
    { apiVersion: NO_TEXT, kind: NO_TEXT },
  ],
  ['kind of an apply', 'application/apply-patch+yaml', { apiVersion: 'v1', kind: NO_TEXT }],
  ['directive of a patch', 'application/strategic-merge-patch+json', { $patch: NO_TEXT }],
  ['directive below', 'application/strategic-merge-patch+json', { metadata: { $patch: NO_TEXT } }],
  ['operation', 'application/json-patch+json', [{ op: NO_TEXT, path: '/a' }]],
  ['path', 'application/json-patch+json', [{ op: 'add', path: NO_TEXT }]],
])('%s that is no text is refused', async (_what, type, body) => {
  const { status, text } = await api.send('PATCH', `${MAP}?fieldManager=f`, {
    body,
    headers: { 'content-type': type },
  });
  expect(text).not.toContain('internal error');
  // Kubernetes responds to an unknown directive with 500.
  expect([status, text]).toEqual([
    expect.toSatisfy((code: number) =>
      (text.includes('unknown patch type') ? [500] : [400, 422]).includes(code),
    ),
    expect.not.stringContaining('cannot be decoded'),
  ]);
});

it.each([
  `${PODS}?limit=${'9'.repeat(400)}`,
  `${PODS}?limit=18446744073709551616`,
  `${PODS}?watch=1&timeoutSeconds=-${'9'.repeat(30)}`,
  `${PODS}/a/log?tailLines=${'9'.repeat(400)}`,
  `${PODS}/a/log?limitBytes=${'9'.repeat(25)}`,
  `${PODS}/a/log?sinceSeconds=${'9'.repeat(30)}`,
])('a number beyond 64 bits is out of range: %s', async (path) => {
  const { status, body } = await api.send('GET', path);
  expect([status, body['message']]).toEqual([400, expect.stringContaining('value out of range')]);
});

it.each([
  '+099999-01-01T00:00:00Z',
  '99999-01-01T00:00:00Z',
  '2020',
  'Jan 1',
  '2020-01-01',
  '2020-13-01T00:00:00Z',
])('a time that is not RFC 3339 is no start of a log: %s', async (time) => {
  const { status, body } = await api.send(
    'GET',
    `${PODS}/a/log?sinceTime=${encodeURIComponent(time)}`,
  );
  expect([status, body['message']]).toEqual([400, expect.stringContaining('parsing time')]);
});
