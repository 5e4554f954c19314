// Docker Hub, ECR Public and ECR as they really answer: what is asked of each, what is remembered, and where a password goes.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registryImages } from '../../src/images/registry-images.ts';
import type { KeptImages } from '../../src/images/image-memory.ts';
import type { Mirrors } from '../../src/images/mirrors.ts';
import type { ImageOutcome, RegistryCredential } from '../../src/ports/images.ts';
import { dockerHub, ecr, ecrPublic, type RegistryContent } from '../fakes/registries.ts';
import { RegistryWorld } from '../fakes/registry-world.ts';

const ECR = '123456789012.dkr.ecr.us-east-1.amazonaws.com';
const HUB = 'registry-1.docker.io';
const USER = { registry: 'docker.io', username: 'me', password: 'hunter2' };
const ofNode = (registry: string): RegistryCredential => ({
  registry,
  username: 'AWS',
  password: 'ecr-token',
});

let world: RegistryWorld;
let kept: KeptImages & { texts: Map<string, string> };
beforeEach(async () => {
  world = await RegistryWorld.start();
  const texts = new Map<string, string>();
  kept = {
    texts,
    get: (key) => Promise.resolve(texts.get(key)),
    put: (key, text) => Promise.resolve(void texts.set(key, text)),
  };
});
afterEach(() => world.close());

/** A function that has just begun: it remembers nothing but what is kept. */
const pull = (
  image: string,
  credentials: RegistryCredential[] = [],
  mirrors: Mirrors = {},
): Promise<ImageOutcome> =>
  registryImages({
    fetch: world.fetch(),
    clock: { now: () => new Date(0) },
    architectures: ['amd64'],
    nodeCredentials: (registry) => Promise.resolve(registry === ECR ? [ofNode(ECR)] : []),
    kept,
    mirrors,
  }).resolve(image, 'Always', credentials);

const cmdOf = (outcome: ImageOutcome): unknown =>
  'config' in outcome ? outcome.config.cmd : outcome;
/** Digests differ from image to image. */
const shape = (asked: string[]): string[] =>
  asked.map((line) => line.replace(/sha256:[0-9a-f]{64}/, 'DIGEST'));

describe.each([
  {
    name: 'Docker Hub',
    image: 'nginx',
    repository: 'library/nginx',
    tag: 'latest',
    host: HUB,
    token: ['GET auth.docker.io/token'],
    storage: 'production.cloudflare.docker.com',
    make: () => dockerHub(world),
  },
  {
    name: 'ECR Public',
    image: 'public.ecr.aws/docker/library/nginx:1',
    repository: 'docker/library/nginx',
    tag: '1',
    host: 'public.ecr.aws',
    token: ['GET public.ecr.aws/token/'],
    storage: 'd2glxqk2uabbnd.cloudfront.net',
    make: () => ecrPublic(world),
  },
  {
    name: 'ECR',
    image: `${ECR}/team/app:1`,
    repository: 'team/app',
    tag: '1',
    host: ECR,
    token: [],
    storage: 'prod-us-east-1-starport-layer-bucket.s3.us-east-1.amazonaws.com',
    make: () => ecr(world, ECR, 'ecr-token'),
  },
])('$name', ({ image, repository, tag, host, token, storage, make }) => {
  let content: RegistryContent;
  beforeEach(() => {
    content = make();
    content.put(repository, tag, 'first');
  });
  const base = `${host}/v2/${repository}`;
  const head = [
    `HEAD ${base}/manifests/${tag}`,
    ...token,
    // With the token or the password.
    `HEAD ${base}/manifests/${tag}`,
  ];

  it('is asked for the digest by HEAD, then for what is behind it, and its storage sees no password', async () => {
    expect(cmdOf(await pull(image))).toEqual(['first']);
    const bare = world.requests.filter((request) => request.host === storage);
    expect(bare.map(({ authorization }) => authorization)).toEqual([undefined]);
    expect(shape(world.asked())).toEqual([
      ...head,
      `GET ${base}/manifests/DIGEST`,
      `GET ${base}/manifests/DIGEST`,
      `GET ${base}/blobs/DIGEST`,
      `GET ${storage}/data`,
    ]);
  });

  it('is asked by HEAD alone for an image that another function has read', async () => {
    const first = await pull(image);
    world.asked();
    expect(await pull(image)).toEqual(first);
    expect(world.asked()).toEqual(head);
  });

  it('a tag that moved is read anew, and its old digest is still known', async () => {
    await pull(image);
    const digest = content.put(repository, tag, 'second');
    expect(cmdOf(await pull(image))).toEqual(['second']);
    world.asked();
    expect(cmdOf(await pull(`${image.replace(/:[^:/]*$/, '')}@${digest}`))).toEqual(['second']);
    expect(world.asked().filter((line) => line.startsWith(`GET ${base}`))).toEqual([]);
  });

  it('what it does not have is not found, after HEAD alone', async () => {
    const gone = `${image.replace(/:[^:/]*$/, '')}:gone`;
    expect(await pull(gone)).toMatchObject({
      failure: 'ErrImagePull',
      message: expect.stringContaining(':gone: not found'),
    });
    expect(world.asked().filter((line) => line.startsWith(`GET ${base}`))).toEqual([]);
  });
});

describe('Docker Hub’s limit', () => {
  it('counts two manifests per image and none for an image that is known; beyond it the reason is its own', async () => {
    const hub = dockerHub(world, { pulls: 2 });
    hub.put('library/nginx', 'latest', 'nginx');
    hub.put('library/redis', 'latest', 'redis');
    expect(cmdOf(await pull('nginx'))).toEqual(['nginx']);
    expect(await pull('redis')).toMatchObject({
      failure: 'ErrImagePull',
      message: expect.stringMatching(
        /failed to copy: .*: 429 Too Many Requests - Server message: TOOMANYREQUESTS You have reached/,
      ),
    });
    expect(cmdOf(await pull('nginx'))).toEqual(['nginx']);
  });
});

describe('who may read', () => {
  it('Docker Hub: the password goes to its token service alone, and a kept image stays closed to others', async () => {
    dockerHub(world, { users: { me: 'hunter2' } }).put('private/app', '1', 'secret');
    expect(await pull('private/app:1', [USER])).toMatchObject({ credential: USER });
    const withPassword = world.requests.filter(({ authorization }) =>
      authorization?.startsWith('Basic'),
    );
    expect(withPassword.map(({ host }) => host)).toEqual(['auth.docker.io']);
    expect(kept.texts.size).toBe(1);
    expect(await pull('private/app:1')).toMatchObject({
      message: expect.stringContaining('insufficient_scope'),
    });
    expect(await pull('private/app:1', [{ ...USER, password: 'wrong' }])).toMatchObject({
      message: expect.stringContaining('failed to fetch oauth token: unexpected status: 401'),
    });
  });

  it('ECR: the node’s password goes to its host alone; a repository of another account is refused', async () => {
    ecr(world, ECR, 'ecr-token').put('closed/app', '1', 'secret');
    expect(await pull(`${ECR}/closed/app:1`)).toMatchObject({
      message: expect.stringContaining('unexpected status from HEAD request to https://'),
    });
    const asked = world.requests.filter(({ authorization }) => authorization !== undefined);
    expect(new Set(asked.map(({ host }) => host))).toEqual(new Set([ECR]));
  });

  it('a registry that claims another’s digest learns nothing of that image', async () => {
    const digest = dockerHub(world).put('library/nginx', 'latest', 'mine');
    await pull('nginx');
    world.host('evil.example', ({ method }, response) => {
      response.writeHead(method === 'HEAD' ? 200 : 404, { 'docker-content-digest': digest }).end();
    });
    expect(await pull('evil.example/library/nginx')).toMatchObject({ failure: 'ErrImagePull' });
  });
});

describe('a mirror', () => {
  const mirrors = { 'docker.io': `${ECR}/docker-hub` };

  it('is where the task pulls from, under the name that users gave; it gets no password of the registry', async () => {
    const mirror = ecr(world, ECR, 'ecr-token');
    mirror.put('docker-hub/library/nginx', 'latest', 'mirrored');
    const outcome = await pull('nginx', [USER], mirrors);
    expect(outcome).toMatchObject({
      config: {
        cmd: ['mirrored'],
        name: 'docker.io/library/nginx:latest',
        imageId: expect.stringMatching(/^docker\.io\/library\/nginx@sha256:/),
        reference: expect.stringMatching(
          /^123456789012\.dkr\.ecr\.us-east-1\.amazonaws\.com\/docker-hub\/library\/nginx@sha256:/,
        ),
      },
    });
    expect(outcome).not.toHaveProperty('credential');
    const hers = `Basic ${Buffer.from('me:hunter2').toString('base64')}`;
    expect(world.requests.map(({ authorization }) => authorization)).not.toContain(hers);
    expect(new Set(world.requests.map(({ host }) => host))).not.toContain(HUB);
  });

  it('that lacks an image, or is gone, leaves it to the registry', async () => {
    dockerHub(world, { users: { me: 'hunter2' } }).put('private/app', '1', 'own');
    expect(await pull('private/app:1', [USER], mirrors)).toMatchObject({
      config: { cmd: ['own'], reference: expect.stringContaining('docker.io/private/app@') },
      credential: USER,
    });
    ecr(world, ECR, 'ecr-token');
    expect(cmdOf(await pull('private/app:1', [USER], mirrors))).toEqual(['own']);
  });

  it('and a registry that both refuse name both reasons', async () => {
    dockerHub(world);
    ecr(world, ECR, 'ecr-token');
    expect(await pull('nginx', [], mirrors)).toMatchObject({
      message: expect.stringMatching(
        /^\[.*docker-hub\/library\/nginx.*, .*docker\.io\/library.*\]$/,
      ),
    });
  });
});
