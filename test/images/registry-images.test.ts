// Image references, credentials, and the registry client, against a small registry.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { matchingCredentials } from '../../src/images/credentials.ts';
import { parseSecret } from '../../src/images/pull-secrets.ts';
import { parseReference, referenceProblem, shownName } from '../../src/images/reference.ts';
import { RegistryRefusal } from '../../src/images/refusal.ts';
import { registryImages } from '../../src/images/registry-images.ts';
import { present } from '../../src/present.ts';

const digest = (char: string): string => `sha256:${char.repeat(64)}`;

describe('references', () => {
  it.each([
    ['nginx', 'docker.io/library/nginx:latest'],
    ['user/app:1', 'docker.io/user/app:1'],
    ['localhost:5000/a/b', 'localhost:5000/a/b:latest'],
    ['registry.test/app:1@' + digest('a'), `registry.test/app@${digest('a')}`],
  ])('%s is %s', (image, name) => expect(shownName(parseReference(image)!)).toBe(name));

  it.each(['Nginx', 'a b', '', 'a@sha256:12', 'a:', 'a/../b'])('%j cannot be parsed', (image) =>
    expect(parseReference(image)).toBeUndefined(),
  );
});

describe('credentials', () => {
  const key = (registry: string) => ({ registry, username: registry, password: 'p' });
  it.each([
    ['https://index.docker.io/v1/', 'nginx', true],
    ['docker.io', 'user/app', true],
    ['*.registry.test', 'a.registry.test/app', true],
    ['*.registry.test', 'registry.test/app', false],
    ['registry.test/team', 'registry.test/team/app', true],
    ['registry.test/team', 'registry.test/teams/app', false],
  ])('%s for %s: %s', (registry, image, fits) =>
    expect(matchingCredentials([key(registry)], parseReference(image)!).length > 0).toBe(fits),
  );

  it('the most specific path comes first', () => {
    const found = matchingCredentials(
      [key('registry.test'), key('registry.test/team/app'), key('registry.test/team')],
      parseReference('registry.test/team/app')!,
    );
    expect(found.map(({ registry }) => registry)).toEqual([
      'registry.test/team/app',
      'registry.test/team',
      'registry.test',
    ]);
  });

  it('G5: reads a dockerconfigjson secret', () => {
    const auth = Buffer.from('me:pass:word').toString('base64');
    const config = JSON.stringify({ auths: { 'registry.test': { auth } } });
    const secret = {
      metadata: {},
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockerconfigjson': Buffer.from(config).toString('base64') },
    };
    expect(parseSecret(secret)).toEqual([
      { registry: 'registry.test', username: 'me', password: 'pass:word' },
    ]);
    expect(parseSecret({ ...secret, data: { '.dockerconfigjson': 'bm9wZQ==' } })).toEqual([]);
  });
});

describe('what is wrong with a name', () => {
  it.each([
    ['UPPER', 'invalid reference format: repository name (library/UPPER) must be lowercase'],
    [
      'registry.test/Team/app:1',
      'invalid reference format: repository name (Team/app) must be lowercase',
    ],
    ['No/Good', 'invalid reference format: repository name (Good) must be lowercase'],
    ['a b', 'invalid reference format'],
    [
      'a'.repeat(64),
      `invalid repository name (${'a'.repeat(64)}), cannot specify 64-byte hexadecimal strings`,
    ],
  ])('%s: %s', (image, problem) => {
    expect(parseReference(image)).toBeUndefined();
    expect(referenceProblem(image)).toBe(problem);
  });
});

const sha = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const CONFIG = JSON.stringify({
  architecture: 'amd64',
  config: {
    Entrypoint: ['/app'],
    Cmd: ['run'],
    Env: ['A=1'],
    User: '1000',
    WorkingDir: '/w',
    StopSignal: 'SIGINT',
  },
});
const MANIFEST = JSON.stringify({
  schemaVersion: 2,
  config: { digest: sha(CONFIG) },
  layers: [{ size: 100 }, { size: 23 }],
});
const index = (architecture: string): string =>
  JSON.stringify({
    schemaVersion: 2,
    manifests: [
      { digest: digest('a'), platform: { os: 'linux', architecture: 'arm64' } },
      { digest: sha(MANIFEST), platform: { os: 'linux', architecture } },
    ],
  });
const CONTENT: Record<string, string> = {
  latest: index('amd64'),
  foreign: index('s390x'),
  old: '{"schemaVersion":1}',
  broken: '<html>',
  [sha(MANIFEST)]: MANIFEST,
  [sha(CONFIG)]: CONFIG,
  [digest('e')]: CONFIG,
};

/** A registry with one image of two platforms that requires a token; private repositories also require the right user. */
function registry(endpoint?: string) {
  const asked: string[] = [];
  const fetch = (
    url: string,
    { headers }: { headers: Record<string, string> },
  ): Promise<Response> => {
    asked.push(`${url} ${headers['authorization']?.split(' ')[0] ?? '-'}`);
    const { pathname, host } = new URL(url);
    if (host === 'auth.test')
      return Promise.resolve(
        headers['authorization']?.endsWith(Buffer.from('u:p').toString('base64'))
          ? Response.json({ access_token: 'user' })
          : headers['authorization']
            ? new Response(null, { status: 401, statusText: 'Unauthorized' })
            : Response.json({ token: 'anyone' }),
      );
    const wanted = pathname.includes('private') ? 'Bearer user' : 'Bearer ';
    if (!headers['authorization']?.startsWith(wanted)) {
      const challenge =
        'Bearer realm="https://auth.test/token",service="registry.test",scope="repository:app:pull"';
      return Promise.resolve(
        new Response(null, { status: 401, headers: { 'www-authenticate': challenge } }),
      );
    }
    const content = CONTENT[pathname.split('/').at(-1) ?? ''];
    return Promise.resolve(
      content === undefined ? new Response(null, { status: 404 }) : new Response(content),
    );
  };
  return {
    asked,
    images: registryImages({
      fetch,
      clock: { now: () => new Date(0) },
      architectures: ['amd64'],
      ...present({ endpoint }),
    }),
  };
}

const user = (password: string) => ({ registry: 'registry.test', username: 'u', password });
const head = (name: string): string =>
  `failed to pull and unpack image "${name}": failed to resolve reference "${name}"`;

describe('resolving', () => {
  it("G7: reads the config of the wanted platform, by token; the index' digest is the image id", async () => {
    expect(await registry().images.resolve('registry.test/app', 'Always', [])).toEqual({
      pulled: true,
      milliseconds: 0,
      config: {
        digest: sha(MANIFEST),
        reference: `registry.test/app@${sha(MANIFEST)}`,
        imageId: `registry.test/app@${sha(index('amd64'))}`,
        name: 'registry.test/app:latest',
        sizeBytes: 123,
        architecture: 'amd64',
        entrypoint: ['/app'],
        cmd: ['run'],
        env: ['A=1'],
        user: '1000',
        workingDir: '/w',
        stopSignal: 'SIGINT',
      },
    });
  });

  it('one registry may answer for all others, under their names', async () => {
    const { images, asked } = registry('http://127.0.0.1:5000/all');
    expect(await images.resolve('app', 'Always', [])).toMatchObject({
      config: { reference: `docker.io/library/app@${sha(MANIFEST)}` },
    });
    const urls = asked.map((line) => line.split(' ')[0]).filter((url) => !url?.includes('auth'));
    expect(new Set(urls.map((url) => url?.replace(/(manifests|blobs)\/.*/, '$1')))).toEqual(
      new Set(
        ['manifests', 'blobs'].map(
          (part) => `http://127.0.0.1:5000/all/v2/docker.io/library/app/${part}`,
        ),
      ),
    );
  });

  it("G5: a private image needs the pod's credential, and the answer names the one that opened it", async () => {
    const { images, asked } = registry();
    expect(await images.resolve('registry.test/private', 'Always', [])).toMatchObject({
      failure: 'ErrImagePull',
      message: expect.stringContaining(
        'pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
      ),
    });
    expect(
      await images.resolve('registry.test/private', 'Always', [user('wrong'), user('p')]),
    ).toMatchObject({ pulled: true, credential: user('p') });
    expect(
      asked.filter((line) => line.startsWith('https://registry.test') && line.endsWith('Basic')),
    ).toEqual([]);
    expect(await images.resolve('registry.test/private', 'Always', [user('wrong')])).toEqual({
      failure: 'ErrImagePull',
      message: `rpc error: code = Unknown desc = ${head('registry.test/private:latest')}: failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized`,
    });
  });

  it('G4: an image that is known by its digest is not read again', async () => {
    const { images, asked } = registry();
    await images.resolve('registry.test/app', 'Always', []);
    const before = asked.length;
    await images.resolve('registry.test/app', 'Always', []);
    expect(asked.slice(before).filter((url) => url.includes('/blobs/'))).toEqual([]);
  });

  it("the node's own credentials come after the pod's and are not handed on", async () => {
    const { fetch } = {
      fetch: (_url: string, { headers }: { headers: Record<string, string> }) =>
        Promise.resolve(
          headers['authorization']?.endsWith(Buffer.from('AWS:t').toString('base64'))
            ? new Response(MANIFEST)
            : new Response(null, {
                status: 401,
                statusText: 'Unauthorized',
                headers: { 'www-authenticate': 'Basic realm="ecr"' },
              }),
        ),
    };
    const images = registryImages({
      fetch,
      clock: { now: () => new Date(0) },
      architectures: ['amd64'],
      nodeCredentials: (host) =>
        Promise.resolve([{ registry: host, username: 'AWS', password: 't' }]),
    });
    // The manifest passes, but not the blob of this scripted registry: the credential was right.
    expect(
      await images.resolve('1.dkr.ecr.eu-west-1.amazonaws.com/app:1', 'Always', []),
    ).toMatchObject({ message: expect.stringContaining('unexpected commit digest') });
  });
});

describe('what cannot be resolved', () => {
  it('where the node is given no password, the pod shows why beside what the registry says to strangers', async () => {
    const images = registryImages({
      fetch: () => Promise.resolve(new Response('', { status: 401 })),
      clock: { now: () => new Date(0) },
      architectures: ['amd64'],
      nodeCredentials: () => Promise.reject(new RegistryRefusal('AWS does not permit it: no')),
    });
    const outcome = await images.resolve('1.dkr.ecr.eu-west-1.amazonaws.com/app:1', 'Always', []);
    expect(outcome).toMatchObject({
      failure: 'ErrImagePull',
      message: expect.stringMatching(/^\[AWS does not permit it: no, .*app:1/) as string,
    });
  });

  it.each([
    [
      'registry.test/app:gone',
      {
        failure: 'ErrImagePull',
        message: `rpc error: code = NotFound desc = ${head('registry.test/app:gone')}: registry.test/app:gone: not found`,
      },
    ],
    [
      'No/Good',
      {
        failure: 'InvalidImageName',
        message:
          'Failed to apply default image tag "No/Good": couldn\'t parse image name "No/Good": invalid reference format: repository name (Good) must be lowercase',
      },
    ],
    [
      'registry.test/app:foreign',
      {
        failure: 'ErrImagePull',
        message: expect.stringContaining('no match for platform in manifest: not found'),
      },
    ],
    [
      'registry.test/app:old',
      {
        failure: 'ErrImagePull',
        message: expect.stringContaining('is no longer supported since containerd v2.1'),
      },
    ],
    [
      'registry.test/app:broken',
      { failure: 'ErrImagePull', message: expect.stringContaining('is not JSON') },
    ],
    [
      `registry.test/app@${digest('e')}`,
      {
        failure: 'ErrImagePull',
        message: expect.stringContaining(
          `unexpected commit digest ${sha(CONFIG)}, expected ${digest('e')}`,
        ),
      },
    ],
  ])('%s cannot be had', async (image, outcome) =>
    expect(await registry().images.resolve(image, 'Always', [])).toMatchObject(outcome),
  );

  it.each([
    [
      Object.assign(new Error('connect'), {
        code: 'ECONNREFUSED',
        address: '192.0.2.1',
        port: 443,
      }),
      'dial tcp 192.0.2.1:443: connect: connection refused',
    ],
    [
      Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }),
      'dial tcp: lookup registry.test: no such host',
    ],
    [new DOMException('late', 'TimeoutError'), 'context deadline exceeded'],
  ])('B1: a registry that does not answer: %s', async (cause, text) => {
    const fetch = () =>
      Promise.reject(
        cause.name === 'TimeoutError' ? cause : new TypeError('fetch failed', { cause }),
      );
    const images = registryImages({
      fetch,
      clock: { now: () => new Date(0) },
      architectures: ['amd64'],
    });
    expect(await images.resolve('registry.test/app', 'Always', [])).toEqual({
      failure: 'ErrImagePull',
      message: `rpc error: code = Unknown desc = ${head('registry.test/app:latest')}: failed to do request: Head "https://registry.test/v2/app/manifests/latest": ${text}`,
    });
  });
});
