// Image references, credentials, and the talk with a registry, against a registry of a few lines.
import { describe, expect, it } from 'vitest';
import { matchingCredentials } from '../../src/images/credentials.ts';
import { parseSecret } from '../../src/images/pull-secrets.ts';
import { parseReference, shownName } from '../../src/images/reference.ts';
import { registryImages } from '../../src/images/registry-images.ts';

const digest = (char: string): string => `sha256:${char.repeat(64)}`;

describe('references', () => {
  it.each([
    ['nginx', 'docker.io/library/nginx:latest'],
    ['user/app:1', 'docker.io/user/app:1'],
    ['localhost:5000/a/b', 'localhost:5000/a/b:latest'],
    ['registry.test/app:1@' + digest('a'), `registry.test/app@${digest('a')}`],
  ])('%s is %s', (image, name) => expect(shownName(parseReference(image)!)).toBe(name));

  it.each(['Nginx', 'a b', '', 'a@sha256:12', 'a:', 'a/../b'])('%j cannot be parsed', (image) => expect(parseReference(image)).toBeUndefined());
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
  ])('%s for %s: %s', (registry, image, fits) => expect(matchingCredentials([key(registry)], parseReference(image)!).length > 0).toBe(fits));

  it('the most specific path comes first', () => {
    const found = matchingCredentials([key('registry.test'), key('registry.test/team/app'), key('registry.test/team')], parseReference('registry.test/team/app')!);
    expect(found.map(({ registry }) => registry)).toEqual(['registry.test/team/app', 'registry.test/team', 'registry.test']);
  });

  it('G5: reads a dockerconfigjson secret', () => {
    const auth = Buffer.from('me:pass:word').toString('base64');
    const config = JSON.stringify({ auths: { 'registry.test': { auth } } });
    const secret = { metadata: {}, type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': Buffer.from(config).toString('base64') } };
    expect(parseSecret(secret)).toEqual([{ registry: 'registry.test', username: 'me', password: 'pass:word' }]);
    expect(parseSecret({ ...secret, data: { '.dockerconfigjson': 'bm9wZQ==' } })).toEqual([]);
  });
});

/** A registry with one image of two platforms that wants a token; private repositories want the right user too. */
function registry() {
  const asked: string[] = [];
  const json = (body: unknown, headers: Record<string, string> = {}): Response => Response.json(body, { headers });
  const manifests: Record<string, () => Response> = {
    latest: () => json({ manifests: [{ digest: digest('a'), platform: { os: 'linux', architecture: 'arm64' } }, { digest: digest('b'), platform: { os: 'linux', architecture: 'amd64' } }] }, { 'docker-content-digest': digest('c') }),
    [digest('b')]: () => json({ config: { digest: digest('d') }, layers: [{ size: 100 }, { size: 23 }] }, { 'docker-content-digest': digest('b') }),
  };
  const fetch = (url: string, { headers }: { headers: Record<string, string> }): Promise<Response> => {
    asked.push(url);
    const { pathname, host } = new URL(url);
    if (host === 'auth.test') return Promise.resolve(json({ token: headers['authorization'] ? 'user' : 'anyone' }));
    const wanted = pathname.includes('private') ? 'Bearer user' : 'Bearer ';
    if (!headers['authorization']?.startsWith(wanted)) {
      const challenge = 'Bearer realm="https://auth.test/token",service="registry.test",scope="repository:app:pull"';
      return Promise.resolve(new Response(null, { status: 401, headers: { 'www-authenticate': challenge } }));
    }
    const last = pathname.split('/').at(-1) ?? '';
    if (pathname.includes('/blobs/')) return Promise.resolve(json({ architecture: 'amd64', config: { Entrypoint: ['/app'], Cmd: ['run'], Env: ['A=1'], User: '1000', WorkingDir: '/w', StopSignal: 'SIGINT' } }));
    return Promise.resolve(manifests[last]?.() ?? new Response(null, { status: 404 }));
  };
  return { asked, images: registryImages({ fetch, clock: { now: () => new Date(0) }, architectures: ['amd64'] }) };
}

describe('resolving', () => {
  it('G7: reads the config of the wanted platform, by token', async () => {
    expect(await registry().images.resolve('registry.test/app', 'Always', [])).toEqual({
      pulled: true,
      milliseconds: 0,
      config: {
        digest: digest('b'), reference: `registry.test/app@${digest('b')}`, imageId: `registry.test/app@${digest('b')}`, name: 'registry.test/app:latest',
        sizeBytes: 123, architecture: 'amd64', entrypoint: ['/app'], cmd: ['run'], env: ['A=1'], user: '1000', workingDir: '/w', stopSignal: 'SIGINT',
      },
    });
  });

  it('G5: a private image needs the pod\'s credential', async () => {
    const { images } = registry();
    expect(await images.resolve('registry.test/private', 'Always', [])).toMatchObject({ failure: 'ErrImagePull', message: expect.stringContaining('pull access denied') });
    expect(await images.resolve('registry.test/private', 'Always', [{ registry: 'registry.test', username: 'u', password: 'p' }])).toMatchObject({ pulled: true });
  });

  it('G4: an image that is known by its digest is not read again', async () => {
    const { images, asked } = registry();
    await images.resolve('registry.test/app', 'Always', []);
    const before = asked.length;
    await images.resolve('registry.test/app', 'Always', []);
    expect(asked.slice(before).filter((url) => url.includes('/blobs/'))).toEqual([]);
  });

  it.each([
    ['registry.test/app:gone', { failure: 'ErrImagePull', message: expect.stringContaining('registry.test/app:gone: not found') }],
    ['No/Good', { failure: 'InvalidImageName', message: 'Failed to apply default image tag "No/Good": couldn\'t parse image name "No/Good": invalid reference format' }],
  ])('%s cannot be had', async (image, outcome) => expect(await registry().images.resolve(image, 'Always', [])).toMatchObject(outcome));

  it('a registry that does not answer is unavailable', async () => {
    const images = registryImages({ fetch: () => Promise.reject(new Error('no route')), clock: { now: () => new Date(0) }, architectures: ['amd64'] });
    expect(await images.resolve('registry.test/app', 'Always', [])).toMatchObject({ failure: 'RegistryUnavailable' });
  });
});
