// A push to a scripted registry: requests and their order, retries, and error messages.
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { pushImage, type PushedImage, type PushTools } from '../../src/images/push-image.ts';
import { ScriptedRegistry, type RegistryRequest } from '../fakes/scripted-registry.ts';

const REGISTRY = '000000000000.dkr.ecr.us-east-1.amazonaws.com';
const digestOf = (text: string): string =>
  `sha256:${createHash('sha256').update(text).digest('hex')}`;
const content = (text: string, holds = text) => ({
  digest: digestOf(text),
  read: () => Promise.resolve(new Uint8Array(Buffer.from(holds))),
});

const image = (change: Partial<PushedImage> = {}): PushedImage => ({
  registry: REGISTRY,
  repository: 'droppod/podlet',
  tag: 'v1',
  blobs: [content('layer'), content('config')],
  manifests: [
    { ...content('{"manifest":1}'), mediaType: 'manifest' },
    { ...content('{"index":1}'), mediaType: 'index' },
  ],
  ...change,
});

/** Tools whose waits are recorded instead of waited for. */
function tools(registry: ScriptedRegistry): PushTools & { waits: number[] } {
  const waits: number[] = [];
  return {
    waits,
    fetch: registry.fetch,
    clock: { sleep: (ms) => (waits.push(ms), Promise.resolve()) },
    credential: { registry: REGISTRY, username: 'AWS', password: 'secret-of-ecr' },
  };
}

const failing = (
  when: (request: RegistryRequest) => boolean,
  answer: () => Response | Error,
  times = Infinity,
): ScriptedRegistry => {
  let left = times;
  return new ScriptedRegistry((request) => (when(request) && left-- > 0 ? answer() : undefined));
};

it('sends blobs, then manifests, the index last and under its tag as well', async () => {
  const registry = new ScriptedRegistry();
  expect(await pushImage(tools(registry), image())).toBe(digestOf('{"index":1}'));
  expect([...registry.blobs.values()].map(String)).toEqual(['layer', 'config']);
  expect(registry.asked.filter((line) => line.includes('manifests'))).toEqual([
    `PUT droppod/podlet/manifests/${digestOf('{"manifest":1}')}`,
    `PUT droppod/podlet/manifests/${digestOf('{"index":1}')}`,
    'PUT droppod/podlet/manifests/v1',
  ]);
  expect(registry.requests.map(({ url }) => url.origin)).toEqual(
    registry.requests.map(() => `https://${REGISTRY}`),
  );
  const types = registry.requests
    .filter(({ url }) => url.pathname.includes('manifests'))
    .map(({ headers }) => headers.get('content-type'));
  expect(types).toEqual(['manifest', 'index', 'index']);
});

it.each([
  ['200', () => new Response(null, { status: 200 })],
  // ECR's response for an existing blob.
  ['a redirect', () => new Response(null, { status: 307, headers: { location: 'https://s3/' } })],
])('does not send a blob that the registry has (%s), nor read it', async (_, answer) => {
  const registry = failing(({ method }) => method === 'HEAD', answer);
  const unread = { ...content('layer'), read: () => Promise.reject(new Error('was read')) };
  await pushImage(tools(registry), image({ blobs: [unread] }));
  expect(registry.asked.filter((line) => /^(POST|PATCH)/.test(line))).toEqual([]);
});

it.each([429, 500, 502, 503, 504])(
  'an upload that meets %i begins anew, after a wait that doubles',
  async (status) => {
    const registry = failing(
      ({ method }) => method === 'PATCH',
      () => new Response('busy', { status }),
      2,
    );
    const used = tools(registry);
    await pushImage(used, image({ blobs: [content('layer')] }));
    expect(registry.asked.filter((line) => line.startsWith('POST'))).toHaveLength(3);
    expect(String(registry.blobs.get(digestOf('layer')))).toBe('layer');
    expect(used.waits).toEqual([500, 1000]);
  },
);

it('a connection that breaks is tried again', async () => {
  const registry = failing(
    ({ method }) => method === 'PUT',
    () => new TypeError('fetch failed', { cause: new Error('read ECONNRESET') }),
    1,
  );
  await pushImage(tools(registry), image());
  expect(registry.manifests.has('v1')).toBe(true);
});

it('gives up after five tries, with the last reason', async () => {
  const registry = failing(
    ({ method }) => method === 'HEAD',
    () => new Response('', { status: 503, statusText: 'Service Unavailable' }),
  );
  const used = tools(registry);
  await expect(pushImage(used, image())).rejects.toThrow(
    `HEAD /v2/droppod/podlet/blobs/${digestOf('layer')}: 503`,
  );
  expect(used.waits).toHaveLength(4);
});

it.each([
  [401, 'UNAUTHORIZED', 'authentication required'],
  [403, 'DENIED', 'User is not authorized to perform: ecr:InitiateLayerUpload'],
  [404, 'NAME_UNKNOWN', 'The repository does not exist'],
  [405, 'UNSUPPORTED', 'Invalid parameter'],
  [413, 'SIZE_INVALID', 'too large'],
])('%i is final and says the registry’s own words', async (status, code, message) => {
  const registry = failing(
    ({ method }) => method === 'POST',
    () => Response.json({ errors: [{ code, message }] }, { status }),
  );
  const used = tools(registry);
  const failed = await pushImage(used, image()).catch((error: Error) => error.message);
  expect(failed).toBe(`POST /v2/droppod/podlet/blobs/uploads/: ${status} ${code} ${message}`);
  expect(used.waits).toEqual([]);
  expect(failed).not.toContain('secret');
});

it('a page of a proxy is shown as it is, cut', async () => {
  const registry = failing(
    () => true,
    () => new Response(`<html>\n${'x'.repeat(9_000)}`, { status: 400 }),
  );
  const failed = await pushImage(tools(registry), image()).catch((error: Error) => error.message);
  expect(failed).toContain('<html> xxx');
  expect(String(failed).length).toBeLessThan(700);
});

it.each([
  ['a place without an address', {}, 'names no place'],
  [
    'another host',
    { location: 'https://elsewhere.example/up' },
    'another host (elsewhere.example)',
  ],
  ['no encryption', { location: `http://${REGISTRY}/up` }, 'another host'],
])('the password does not follow an upload to %s', async (_, headers, reason) => {
  const registry = failing(
    ({ method }) => method === 'POST',
    () => new Response(null, { status: 202, headers }),
  );
  await expect(pushImage(tools(registry), image())).rejects.toThrow(reason);
  expect(registry.requests.every(({ url }) => url.host === REGISTRY)).toBe(true);
});

it('content that is not what its digest says is not sent', async () => {
  const registry = new ScriptedRegistry();
  const damaged = image({ blobs: [content('layer', 'lay')] });
  await expect(pushImage(tools(registry), damaged)).rejects.toThrow('is damaged');
  expect(registry.asked.filter((line) => line.startsWith('POST'))).toEqual([]);
});

it('a registry that keeps another manifest than the one sent is an error', async () => {
  const registry = failing(
    ({ method, url }) => method === 'PUT' && url.pathname.includes('manifests'),
    () => new Response(null, { status: 201, headers: { 'docker-content-digest': 'sha256:1' } }),
  );
  await expect(pushImage(tools(registry), image())).rejects.toThrow('the registry keeps sha256:1');
});
