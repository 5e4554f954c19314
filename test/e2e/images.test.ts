// Images from a registry with a password: pull secrets, policies, digests, the effects of an image's configuration, and failures.
import {
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTaskDefinitionsCommand,
  ListTasksCommand,
} from '@aws-sdk/client-ecs';
import {
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectDocker } from '../../local/docker/engine-api.ts';
import { present } from '../../src/present.ts';
import { awsAccess, podOf, testDroppod, type ContainerJson, type PodJson } from './droppod.ts';
import { testImages, type TestImages } from './registry-images.ts';
import { moveTag, putIndex } from './registry-content.ts';
import { begin } from './shared-droppod.ts';
import { registryProblem, startRegistry, type TestRegistry } from './registry.ts';

const problem = registryProblem();
if (problem !== undefined) process.stderr.write(`test/e2e/images.test.ts is skipped: ${problem}\n`);

const dp = testDroppod();
const docker = connectDocker('/var/run/docker.sock');
let registry: TestRegistry;
let images: TestImages;

beforeAll(async () => {
  if (problem !== undefined) return;
  registry = await startRegistry();
  images = testImages(docker, registry);
  await begin(dp);
});
afterAll(async () => {
  if (problem !== undefined) return;
  await dp.purge();
  await images.removeAll();
  await registry.remove();
  docker.close();
});

interface Shape {
  image: string;
  policy?: 'Always' | 'IfNotPresent' | 'Never';
  command?: string[];
  args?: string[];
  secrets?: string[];
  container?: object;
  pod?: object;
}

async function create(
  name: string,
  { image, policy, command, args, secrets, container, pod }: Shape,
): Promise<void> {
  const main = {
    name: 'main',
    image,
    ...present({ imagePullPolicy: policy || undefined, command, args }),
    ...container,
  };
  const spec = {
    restartPolicy: 'Never',
    ...present({ imagePullSecrets: secrets ? secrets.map((one) => ({ name: one })) : undefined }),
    containers: [main],
    ...pod,
  };
  const { stderr, code } = await dp.kIn(podOf(name, spec), 'create', '-f', '-');
  expect(`${code} ${stderr}`).toBe('0 ');
}

const main = ({
  status,
}: PodJson): (ContainerJson & { image?: string; imageID?: string }) | undefined =>
  status.containerStatuses?.[0];
const waiting = (pod: PodJson): string => main(pod)?.state.waiting?.reason ?? '';
const ended = (name: string): Promise<PodJson> =>
  dp.until(name, ({ status }) => ['Succeeded', 'Failed'].includes(status.phase));

/** The output of a pod of that shape. */
async function says(name: string, shape: Shape): Promise<string> {
  await create(name, shape);
  const pod = await ended(name);
  const { stdout } = await dp.k('logs', name);
  return pod.status.phase === 'Succeeded'
    ? stdout.trim()
    : `${pod.status.phase} ${JSON.stringify(main(pod)?.state)} ${stdout}`;
}

async function events(name: string): Promise<string[]> {
  const { stdout } = await dp.k(
    'get',
    'events',
    '--field-selector',
    `involvedObject.name=${name}`,
    '-o',
    'jsonpath={range .items[*]}{.type} {.reason} {.message}{"\\n"}{end}',
  );
  return stdout.trim().split('\n');
}

async function secret(name: string, password: string): Promise<void> {
  await dp.k('delete', 'secret', name, '--ignore-not-found');
  const { code, stderr } = await dp.k(
    'create',
    'secret',
    'docker-registry',
    name,
    `--docker-server=${registry.host}`,
    `--docker-username=${registry.username}`,
    `--docker-password=${password}`,
    '--docker-email=a@b.c',
  );
  expect(`${code} ${stderr}`).toBe('0 ');
}

describe.skipIf(problem !== undefined)('private images', () => {
  it('G5, A18: imagePullSecrets open a private image; the status names it as the registry does', async () => {
    const { name, digest } = await images.push('team/private:1', [
      'CMD ["echo", "hello from private"]',
    ]);
    await secret('regcred', registry.password);
    expect(await says('private', { image: name, secrets: ['regcred'] })).toBe('hello from private');
    const status = main(await ended('private'));
    expect(status?.image).toBe(name);
    expect(status?.imageID).toBe(`${registry.host}/team/private@${digest}`);
    const said = await events('private');
    expect(said).toContain(`Normal Pulling Pulling image "${name}"`);
    expect(said.find((line) => line.includes('Pulled'))).toMatch(
      /^Normal Pulled Successfully pulled image ".*" in [\d.ms]+ \([\d.ms]+ including waiting\)\. Image size: \d+ bytes\.$/,
    );
  });

  it('G6, A19: the default service account lends its pull secrets', async () => {
    const { name } = await images.push('team/by-account:1', ['CMD ["echo", "by account"]']);
    await secret('accountcred', registry.password);
    expect(
      (
        await dp.k(
          'patch',
          'serviceaccount',
          'default',
          '-p',
          '{"imagePullSecrets":[{"name":"accountcred"}]}',
        )
      ).stdout,
    ).toContain('patched');
    try {
      expect(await says('by-account', { image: name })).toBe('by account');
      expect((await ended('by-account')).spec['imagePullSecrets']).toEqual([
        { name: 'accountcred' },
      ]);
      expect((await dp.k('get', 'serviceaccounts', 'default', '-o', 'yaml')).stdout).toContain(
        'imagePullSecrets:\n- name: accountcred',
      );
    } finally {
      await dp.k(
        'patch',
        'serviceaccount',
        'default',
        '--type=merge',
        '-p',
        '{"imagePullSecrets":null}',
      );
    }
  });

  it('G5: a secret of any matching key serves: the second of two, a glob, a path, the old dockercfg', async () => {
    const { name } = await images.push('team/keys:1', ['CMD ["echo", "opened"]']);
    const auth = Buffer.from(`${registry.username}:${registry.password}`).toString('base64');
    const wrong = Buffer.from('nobody:wrong').toString('base64');
    const [, port = ''] = registry.host.split(':');
    const config = JSON.stringify({
      auths: { [registry.host]: { auth: wrong }, [`*.0.0.1:${port}/team`]: { auth } },
    });
    await dp.kIn(
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'globcred' },
        type: 'kubernetes.io/dockerconfigjson',
        stringData: { '.dockerconfigjson': config },
      }),
      'create',
      '-f',
      '-',
    );
    const old = JSON.stringify({
      [`http://${registry.host}/v1/`]: {
        username: registry.username,
        password: registry.password,
        email: 'a@b.c',
      },
    });
    await dp.kIn(
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'oldcred' },
        type: 'kubernetes.io/dockercfg',
        stringData: { '.dockercfg': old },
      }),
      'create',
      '-f',
      '-',
    );
    expect(await says('keys-glob', { image: name, policy: 'Always', secrets: ['globcred'] })).toBe(
      'opened',
    );
    expect(await says('keys-old', { image: name, policy: 'Always', secrets: ['oldcred'] })).toBe(
      'opened',
    );
  });

  it('G5: a secret that does not exist is an event and the pull fails', async () => {
    const { name } = await images.push('team/no-secret:1', ['CMD ["true"]']);
    await create('no-secret', { image: name, secrets: ['nowhere', 'nor-here'] });
    const pod = await dp.until('no-secret', (one) => waiting(one) === 'ErrImagePull');
    expect(pod.status.phase).toBe('Pending');
    expect(main(pod)?.state.waiting?.message).toContain(
      `failed to resolve reference "${name}": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials`,
    );
    expect(await events('no-secret')).toContain(
      'Warning FailedToRetrieveImagePullSecret Unable to retrieve some image pull secrets (nowhere, nor-here); attempting to pull the image may not succeed.',
    );
    expect((await dp.k('logs', 'no-secret')).stderr).toContain(
      "is waiting to start: image can't be pulled",
    );
    await dp.k('delete', 'pod', 'no-secret', '--force');
  });

  it('G5, B1: a wrong password is ErrImagePull, then ImagePullBackOff, and heals when the secret is corrected', async () => {
    const { name } = await images.push('team/heals:1', ['CMD ["echo", "healed"]']);
    await secret('healcred', 'not-the-password');
    await create('heals', { image: name, secrets: ['healcred'] });
    const failed = await dp.until('heals', (one) => waiting(one) === 'ErrImagePull');
    const message = main(failed)?.state.waiting?.message ?? '';
    expect(message).toMatch(
      /failed to pull and unpack image ".*": failed to resolve reference ".*": .*401 Unauthorized/,
    );
    await expect.poll(() => dp.status('heals')).toBe('ErrImagePull');
    const held = await dp.until('heals', (one) => waiting(one) === 'ImagePullBackOff');
    expect(main(held)?.state.waiting?.message).toBe(
      `Back-off pulling image "${name}": ErrImagePull: ${message}`,
    );
    expect((await dp.k('logs', 'heals')).stderr).toContain(
      'is waiting to start: trying and failing to pull image',
    );
    const said = await events('heals');
    expect(said).toContain(`Warning Failed Failed to pull image "${name}": ${message}`);
    for (const line of [
      'Warning Failed Error: ErrImagePull',
      `Normal BackOff Back-off pulling image "${name}"`,
      'Warning Failed Error: ImagePullBackOff',
    ])
      expect(said).toContain(line);
    await secret('healcred', registry.password);
    await dp.until('heals', ({ status }) => status.phase === 'Succeeded');
    expect((await dp.k('logs', 'heals')).stdout).toBe('healed\n');
  });
});

describe.skipIf(problem !== undefined)('pull policies', () => {
  beforeAll(() => secret('regcred', registry.password));
  const secrets = ['regcred'];

  it('G1: Always runs what a moved tag names now, IfNotPresent and Never what the machine has', async () => {
    const { name } = await images.push('team/moves:1', ['CMD ["echo", "one"]'], { keep: true });
    expect(await says('moves-always-1', { image: name, policy: 'Always', secrets })).toBe('one');
    const moved = await images.push('team/moving:1', ['CMD ["echo", "two"]']);
    const digest = await moveTag(registry, 'team/moving', moved.digest, 'team/moves', '1');
    expect(await says('moves-never', { image: name, policy: 'Never', secrets })).toBe('one');
    expect(
      await says('moves-if-not-present', { image: name, policy: 'IfNotPresent', secrets }),
    ).toBe('one');
    expect(await says('moves-always-2', { image: name, policy: 'Always', secrets })).toBe('two');
    expect(main(await ended('moves-always-2'))?.imageID).toBe(
      `${registry.host}/team/moves@${digest}`,
    );
    expect(main(await ended('moves-always-1'))?.imageID).not.toBe(
      main(await ended('moves-always-2'))?.imageID,
    );
    expect(await events('moves-if-not-present')).toContain(
      `Normal Pulled Container image "${name}" already present on machine and can be accessed by the pod`,
    );
  });

  it('G2: no tag and latest default to Always, any other tag and a digest to IfNotPresent', async () => {
    const { name, digest } = await images.push('team/defaults:latest', ['CMD ["echo", "latest"]']);
    const repository = name.slice(0, -':latest'.length);
    expect(await says('default-none', { image: repository, secrets })).toBe('latest');
    expect(await says('default-digest', { image: `${repository}@${digest}`, secrets })).toBe(
      'latest',
    );
    const policy = async (pod: string): Promise<string> =>
      (await dp.k('get', 'pod', pod, '-o', 'jsonpath={.spec.containers[0].imagePullPolicy}'))
        .stdout;
    expect([await policy('default-none'), await policy('default-digest')]).toEqual([
      'Always',
      'IfNotPresent',
    ]);
    expect(main(await ended('default-none'))?.image).toBe(name);
    expect(main(await ended('default-digest'))?.imageID).toBe(`${repository}@${digest}`);
  });

  it('G3: Never without the image is ErrImageNeverPull and stays it', async () => {
    const { name } = await images.push('team/never:1', ['CMD ["true"]']);
    await create('never', { image: name, policy: 'Never', secrets });
    const pod = await dp.until('never', (one) => waiting(one) === 'ErrImageNeverPull');
    expect(pod.status.phase).toBe('Pending');
    expect(main(pod)?.state.waiting?.message).toBe(
      `Container image "${name}" is not present with pull policy of Never`,
    );
    expect(await dp.status('never')).toBe('ErrImageNeverPull');
    const said = await events('never');
    expect(said).toContain(
      `Warning ErrImageNeverPull Container image "${name}" is not present with pull policy of Never`,
    );
    expect(said).toContain('Warning Failed Error: ErrImageNeverPull');
    await dp.k('delete', 'pod', 'never', '--force');
  });

  it('G1: a digest is exact, also beside a tag that names something else', async () => {
    const first = await images.push('team/exact:1', ['CMD ["echo", "first"]']);
    await images.push('team/exact:2', ['CMD ["echo", "second"]']);
    expect(
      await says('exact', { image: `${registry.host}/team/exact:2@${first.digest}`, secrets }),
    ).toBe('first');
    await create('exact-gone', {
      image: `${registry.host}/team/exact@sha256:${'0'.repeat(64)}`,
      secrets,
    });
    const pod = await dp.until('exact-gone', (one) => waiting(one) === 'ErrImagePull');
    expect(main(pod)?.state.waiting?.message).toMatch(/not found$/);
    await dp.k('delete', 'pod', 'exact-gone', '--force');
  });

  it("an index gives the image of this machine's architecture; its own digest is the image id", async () => {
    const { digest } = await images.push('team/index:amd64', ['CMD ["echo", "of this machine"]']);
    const { index } = await putIndex(registry, 'team/index', 'multi', digest);
    expect(await says('index', { image: `${registry.host}/team/index:multi`, secrets })).toBe(
      'of this machine',
    );
    expect(main(await ended('index'))?.imageID).toBe(`${registry.host}/team/index@${index}`);
    expect(
      await says('index-digest', { image: `${registry.host}/team/index@${index}`, secrets }),
    ).toBe('of this machine');
  });

  it('B1: an unknown tag is not found', async () => {
    const image = `${registry.host}/team/unknown:1`;
    await create('unknown', { image, secrets });
    const pod = await dp.until('unknown', (one) => waiting(one) === 'ErrImagePull');
    expect(main(pod)?.state.waiting?.message).toBe(
      `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`,
    );
    await dp.k('delete', 'pod', 'unknown', '--force');
  });

  it('an image name that cannot be parsed is InvalidImageName', async () => {
    const image = `${registry.host}/Team/Upper:1`;
    await create('invalid-name', { image });
    const pod = await dp.until('invalid-name', (one) => waiting(one) === 'InvalidImageName');
    expect(main(pod)?.state.waiting?.message).toBe(
      `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format: repository name (Team/Upper) must be lowercase`,
    );
    const said = await events('invalid-name');
    expect(
      said.some((line) =>
        line.startsWith('Warning InspectFailed Failed to apply default image tag'),
      ),
    ).toBe(true);
    expect(said).toContain('Warning Failed Error: InvalidImageName');
    await dp.k('delete', 'pod', 'invalid-name', '--force');
  });
});

describe.skipIf(problem !== undefined)('what the image says', () => {
  beforeAll(() => secret('regcred', registry.password));
  const run = (name: string, image: string, more: Partial<Shape> = {}): Promise<string> =>
    says(name, { image, secrets: ['regcred'], ...more });

  it('G7, G9: ENTRYPOINT and CMD against command and args, in all four cases', async () => {
    const { name } = await images.push('team/words:1', [
      'ENTRYPOINT ["echo", "entry"]',
      'CMD ["cmd"]',
    ]);
    expect(
      await Promise.all([
        run('words-none', name),
        run('words-args', name, { args: ['args'] }),
        run('words-command', name, { command: ['echo', 'command'] }),
        run('words-both', name, { command: ['echo', 'command'], args: ['args'] }),
      ]),
    ).toEqual(['entry cmd', 'entry args', 'command', 'command args']);
    const shell = await images.push('team/shell:1', [
      'ENV WHO=world',
      'ENTRYPOINT echo hello $WHO',
      'CMD ["unused"]',
    ]);
    expect(await run('words-shell', shell.name)).toBe('hello world');
    await create('words-empty', {
      image: (await images.push('team/empty:1', ['ENTRYPOINT []', 'CMD []'])).name,
      secrets: ['regcred'],
    });
    const pod = await dp.until('words-empty', (one) => waiting(one) === 'CreateContainerError');
    expect(main(pod)?.state.waiting?.message).toMatch(/no command specified$/);
    await dp.k('delete', 'pod', 'words-empty', '--force');
  });

  const WHO = ['sh', '-c', 'id -u; id -g; id -G; echo $HOME'];
  it('G7: USER by name, by numbers, with a group; runAsUser wins', async () => {
    const accounts =
      'RUN echo app:x:1234:2345::/home/app:/bin/sh >> /etc/passwd && echo app:x:2345: >> /etc/group && echo extra:x:3456:app >> /etc/group';
    const [byName, byNumber, both, group, unknown] = await Promise.all([
      images.push('team/user-name:1', [accounts, 'USER app']),
      images.push('team/user-number:1', [accounts, 'USER 4321']),
      images.push('team/user-both:1', [accounts, 'USER 4321:5432']),
      images.push('team/user-group:1', [accounts, 'USER app:extra']),
      images.push('team/user-unknown:1', ['USER nobody-knows']),
    ]);
    const who = (name: string, image: string, container: object = {}): Promise<string[]> =>
      run(name, image, { command: WHO, container }).then((text) => text.split('\n'));
    expect(await who('user-name', byName.name)).toEqual(['1234', '2345', '2345 3456', '/home/app']);
    expect(await who('user-number', byNumber.name)).toEqual(['4321', '0', '0', '/']);
    // The kubelet takes the user alone: the group behind the colon does not apply.
    expect(await who('user-both', both.name)).toEqual(['4321', '0', '0', '/']);
    expect(await who('user-group', group.name)).toEqual(['1234', '2345', '2345 3456', '/home/app']);
    expect(await who('user-spec', byName.name, { securityContext: { runAsUser: 0 } })).toEqual([
      '0',
      '0',
      '0',
      '/root',
    ]);
    expect(
      await who('user-spec-number', byName.name, {
        securityContext: { runAsUser: 77, runAsGroup: 78 },
      }),
    ).toEqual(['77', '78', '78', '/']);
    await create('user-unknown', { image: unknown.name, secrets: ['regcred'], command: WHO });
    await expect
      .poll(async () => JSON.stringify(main(await dp.until('user-unknown', () => true))?.state))
      .toContain('unable to find user nobody-knows: no matching entries in passwd file');
    await dp.k('delete', 'pod', 'user-unknown', '--force');
  });

  it('13.2: runAsNonRoot checks the user of the image', async () => {
    const [root, named, numbered] = await Promise.all([
      images.push('team/root:1', ['CMD ["id", "-u"]']),
      images.push('team/named:1', ['USER nobody', 'CMD ["id", "-u"]']),
      images.push('team/numbered:1', ['USER 1000', 'CMD ["id", "-u"]']),
    ]);
    const container = { securityContext: { runAsNonRoot: true } };
    expect(await run('non-root-number', numbered.name, { container })).toBe('1000');
    for (const [pod, image, text] of [
      ['non-root-root', root.name, 'container has runAsNonRoot and image will run as root'],
      [
        'non-root-name',
        named.name,
        'container has runAsNonRoot and image has non-numeric user (nobody), cannot verify user is non-root',
      ],
    ] as const) {
      await create(pod, { image, secrets: ['regcred'], container });
      const found = await dp.until(pod, (one) => waiting(one) === 'CreateContainerConfigError');
      const message = `${text} (pod: "${pod}_default(${found.metadata.uid})", container: main)`;
      expect(main(found)?.state.waiting?.message).toBe(message);
      expect(await events(pod)).toContain(`Warning Failed Error: ${message}`);
      await dp.k('delete', 'pod', pod, '--force');
    }
  });

  it('G7: WORKDIR and ENV hold unless the pod says otherwise; EXPOSE and HEALTHCHECK do nothing', async () => {
    const { name } = await images.push('team/place:1', [
      'ENV COLOUR=red SHAPE=round',
      'WORKDIR /place/here',
      'EXPOSE 8080',
      'HEALTHCHECK CMD false',
      'CMD pwd; echo $COLOUR $SHAPE',
    ]);
    expect(await run('place', name)).toBe('/place/here\nred round');
    expect(
      await run('place-spec', name, {
        container: { workingDir: '/tmp', env: [{ name: 'COLOUR', value: 'blue' }] },
      }),
    ).toBe('/tmp\nblue round');
    expect(await run('place-new', name, { container: { workingDir: '/not/there/yet' } })).toBe(
      '/not/there/yet\nred round',
    );
  });

  it('G7: STOPSIGNAL is the signal that ends the container', async () => {
    const { name } = await images.push('team/signal:1', [
      'STOPSIGNAL SIGUSR1',
      'CMD trap "echo got usr1; exit 3" USR1; trap "echo got term; exit 4" TERM; echo ready; while :; do sleep 0.1; done',
    ]);
    // The hook gives the follower time to connect before the signal is sent.
    await create('signal', {
      image: name,
      secrets: ['regcred'],
      container: { lifecycle: { preStop: { sleep: { seconds: 2 } } } },
      pod: { terminationGracePeriodSeconds: 20 },
    });
    await expect.poll(async () => (await dp.k('logs', 'signal')).stdout).toContain('ready');
    const following = dp.k('logs', '-f', 'signal');
    await dp.k('delete', 'pod', 'signal');
    expect((await following).stdout).toContain('got usr1');
  });

  it("G7: an image's VOLUME is writable, has the image's content and is fresh for every pod", async () => {
    const { name } = await images.push('team/volume:1', [
      'RUN mkdir /data && echo seed > /data/seed',
      'VOLUME /data',
      'CMD cat /data/*; echo mine > /data/mine',
    ]);
    expect(await run('volume-1', name)).toBe('seed');
    expect(await run('volume-2', name)).toBe('seed');
  });
});

/** Everything that an AWS operator could read about the pods: task definitions, tasks, histories. */
async function readable(): Promise<string> {
  const place = awsAccess(dp.data);
  const [ecs, sfn] = [new ECSClient(place), new SFNClient(place)];
  const said: unknown[] = [];
  const { taskDefinitionArns = [] } = await ecs.send(new ListTaskDefinitionsCommand({}));
  for (const taskDefinition of taskDefinitionArns)
    said.push(await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition })));
  const { taskArns = [] } = await ecs.send(
    new ListTasksCommand({ cluster: 'default', desiredStatus: 'STOPPED' }),
  );
  if (taskArns.length > 0)
    said.push(await ecs.send(new DescribeTasksCommand({ cluster: 'default', tasks: taskArns })));
  const { stateMachines = [] } = await sfn.send(new ListStateMachinesCommand({}));
  for (const { stateMachineArn } of stateMachines) {
    const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }));
    for (const { executionArn } of executions)
      said.push(await sfn.send(new GetExecutionHistoryCommand({ executionArn })));
  }
  expect(said.length).toBeGreaterThan(4);
  return JSON.stringify(said) + readFileSync(join(dp.data, 'log'), 'utf8');
}

describe.skipIf(problem !== undefined)('when things go wrong', () => {
  it('no password is in a task definition, a task, a history, an event, a status or the log', async () => {
    const all = [
      await readable(),
      (await dp.k('get', 'pods,events', '-A', '-o', 'json')).stdout,
    ].join('\n');
    const auth = Buffer.from(`${registry.username}:${registry.password}`).toString('base64');
    for (const [what, text] of [
      ['password', registry.password],
      ['auth', auth],
      ['wrong password', 'not-the-password'],
    ] as const)
      expect(all.includes(text), what).toBe(false);
  });

  it('B1: a registry that is down is ErrImagePull, but an image that is there runs; it heals when the registry is back', async () => {
    const here = await images.push('team/here:1', ['CMD ["echo", "still here"]'], { keep: true });
    const away = await images.push('team/away:1', ['CMD ["echo", "back again"]']);
    await secret('regcred', registry.password);
    await registry.stop();
    try {
      expect(
        await says('here', { image: here.name, policy: 'IfNotPresent', secrets: ['regcred'] }),
      ).toBe('still here');
      await create('away', { image: away.name, secrets: ['regcred'] });
      const pod = await dp.until('away', (one) => waiting(one) === 'ErrImagePull');
      expect(main(pod)?.state.waiting?.message).toContain('connection refused');
    } finally {
      await registry.start();
    }
    await dp.until('away', ({ status }) => status.phase === 'Succeeded');
    expect((await dp.k('logs', 'away')).stdout).toBe('back again\n');
  });
});
