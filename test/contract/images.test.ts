// Both implementations of the Images port, the engine and the registry client, against one real registry with a password: same results.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createImageResolver } from '../../local/agent/images/resolve-image.ts';
import { ensureBusyboxImage } from '../../local/docker/busybox-image.ts';
import { connectDocker } from '../../local/docker/engine-api.ts';
import { systemClock } from '../../src/system-clock.ts';
import { registryImages } from '../../src/images/registry-images.ts';
import type { ImageOutcome, Images, RegistryCredential } from '../../src/ports/images.ts';
import { putIndex } from '../e2e/registry-content.ts';
import { testImages, type TestImages } from '../e2e/registry-images.ts';
import { registryProblem, startRegistry, type TestRegistry } from '../e2e/registry.ts';

const problem = registryProblem();
if (problem !== undefined)
  process.stderr.write(`test/contract/images.test.ts is skipped: ${problem}\n`);

const docker = connectDocker('/var/run/docker.sock');
const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
const subjects: [string, Images][] = [
  ['engine', createImageResolver(docker, systemClock)],
  [
    'registry client',
    registryImages({
      fetch: (url, init) => fetch(url, init),
      clock: systemClock,
      architectures: [architecture],
    }),
  ],
];
let registry: TestRegistry;
let images: TestImages;
let named: Record<'app' | 'bare' | 'index', string>;
let credentials: RegistryCredential[];

beforeAll(async () => {
  if (problem !== undefined) return;
  await ensureBusyboxImage(docker);
  registry = await startRegistry();
  images = testImages(docker, registry);
  const app = await images.push('team/app:1', [
    'ENTRYPOINT ["/bin/echo", "a"]',
    'CMD ["b"]',
    'ENV A=1 B="two words"',
    'USER 12:34',
    'WORKDIR /w',
    'STOPSIGNAL SIGQUIT',
    'VOLUME /v',
    'EXPOSE 80',
  ]);
  const bare = await images.push('bare:1', ['CMD []', 'ENTRYPOINT []']);
  await putIndex(registry, 'team/app', 'multi', app.digest);
  named = { app: app.name, bare: bare.name, index: `${registry.host}/team/app:multi` };
  credentials = [
    { registry: registry.host, username: registry.username, password: registry.password },
  ];
});
afterAll(async () => {
  if (problem === undefined) {
    await images.forget(named.index).catch(() => undefined);
    await images.removeAll();
    await registry.remove();
  }
  docker.close();
});

/** Without what only the engine has: its image id, by which it runs the image, and the unpacked size. */
function comparable(outcome: ImageOutcome): object {
  if ('failure' in outcome) return outcome;
  const { digest: _digest, reference: _reference, sizeBytes: _size, ...config } = outcome.config;
  return { config, pulled: outcome.pulled };
}

const bothAnswer = async (image: string, given: RegistryCredential[]): Promise<object[]> => {
  const answers: object[] = [];
  for (const [, subject] of subjects)
    answers.push(comparable(await subject.resolve(image, 'Always', given)));
  return answers;
};

describe.skipIf(problem !== undefined)('engine and registry client', () => {
  it.each(['app', 'bare', 'index'] as const)(
    'G5, G7: read the same configuration of %s',
    async (which) => {
      const [engine, client] = await bothAnswer(named[which], credentials);
      expect(client).toEqual(engine);
      expect(client).toMatchObject({ pulled: true, config: { name: named[which] } });
    },
  );

  it('G7: say what the Dockerfile says', async () => {
    expect((await bothAnswer(named.app, credentials))[1]).toMatchObject({
      config: {
        entrypoint: ['/bin/echo', 'a'],
        cmd: ['b'],
        env: expect.arrayContaining(['A=1', 'B=two words']),
        user: '12:34',
        workingDir: '/w',
        stopSignal: 'SIGQUIT',
        architecture,
        imageId: expect.stringContaining(`${registry.host}/team/app@sha256:`),
      },
    });
  });

  const key = (password: string): RegistryCredential => ({
    registry: registry.host,
    username: registry.username,
    password,
  });
  it.each<[string, () => string, () => RegistryCredential[], RegExp]>([
    [
      'no credential',
      () => named.app,
      () => [],
      /authorization failed: no basic auth credentials$/,
    ],
    [
      'a wrong password',
      () => named.app,
      () => [key('wrong')],
      /unexpected status from HEAD request to http:.*\/manifests\/1: 401 Unauthorized$/,
    ],
    [
      'a credential of another registry',
      () => named.app,
      () => [{ ...credentials[0]!, registry: 'else.test' }],
      /no basic auth credentials$/,
    ],
    [
      'two wrong passwords',
      () => named.app,
      () => [key('wrong'), key('worse')],
      /401 Unauthorized$/,
    ],
    ['an unknown tag', () => `${named.app}0`, () => credentials, /app:10: not found$/],
    [
      'an unknown repository',
      () => `${registry.host}/nowhere:1`,
      () => credentials,
      /nowhere:1: not found$/,
    ],
    [
      'an unknown digest',
      () => `${registry.host}/team/app@sha256:${'0'.repeat(64)}`,
      () => credentials,
      /: not found$/,
    ],
    [
      'a name with capitals',
      () => `${registry.host}/Team/app`,
      () => credentials,
      /repository name \(Team\/app\) must be lowercase$/,
    ],
    [
      'a registry that is not there',
      () => '127.0.0.1:2/app:1',
      () => [],
      /dial tcp 127\.0\.0\.1:2: connect: connection refused$/,
    ],
  ])('B1: fail in the same words: %s', async (_name, image, given, words) => {
    const [engine, client] = await bothAnswer(image(), given());
    expect(client).toEqual(engine);
    expect(client).toMatchObject({
      failure: expect.any(String),
      message: expect.stringMatching(words),
    });
  });

  it('G5: the second of two passwords opens the registry', async () => {
    const [engine, client] = await bothAnswer(named.app, [key('wrong'), key(registry.password)]);
    expect(client).toEqual(engine);
    expect(client).toMatchObject({ pulled: true });
  });
});
