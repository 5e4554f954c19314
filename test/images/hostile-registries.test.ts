// Malicious registries: where they redirect a function, what they send it, and what of their texts a user sees.
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registryImages } from '../../src/images/registry-images.ts';
import type { ImageOutcome } from '../../src/ports/images.ts';
import { sha } from '../fakes/registries.ts';
import { RegistryWorld, type Host } from '../fakes/registry-world.ts';

const EVIL = 'evil.example';
const CONFIG = JSON.stringify({ architecture: 'amd64', config: { Cmd: ['run'] } });
const MANIFEST = JSON.stringify({ schemaVersion: 2, config: { digest: sha(CONFIG) }, layers: [] });
const BASIC = `Basic ${Buffer.from('u:p').toString('base64')}`;

let world: RegistryWorld;
beforeEach(async () => {
  world = await RegistryWorld.start();
});
afterEach(() => world.close());

const pull = (patienceMs?: number): Promise<ImageOutcome> =>
  registryImages({
    fetch: world.fetch(patienceMs),
    clock: { now: () => new Date(0) },
    architectures: ['amd64'],
  }).resolve(`${EVIL}/app:1`, 'Always', [{ registry: EVIL, username: 'u', password: 'p' }]);

/** A registry with a password and one image, except that `host` responds to requests for `part`. */
const asking =
  (part: 'HEAD' | 'manifests' | 'blobs', host: Host): Host =>
  (request, response) => {
    const { method, path, authorization } = request;
    if (authorization !== BASIC)
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    const is = method === 'HEAD' ? 'HEAD' : path.includes('/blobs/') ? 'blobs' : 'manifests';
    if (is === part) return host(request, response);
    if (is === 'HEAD')
      return void response.writeHead(200, { 'docker-content-digest': sha(MANIFEST) }).end();
    response.end(is === 'blobs' ? CONFIG : MANIFEST);
  };

it('without malice it is an image', async () => {
  world.host(
    EVIL,
    asking('blobs', (_request, response) => void response.end(CONFIG)),
  );
  expect(await pull()).toMatchObject({ config: { cmd: ['run'] } });
});

describe.each(['HEAD', 'manifests', 'blobs'] as const)('a redirect of %s', (part) => {
  it.each([
    ['the instance’s metadata', 'http://169.254.169.254/latest/meta-data/', 'is not asked'],
    ['the same by https', 'https://169.254.169.254/', 'not a public address'],
    ['the role’s credentials', 'https://169.254.170.2/v2/credentials', 'not a public address'],
    ['the runtime’s port', 'https://127.0.0.1:9001/', 'not a public address'],
    ['loopback in six bytes', 'https://[::ffff:7f00:1]/', 'not a public address'],
    ['loopback behind NAT64', 'https://[64:ff9b::7f00:1]/', 'not a public address'],
    ['loopback as a number', 'https://2130706433/', 'not a public address'],
    ['a network of its own', 'https://10.0.0.1/', 'not a public address'],
    ['a name that leads inside', 'https://inside.example/', 'not a public address'],
    ['plain HTTP', 'http://elsewhere.example/', 'is not asked'],
    ['a file', 'file:///etc/passwd', 'is not asked'],
    ['no address at all', 'https://', 'Invalid URL'],
  ])('to %s is not followed', async (_where, location, reason) => {
    world.host('inside.example', (_request, response) => void response.end(), '192.168.0.7');
    world.host(
      EVIL,
      asking(part, (_request, response) => void response.writeHead(307, { location }).end()),
    );
    expect(await pull()).toMatchObject({
      failure: 'ErrImagePull',
      message: expect.stringContaining(reason),
    });
    expect(new Set(world.requests.map(({ host }) => host))).toEqual(new Set([EVIL]));
  });

  it('to another host takes no password along, whatever that host asks for', async () => {
    const challenges = [
      'Basic realm="x"',
      'Bearer realm="https://taker.example/token",service="x"',
    ];
    for (const challenge of challenges) {
      world.host('taker.example', (_request, response) => {
        response.writeHead(401, { 'www-authenticate': challenge }).end();
      });
      const location = 'https://taker.example/';
      world.host(
        EVIL,
        asking(part, (_request, response) => void response.writeHead(307, { location }).end()),
      );
      expect(await pull()).toMatchObject({ failure: 'ErrImagePull' });
    }
    const taken = world.requests.filter(({ host }) => host === 'taker.example');
    expect(taken.map(({ authorization }) => authorization)).toEqual([undefined, undefined]);
  });

  it('that comes before the password is asked for names no token service', async () => {
    world.host('taker.example', (_request, response) => {
      const challenge = 'Bearer realm="https://taker.example/token",service="x"';
      response.writeHead(401, { 'www-authenticate': challenge }).end();
    });
    world.host(EVIL, (_request, response) => {
      response.writeHead(307, { location: 'https://taker.example/' }).end();
    });
    expect(await pull()).toMatchObject({ failure: 'ErrImagePull' });
    expect(world.requests.map(({ authorization }) => authorization)).toEqual([
      undefined,
      undefined,
    ]);
  });
});

it('a redirect that comes back to the registry does not bring the password back', async () => {
  world.host('between.example', (_request, response) => {
    response.writeHead(307, { location: `https://${EVIL}/back` }).end();
  });
  const once = asking('blobs', (_request, response) => {
    response.writeHead(307, { location: 'https://between.example/' }).end();
  });
  world.host(EVIL, (request, response) =>
    request.path === '/back' ? void response.end(CONFIG) : once(request, response),
  );
  expect(await pull()).toMatchObject({ config: { cmd: ['run'] } });
  expect(world.requests.at(-1)).toMatchObject({ path: '/back', authorization: undefined });
});

/** Sends for as long as somebody reads. */
const endless =
  (piece: Buffer): Host =>
  (_request, response) => {
    const more = (): void => {
      if (!response.destroyed) response.write(piece, more);
    };
    more();
  };

describe.each(['manifests', 'blobs'] as const)('content of %s', (part) => {
  it.each<[string, Host, string]>([
    ['that never ends', endless(Buffer.alloc(1 << 20, ' ')), 'is larger than'],
    [
      'that unpacks to many times its size',
      (_request, response) => {
        const bomb = gzipSync(Buffer.alloc(16 << 20, ' '));
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
      },
      'is larger than',
    ],
    [
      'that is packed twice',
      (_request, response) => {
        const bomb = gzipSync(gzipSync(Buffer.alloc(16 << 20, ' ')));
        response.writeHead(200, { 'content-encoding': 'gzip, gzip' }).end(bomb);
      },
      'is larger than',
    ],
    [
      'that claims to be large',
      (_request, response) =>
        void response.writeHead(200, { 'content-length': 1 << 30 }).write(' '),
      'is larger than',
    ],
    [
      'with another digest',
      (_request, response) => void response.end(CONFIG.replace('run', 'evil')),
      'unexpected commit digest',
    ],
    [
      'that breaks off',
      (_request, response) => {
        response.writeHead(200, { 'content-length': 100 }).write('{');
        setImmediate(() => response.destroy());
      },
      'failed to do request: Get',
    ],
  ])('%s is refused', async (_what, host, reason) => {
    world.host(EVIL, asking(part, host));
    expect(await pull()).toMatchObject({
      failure: 'ErrImagePull',
      message: expect.stringContaining(reason),
    });
  });

  it('that comes by drops ends with the patience of its reader', async () => {
    world.host(
      EVIL,
      asking(part, (_request, response) => void response.writeHead(200).write(' ')),
    );
    expect(await pull(1_000)).toMatchObject({
      failure: 'ErrImagePull',
      message: expect.stringContaining('context deadline exceeded'),
    });
  });
});

it.each([
  ['no digest', 'latest'],
  ['a path', '../../../other/manifests/latest'],
])('a platform that is named by %s is not asked for', async (_what, digest) => {
  const index = JSON.stringify({
    schemaVersion: 2,
    manifests: [{ digest, platform: { os: 'linux', architecture: 'amd64' } }],
  });
  world.host(EVIL, (request, response) => {
    if (request.method === 'HEAD')
      return void response.writeHead(200, { 'docker-content-digest': sha(index) }).end();
    response.end(index);
  });
  expect(await pull()).toMatchObject({
    message: expect.stringContaining('unsupported digest algorithm'),
  });
  expect(world.requests).toHaveLength(2);
});

it.each([
  ['405', 405, {}],
  ['no digest', 200, {}],
  ['a digest that is none', 200, { 'docker-content-digest': 'sha256:1' }],
])('a registry that answers HEAD with %s is asked by GET', async (_what, status, headers) => {
  world.host(
    EVIL,
    asking('HEAD', (_request, response) => void response.writeHead(status, headers).end()),
  );
  expect(await pull()).toMatchObject({ config: { cmd: ['run'] } });
  expect(world.asked()).toContain(`GET ${EVIL}/v2/app/manifests/1`);
});
