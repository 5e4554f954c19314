// Task definitions as create calls: what the primary container owns and what the others join.
import { describe, expect, it } from 'vitest';
import { containerSpec } from '../../../local/agent/container-spec.ts';
import { lackingIn, unknownIn } from '../../../local/agent/lacking-capabilities.ts';
import { DockerError } from '../../../local/docker/engine-api.ts';
import {
  dependencyProblem,
  primaryContainer,
  type ContainerDefinition,
  type TaskDefinition,
} from '../../../local/agent/task-definition.ts';
import type { Task } from '../../../local/agent/task.ts';

const container = (name: string, more: Partial<ContainerDefinition> = {}): ContainerDefinition => ({
  name,
  image: 'busybox',
  essential: false,
  environment: [],
  mountPoints: [],
  ...more,
});
const after = (...names: string[]) => ({
  dependsOn: names.map((containerName) => ({ containerName, condition: 'START' as const })),
});
const podlet = container('podlet', {
  essential: true,
  mountPoints: [{ sourceVolume: 'bin', containerPath: '/.droppod/bin' }],
});

function spec(
  app: ContainerDefinition,
  {
    overrides = [],
    definition = {},
    lacking = [],
  }: {
    overrides?: Task['overrides']['containerOverrides'];
    definition?: Partial<TaskDefinition>;
    lacking?: string[];
  } = {},
  which = app,
) {
  const whole: TaskDefinition = {
    taskDefinitionArn: 'arn:def',
    family: 'f',
    revision: 2,
    status: 'ACTIVE',
    networkMode: 'awsvpc',
    requiresCompatibilities: [],
    volumes: [{ name: 'bin' }, { name: 'own' }, { name: 'host', host: { sourcePath: '/srv' } }],
    containerDefinitions: [podlet, app],
    tags: [],
    registeredAt: '',
    ...definition,
  };
  const task: Task = {
    id: 'abc',
    taskArn: 'arn:task',
    clusterArn: 'arn:cluster',
    taskDefinitionArn: 'arn:def',
    group: 'g',
    overrides: { containerOverrides: overrides },
    tags: [{ key: 'droppod/hostname', value: 'kubia' }],
    secret: '5ec',
    lastStatus: 'PENDING',
    desiredStatus: 'RUNNING',
    version: 1,
    createdAt: '',
    containers: whole.containerDefinitions.map(({ name, image }) => ({
      name,
      image,
      containerArn: name,
      lastStatus: 'PENDING',
    })),
  };
  return containerSpec(task, whole, which, {
    engineId: 'e1',
    region: 'us-east-1',
    metadataUrl: 'http://172.17.0.1:80',
    lacking,
  });
}

describe('containerSpec', () => {
  it('gives the host name and the bridge to the primary, its network to the others', () => {
    const app = container('app', after('podlet'));
    expect(spec(app, {}, podlet)).toMatchObject({
      Hostname: 'kubia',
      HostConfig: { NetworkMode: 'bridge' },
    });
    expect(spec(app)).toMatchObject({
      HostConfig: { NetworkMode: 'container:droppod-abc-podlet' },
    });
    expect(spec(app).Hostname).toBeUndefined();
    expect(spec(app).HostConfig.PidMode).toBeUndefined();
  });

  it('E8: shares the process namespace with pidMode task', () => {
    expect(spec(container('app'), { definition: { pidMode: 'task' } }).HostConfig.PidMode).toBe(
      'container:droppod-abc-podlet',
    );
  });

  it('makes memory a hard limit without swap and cpu a share; the label alone limits cpu', () => {
    const { HostConfig } = spec(
      container('app', {
        memory: 64,
        memoryReservation: 32,
        cpu: 128,
        dockerLabels: { 'droppod/cpu-limit': '0.5' },
      }),
    );
    expect(HostConfig).toMatchObject({
      Memory: 67_108_864,
      MemorySwap: 67_108_864,
      MemoryReservation: 33_554_432,
      CpuShares: 128,
      CpuPeriod: 100_000,
      CpuQuota: 50_000,
    });
  });

  it.each([
    [
      'counts a memory limit in bytes by the label',
      { memory: 64, dockerLabels: { 'droppod/memory-limit': '66000000' } },
      { Memory: 66_000_000, MemorySwap: 66_000_000 },
    ],
    ['gives two shares where no cpu is asked for, as ECS does', {}, { CpuShares: 2 }],
    [
      'limits cpu above what the machine has',
      { dockerLabels: { 'droppod/cpu-limit': '64' } },
      { CpuQuota: 6_400_000 },
    ],
    [
      'gives the smallest quota of the kernel to less',
      { dockerLabels: { 'droppod/cpu-limit': '0.005' } },
      { CpuQuota: 1000 },
    ],
    ['bounds processes and threads', {}, { PidsLimit: 16_384 }],
    ['runs a privileged container', { privileged: true }, { Privileged: true }],
  ] as const)('%s', (_name, definition, expected) =>
    expect(spec(container('app', definition)).HostConfig).toMatchObject(expected),
  );

  it('gives a privileged container all but what the engine lacks', () => {
    const { HostConfig } = spec(container('app', { privileged: true }), {
      lacking: ['SYS_RESOURCE'],
    });
    expect(HostConfig).toMatchObject({
      CapAdd: ['ALL'],
      CapDrop: ['SYS_RESOURCE'],
      MaskedPaths: [],
    });
    expect(HostConfig.Privileged).toBeUndefined();
  });

  it.each([
    ['CapBnd:\t000001ffffffffff\n', []],
    ['Name:\tx\nCapBnd:\t000001fffeffffff\n', ['SYS_RESOURCE']],
    // A kernel of before 5.8 has no bits for the last three.
    ['CapBnd:\t0000003fffffffff\n', ['PERFMON', 'BPF', 'CHECKPOINT_RESTORE']],
    ['Name:\tx\n', []],
  ])('reads what a machine lacks from %j', (status, lacking) =>
    expect(lackingIn(status)).toEqual(lacking),
  );

  it.each([
    ['invalid CapDrop: unknown capability: "CAP_BPF"', 'BPF'],
    [
      'invalid CapDrop: capability not supported by your kernel or not available in the current environment: "CAP_SYS_TIME"',
      'SYS_TIME',
    ],
    ['OCI runtime create failed: unable to apply caps: operation not permitted', undefined],
  ])('reads what the engine refuses to leave out from %j', (message, name) =>
    expect(unknownIn(new DockerError(400, message))).toBe(name),
  );

  it('shares the processes of the container that an added one names', () => {
    expect(spec({ ...container('debugger'), pidOf: 'app' }).HostConfig.PidMode).toBe(
      'container:droppod-abc-app',
    );
  });

  it('copies up from the primary only, where both mount a volume; others bring their own content', () => {
    const mounts = [
      { sourceVolume: 'bin', containerPath: '/b', readOnly: true },
      { sourceVolume: 'own', containerPath: '/o' },
      { sourceVolume: 'host', containerPath: '/h' },
    ];
    expect(spec(container('app', { mountPoints: mounts })).HostConfig.Mounts).toMatchObject([
      {
        Type: 'volume',
        Source: 'droppod-abc-bin',
        Target: '/b',
        ReadOnly: true,
        VolumeOptions: { NoCopy: true },
      },
      {
        Type: 'volume',
        Source: 'droppod-abc-own',
        ReadOnly: false,
        VolumeOptions: { NoCopy: false },
      },
    ]);
    expect(spec(container('app', { mountPoints: mounts })).HostConfig.Binds).toEqual(['/srv:/h']);
    const strict = container('app', {
      mountPoints: mounts.slice(2),
      dockerLabels: { 'droppod/host-path-must-exist.host': 'Directory' },
    });
    expect(spec(strict).HostConfig).toMatchObject({
      Mounts: [{ Type: 'bind', Source: '/srv', Target: '/h' }],
    });
    expect(spec(container('app'), {}, podlet).HostConfig.Mounts).toMatchObject([
      { VolumeOptions: { NoCopy: false } },
    ]);
  });
});

describe('containerSpec: overrides, labels, mounts', () => {
  it('lets overrides win over the definition', () => {
    const app = container('app', {
      command: ['a'],
      memory: 64,
      environment: [
        { name: 'A', value: '1' },
        { name: 'B', value: '1' },
      ],
    });
    const changed = spec(app, {
      overrides: [
        { name: 'app', command: ['b'], memory: 128, environment: [{ name: 'B', value: '2' }] },
      ],
    });
    expect(changed).toMatchObject({ Cmd: ['b'], HostConfig: { Memory: 134_217_728 } });
    expect(changed.Env).toEqual([
      'AWS_EXECUTION_ENV=AWS_ECS_FARGATE',
      'AWS_REGION=us-east-1',
      'AWS_DEFAULT_REGION=us-east-1',
      'ECS_CONTAINER_METADATA_URI_V4=http://172.17.0.1:80/v4/5ec-1',
      'A=1',
      'B=2',
    ]);
  });

  it('writes labels that find the task again, whatever the definition says', () => {
    expect(
      spec(container('app', { dockerLabels: { mine: '1', 'droppod.engine': 'forged' } })).Labels,
    ).toEqual({
      mine: '1',
      'droppod.engine': 'e1',
      'com.amazonaws.ecs.task-arn': 'arn:task',
      'com.amazonaws.ecs.cluster': 'arn:cluster',
      'com.amazonaws.ecs.container-name': 'app',
      'com.amazonaws.ecs.task-definition-family': 'f',
      'com.amazonaws.ecs.task-definition-version': '2',
    });
  });

  it("maps tmpfs, capabilities, read-only root, terminal and switches the image's health check off", () => {
    const app = container('app', {
      readonlyRootFilesystem: true,
      pseudoTerminal: true,
      interactive: true,
      linuxParameters: {
        capabilities: { add: ['SYS_PTRACE'] },
        tmpfs: [{ containerPath: '/m', size: 8, mountOptions: ['noexec'] }],
      },
    });
    expect(spec(app)).toMatchObject({
      Tty: true,
      OpenStdin: true,
      Healthcheck: { Test: ['NONE'] },
      HostConfig: {
        ReadonlyRootfs: true,
        CapAdd: ['SYS_PTRACE'],
        Tmpfs: { '/m': 'size=8m,noexec' },
      },
    });
  });
});

describe('the order of containers', () => {
  it.each([
    [
      'the one that others depend on',
      [
        container('a', { essential: true }),
        container('p', { essential: true }),
        container('b', after('p')),
      ],
      'p',
    ],
    [
      'the first essential one',
      [container('x'), container('a', { essential: true }), container('b', { essential: true })],
      'a',
    ],
    [
      'none where the essential one depends on another',
      [container('x'), container('a', { essential: true, ...after('x') })],
      undefined,
    ],
  ])('primary: %s', (_name, containers, name) =>
    expect(primaryContainer(containers)?.name).toBe(name),
  );

  it.each([
    ['cycle', [container('a', after('b')), container('b', after('a'))]],
    ['unknown', [container('a', after('z'))]],
    [undefined, [container('a'), container('b', after('a')), container('c', after('a', 'b'))]],
  ])('problem: %s', (problem, containers) => expect(dependencyProblem(containers)).toBe(problem));
});
