// Pull policies and credentials against a scripted engine; messages as in containerd and the kubelet.
import { Readable } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createImageResolver } from '../../../../local/agent/images/resolve-image.ts';
import type { PullPolicy } from '../../../../src/ports/images.ts';
import { DockerError, type Docker } from '../../../../local/docker/engine-api.ts';

const ID = `sha256:${'1'.repeat(64)}`;
const REFUSED = 'Get "http://localhost:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused';

/** An engine with the images `present`; a pull adds an image or fails with `pullError(user)`. */
function fakeEngine(
  present: string[],
  pullError: (user: string) => string | undefined = () => undefined,
) {
  const pulls: string[] = [];
  const docker: Docker = {
    close: () => undefined,
    async call(_method, path) {
      const name = path.slice('/images/'.length, -'/json'.length);
      if (!present.includes(name)) throw new DockerError(404, `No such image: ${name}`);
      return JSON.stringify({
        Id: ID,
        RepoDigests: [],
        Architecture: 'amd64',
        Os: 'linux',
        Size: 5,
        Config: { Cmd: ['sh'], Env: ['PATH=/bin'] },
      });
    },
    async open(_method, _path, options) {
      const name = options?.query?.['fromImage'] ?? '';
      const auth: { username?: string } = JSON.parse(
        Buffer.from(options?.headers?.['x-registry-auth'] ?? 'e30=', 'base64url').toString(),
      );
      pulls.push(`${name} ${auth.username ?? '-'}`);
      await Promise.resolve();
      const error = pullError(auth.username ?? '-');
      if (error) throw new DockerError(500, error);
      present.push(name);
      return Readable.from([Buffer.from('{"status":"done"}\n')]) as unknown as IncomingMessage;
    },
  };
  let time = 0;
  const clock = { now: () => new Date(time), sleep: () => Promise.resolve() };
  return {
    pulls,
    images: createImageResolver(docker, clock),
    later: (ms: number) => {
      time += ms;
    },
  };
}

const NAME = 'docker.io/library/busybox:latest';

describe('resolve', () => {
  it.each<[string, PullPolicy, string[], string | undefined, object, number]>([
    ["G1: Never uses the engine's", 'Never', [NAME], undefined, { pulled: false }, 0],
    [
      'G3: Never fails when it is absent',
      'Never',
      [],
      undefined,
      {
        failure: 'ErrImageNeverPull',
        message: 'Container image "busybox" is not present with pull policy of Never',
      },
      0,
    ],
    [
      'G1: IfNotPresent does not pull what is there',
      'IfNotPresent',
      [NAME],
      undefined,
      { pulled: false },
      0,
    ],
    [
      'G1: IfNotPresent pulls what is not there',
      'IfNotPresent',
      [],
      undefined,
      { pulled: true },
      1,
    ],
    ['G1: Always pulls', 'Always', [NAME], undefined, { pulled: true }, 1],
    [
      "Always takes the engine's when no registry answers",
      'Always',
      [NAME],
      REFUSED,
      { pulled: false },
      1,
    ],
    [
      'Always does not when the registry refuses',
      'Always',
      [NAME],
      'pull access denied for busybox',
      { failure: 'ErrImagePull', message: expect.stringContaining('pull access denied') },
      1,
    ],
    [
      'B1: an unreachable registry without the image is ErrImagePull',
      'IfNotPresent',
      [],
      REFUSED,
      {
        failure: 'ErrImagePull',
        message: `rpc error: code = Unknown desc = failed to pull and unpack image "${NAME}": failed to resolve reference "${NAME}": failed to do request: Head "https://registry-1.docker.io/v2/library/busybox/manifests/latest": dial tcp 127.0.0.1:1: connect: connection refused`,
      },
      1,
    ],
    [
      'B1: an unknown tag is not found',
      'IfNotPresent',
      [],
      'manifest for busybox:latest not found: manifest unknown',
      {
        failure: 'ErrImagePull',
        message: `rpc error: code = NotFound desc = failed to pull and unpack image "${NAME}": failed to resolve reference "${NAME}": ${NAME}: not found`,
      },
      1,
    ],
  ])('%s', async (_name, policy, present, error, outcome, pulls) => {
    const engine = fakeEngine([...present], () => error);
    expect(await engine.images.resolve('busybox', policy, [])).toMatchObject(outcome);
    expect(engine.pulls).toHaveLength(pulls);
  });

  it('refuses what is no reference', async () => {
    expect(await fakeEngine([]).images.resolve('UPPER', 'Always', [])).toEqual({
      failure: 'InvalidImageName',
      message:
        'Failed to apply default image tag "UPPER": couldn\'t parse image name "UPPER": invalid reference format: repository name (library/UPPER) must be lowercase',
    });
  });

  it("answers the engine's image id as digest and reference", async () => {
    expect(await fakeEngine([NAME]).images.resolve('busybox', 'Never', [])).toMatchObject({
      config: {
        digest: ID,
        reference: `docker.io/library/busybox@${ID}`,
        name: NAME,
        imageId: ID,
        cmd: ['sh'],
        entrypoint: [],
        user: '',
      },
    });
  });

  it('finds an image by the reference that it answered', async () => {
    expect(
      await fakeEngine([ID]).images.resolve(`docker.io/library/busybox@${ID}`, 'IfNotPresent', []),
    ).toMatchObject({ pulled: false });
  });

  it('pulls once for all who ask at the same time', async () => {
    const engine = fakeEngine([]);
    await Promise.all([1, 2, 3].map(() => engine.images.resolve('busybox', 'Always', [])));
    expect(engine.pulls).toHaveLength(1);
  });

  it('does not ask an unreachable registry again for half a minute', async () => {
    const engine = fakeEngine([NAME], () => REFUSED);
    await engine.images.resolve('busybox', 'Always', []);
    await engine.images.resolve('busybox', 'Always', []);
    expect(engine.pulls).toHaveLength(1);
    engine.later(30_001);
    await engine.images.resolve('busybox', 'Always', []);
    expect(engine.pulls).toHaveLength(2);
  });

  it('G5: tries the matching credentials, the most specific first, until one works', async () => {
    const engine = fakeEngine([], (user) =>
      user === 'good' ? undefined : 'unauthorized: authentication required',
    );
    const credential = (registry: string, username: string) => ({
      registry,
      username,
      password: 'p',
    });
    const credentials = [
      credential('*.example.com', 'good'),
      credential('other.org', 'no'),
      credential('https://r.example.com/team', 'bad'),
      credential('r.example.com/else', 'no'),
    ];
    expect(
      await engine.images.resolve('r.example.com/team/app:1', 'Always', credentials),
    ).toMatchObject({ pulled: true });
    expect(engine.pulls).toEqual(['r.example.com/team/app:1 bad', 'r.example.com/team/app:1 good']);
  });
});
