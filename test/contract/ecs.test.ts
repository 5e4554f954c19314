// What droppod needs from ECS, through the SDK over HTTP, on the real Docker Engine.
import {
  DescribeTasksCommand,
  ListTasksCommand,
  RunTaskCommand,
  StopTaskCommand,
  type Container,
} from '@aws-sdk/client-ecs';
import { FilterLogEventsCommand, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBusyboxImage } from '../../local/docker/busybox-image.ts';
import { inspectContainer, killContainer } from '../../local/docker/containers.ts';
import { listVolumes } from '../../local/docker/volumes.ts';
import { TASK_LABEL } from '../../local/agent/labels.ts';
import type { Engine } from '../../local/aws/create-engine.ts';
import { PAUSE_LINE, ecsBench, shell, type EcsBench } from './ecs-bench.ts';

let bench: EcsBench;
const pause = (more = {}) => shell('podlet', PAUSE_LINE, { essential: true, ...more });
const afterPodlet = { dependsOn: [{ containerName: 'podlet', condition: 'START' as const }] };

beforeAll(async () => {
  bench = await ecsBench();
  await ensureBusyboxImage(bench.docker);
});
afterAll(() => bench.close());

describe('a task', () => {
  it('runs its containers and stops with exit codes when the essential one ends', async () => {
    const definition = await bench.register([
      shell('podlet', 'sleep 0.5; exit 3', { essential: true }),
      shell('app', 'exit 7', afterPodlet),
    ]);
    const taskArn = await bench.run(definition, { startedBy: 'pod-1' });
    const task = await bench.until(taskArn, 'STOPPED');
    expect(
      Object.fromEntries(task.containers!.map(({ name, exitCode }) => [name, exitCode])),
    ).toEqual({ podlet: 3, app: 7 });
    expect(task).toMatchObject({
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
      startedBy: 'pod-1',
      desiredStatus: 'STOPPED',
    });
    expect([task.createdAt, task.pullStartedAt, task.pullStoppedAt, task.startedAt]).toEqual(
      [task.createdAt!, task.pullStartedAt!, task.pullStoppedAt!, task.startedAt!].sort(
        (one, other) => one.getTime() - other.getTime(),
      ),
    );
    const versions = bench.changes.filter((change) => change.taskArn === taskArn);
    expect(versions.map(({ version }) => version)).toEqual(
      [...versions.map(({ version }) => version)].sort((a, b) => a - b),
    );
    expect(versions.at(-1)?.lastStatus).toBe('STOPPED');
  });

  it('goes on when a container that is not essential ends or cannot start', async () => {
    const definition = await bench.register([
      pause(),
      shell('ends', 'exit 1', afterPodlet),
      shell('bad', 'x', { ...afterPodlet, entryPoint: ['/no/such/file'] }),
    ]);
    const taskArn = await bench.run(definition);
    const bad = async (): Promise<Container | undefined> =>
      (await bench.until(taskArn, 'RUNNING')).containers!.find(({ name }) => name === 'bad');
    await expect.poll(async () => (await bad())?.lastStatus).toBe('STOPPED');
    expect((await bad())?.reason).toMatch(
      /^CannotStartContainerError: Error response from daemon: .*no such file/,
    );
    await bench.ecs.send(new StopTaskCommand({ task: taskArn, reason: 'test' }));
    expect(await bench.until(taskArn, 'STOPPED')).toMatchObject({
      stopCode: 'UserInitiated',
      stoppedReason: 'test',
    });
  });

  it('shares network, host name and volumes; what the first container brings is copied up', async () => {
    const volumes = [{ name: 'bin' }, { name: 'data' }];
    const definition = await bench.register(
      [
        pause({
          mountPoints: [
            { sourceVolume: 'bin', containerPath: '/bin' },
            { sourceVolume: 'data', containerPath: '/data' },
          ],
        }),
        shell(
          'app',
          'hostname; until wget -qO- http://127.0.0.1:8080/f; do sleep 0.1; done 2>/dev/null; ls /tools | grep -c busybox; touch /tools/x 2>/dev/null || echo read-only',
          {
            ...afterPodlet,
            mountPoints: [
              { sourceVolume: 'bin', containerPath: '/tools', readOnly: true },
              { sourceVolume: 'data', containerPath: '/data' },
            ],
          },
        ),
        shell('web', 'mkdir /w; echo from-web > /w/f; httpd -f -p 8080 -h /w', afterPodlet),
      ],
      { volumes },
    );
    const taskArn = await bench.run(definition, {
      tags: [{ key: 'droppod/hostname', value: 'kubia' }],
    });
    const task = await bench.until(taskArn, 'RUNNING');
    const podlet = await inspectContainer(bench.docker, task.containers![0]!.runtimeId!);
    const address = task.attachments![0]!.details!.find(
      ({ name }) => name === 'privateIPv4Address',
    )?.value;
    expect(address).toBe(podlet?.NetworkSettings.Networks?.['bridge']?.IPAddress);
    await expect.poll(() => bench.text(taskArn, 'app')).toBe('kubia\nfrom-web\n1\nread-only\n');
    await bench.ecs.send(new StopTaskCommand({ task: taskArn }));
    await bench.until(taskArn, 'STOPPED');
    await expect.poll(() => listVolumes(bench.docker, [`${TASK_LABEL}=${taskArn}`])).toEqual([]);
  });

  // A busy engine 20.10 sometimes loses its OOM event (cgroup v1); then it cannot be distinguished from KILL.
  it('says OutOfMemoryError for a container over its memory', { retry: 4 }, async () => {
    const definition = await bench.register([
      pause(),
      shell('hog', 'exec tail -c 100000000 /dev/zero', { ...afterPodlet, memory: 8 }),
    ]);
    const taskArn = await bench.run(definition);
    const hog = () =>
      bench
        .until(taskArn, 'RUNNING')
        .then(({ containers }) => containers!.find(({ name }) => name === 'hog'));
    await expect.poll(hog).toMatchObject({
      exitCode: 137,
      reason: 'OutOfMemoryError: Container killed due to memory usage',
    });
    await bench.ecs.send(new StopTaskCommand({ task: taskArn }));
    await bench.until(taskArn, 'STOPPED');
  });

  it('stops with TERM, KILL after stopTimeout, the first container last', async () => {
    const definition = await bench.register([
      pause(),
      shell('kind', 'trap "exit 5" TERM; echo ready; while true; do sleep 0.1; done', afterPodlet),
      shell('deaf', 'trap "" TERM; while true; do sleep 0.1; done', afterPodlet),
    ]);
    const taskArn = await bench.run(definition);
    await bench.until(taskArn, 'RUNNING');
    await expect.poll(() => bench.text(taskArn, 'kind')).toBe('ready\n');
    const begun = Date.now();
    await bench.ecs.send(new StopTaskCommand({ task: taskArn }));
    const task = await bench.until(taskArn, 'STOPPED');
    expect(Date.now() - begun).toBeGreaterThan(1900);
    expect(
      Object.fromEntries(task.containers!.map(({ name, exitCode }) => [name, exitCode])),
    ).toEqual({ podlet: 0, kind: 5, deaf: 137 });
    expect(task.containers!.find(({ name }) => name === 'deaf')?.reason).toBeUndefined();
  });
});

describe('a task and its surroundings', () => {
  it('starts a container when the ones whose end it depends on have ended, and stops when one of these fails', async () => {
    const seeded = (script: string) => [
      pause({ mountPoints: [{ sourceVolume: 'data', containerPath: '/data' }] }),
      shell('seed', script, {
        ...afterPodlet,
        mountPoints: [{ sourceVolume: 'data', containerPath: '/data' }],
      }),
      shell('app', 'cat /data/x; sleep 100', {
        dependsOn: [
          ...afterPodlet.dependsOn,
          { containerName: 'seed', condition: 'SUCCESS' as const },
        ],
        mountPoints: [{ sourceVolume: 'data', containerPath: '/data', readOnly: true }],
      }),
    ];
    const volumes = [{ name: 'data' }];
    const good = await bench.run(
      await bench.register(seeded('sleep 0.5; echo seeded > /data/x'), { volumes }),
    );
    await bench.until(good, 'RUNNING');
    await expect.poll(() => bench.text(good, 'app')).toBe('seeded\n');
    await bench.ecs.send(new StopTaskCommand({ task: good }));
    await bench.until(good, 'STOPPED');
    const bad = await bench.until(
      await bench.run(await bench.register(seeded('exit 4'), { volumes })),
      'STOPPED',
    );
    expect(bad.stopCode).toBe('TaskFailedToStart');
    expect(bad.stoppedReason).toMatch(/seed.*exit code 4/);
  });

  it('fails to start when an image cannot be pulled', async () => {
    const definition = await bench.register([
      pause(),
      shell('app', 'true', { ...afterPodlet, image: 'localhost:1/nope:1' }),
    ]);
    const taskArn = await bench.run(definition);
    const task = await bench.until(taskArn, 'STOPPED');
    expect(task.stopCode).toBe('TaskFailedToStart');
    expect(task.stoppedReason).toMatch(/^CannotPullContainerError: .*localhost:1\/nope:1/);
    expect(task.containers!.find(({ name }) => name === 'app')?.exitCode).toBeUndefined();
  });

  it('can be stopped before it runs', async () => {
    const definition = await bench.register([pause(), shell('app', 'sleep 60', afterPodlet)]);
    const taskArn = await bench.run(definition);
    await bench.ecs.send(new StopTaskCommand({ task: taskArn, reason: 'at once' }));
    expect(await bench.until(taskArn, 'STOPPED')).toMatchObject({
      stopCode: 'UserInitiated',
      stoppedReason: 'at once',
    });
  });

  it('reads its own metadata: address and container ids', async () => {
    const definition = await bench.register([
      shell('podlet', 'wget -qO- $ECS_CONTAINER_METADATA_URI_V4/task; echo; sleep 60', {
        essential: true,
      }),
      shell('app', 'sleep 60', afterPodlet),
    ]);
    const taskArn = await bench.run(definition);
    const task = await bench.until(taskArn, 'RUNNING');
    await expect.poll(() => bench.text(taskArn, 'podlet')).toContain('TaskARN');
    const seen: {
      TaskARN: string;
      Containers: { Name: string; DockerId: string; Networks: { IPv4Addresses: string[] }[] }[];
    } = JSON.parse(await bench.text(taskArn, 'podlet'));
    expect(seen.TaskARN).toBe(taskArn);
    expect(seen.Containers.map(({ DockerId }) => DockerId)).toEqual(
      task.containers!.map(({ runtimeId }) => runtimeId),
    );
    expect(seen.Containers[0]!.Networks[0]!.IPv4Addresses).toEqual([
      task.containers![0]!.networkInterfaces![0]!.privateIpv4Address,
    ]);
    await bench.ecs.send(new StopTaskCommand({ task: taskArn }));
    await bench.until(taskArn, 'STOPPED');
  });
});

describe('RunTask', () => {
  it('answers the same task for the same client token, and refuses another request under it', async () => {
    const definition = await bench.register([shell('podlet', 'sleep 30', { essential: true })]);
    const more = { clientToken: 'uid-1', startedBy: 'uid' };
    const [first, second] = await Promise.all([
      bench.run(definition, more),
      bench.run(definition, more),
    ]);
    expect(second).toBe(first);
    expect(await bench.run(definition, more)).toBe(first);
    await expect(bench.run(definition, { ...more, startedBy: 'other' })).rejects.toMatchObject({
      name: 'ConflictException',
      resourceIds: [first],
    });
    expect((await bench.ecs.send(new ListTasksCommand({ startedBy: 'uid' }))).taskArns).toEqual([
      first,
    ]);
    await bench.ecs.send(new StopTaskCommand({ task: first }));
    await bench.until(first, 'STOPPED');
  });

  it.each([
    [{ taskDefinition: 'nothing:1' }, 'ClientException', 'TaskDefinition not found.'],
    [
      { taskDefinition: 'contract', cluster: 'nowhere' },
      'ClusterNotFoundException',
      'Cluster not found.',
    ],
    [
      { taskDefinition: 'contract', count: 11 },
      'InvalidParameterException',
      'Count must be between 1 and 10.',
    ],
    [
      { taskDefinition: 'contract', overrides: { containerOverrides: [{ name: 'x' }] } },
      'InvalidParameterException',
      'Override for container named x is not a container in the TaskDefinition.',
    ],
    [
      { taskDefinition: 'contract', placementConstraints: [{ type: 'distinctInstance' as const }] },
      'InvalidParameterException',
      'placementConstraints is not supported by the local engine',
    ],
  ])('refuses %j with %s', async (input, name, message) => {
    await expect(bench.ecs.send(new RunTaskCommand(input))).rejects.toMatchObject({
      name,
      message,
    });
  });

  it('knows unknown tasks as failures', async () => {
    const { failures } = await bench.ecs.send(new DescribeTasksCommand({ tasks: ['0123'] }));
    expect(failures).toEqual([
      { arn: 'arn:aws:ecs:us-east-1:000000000000:task/default/0123', reason: 'MISSING' },
    ]);
  });

  it('runs exactly the resolved image, with the environment of an override', async () => {
    const outcome = await bench.engine().resolveImage('busybox', 'IfNotPresent', []);
    if ('failure' in outcome) throw new Error(outcome.message);
    expect(outcome.config).toMatchObject({ name: 'docker.io/library/busybox:latest', cmd: ['sh'] });
    const definition = await bench.register([
      shell('podlet', 'echo $A-$B', {
        essential: true,
        image: outcome.config.reference,
        environment: [{ name: 'A', value: '1' }],
      }),
    ]);
    const taskArn = await bench.run(definition, {
      overrides: {
        containerOverrides: [{ name: 'podlet', environment: [{ name: 'B', value: '2' }] }],
      },
    });
    const task = await bench.until(taskArn, 'STOPPED');
    expect(task.containers![0]!.imageDigest).toBe(outcome.config.digest);
    expect(await bench.text(taskArn, 'podlet')).toBe('1-2\n');
  });
});

describe('logs', () => {
  it('keep bytes, order and long lines, while the container is there and after it', async () => {
    const line =
      'i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; head -c 40000 /dev/zero | tr "\\0" x; echo; printf "\\377\\376\\n"; printf end; sleep 1';
    const taskArn = await bench.run(
      await bench.register([shell('podlet', line, { essential: true })]),
    );
    const live: Buffer[] = [];
    for await (const { bytes } of bench
      .engine()
      .readLogs({ taskArn, container: 'podlet', follow: true }))
      live.push(Buffer.from(bytes));
    const expected = Buffer.concat([
      Buffer.from(
        Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join('') +
          `${'x'.repeat(40_000)}\n`,
      ),
      Buffer.from([0xff, 0xfe, 0x0a]),
      Buffer.from('end'),
    ]);
    expect(live.slice(-3).map((bytes) => bytes.toString('latin1').slice(-8))).toEqual([
      'xxxxxxx\n',
      '\xff\xfe\n',
      'end',
    ]);
    expect(Buffer.concat(live).equals(expected)).toBe(true);
    expect(live).toHaveLength(20_003);
    await bench.until(taskArn, 'STOPPED');
    await expect
      .poll(() => inspectContainer(bench.docker, `droppod-${taskArn.split('/').at(-1)!}-podlet`))
      .toBeUndefined();
    const copied: Buffer[] = [];
    for await (const { bytes } of bench
      .engine()
      .readLogs({ taskArn, container: 'podlet', follow: true }))
      copied.push(Buffer.from(bytes));
    expect(Buffer.concat(copied).equals(expected)).toBe(true);
  });

  it('are served as CloudWatch Logs streams', async () => {
    const taskArn = await bench.run(
      await bench.register([shell('podlet', 'echo one; echo two >&2', { essential: true })]),
    );
    await bench.until(taskArn, 'STOPPED');
    const logStreamName = `pod/podlet/${taskArn.split('/').at(-1)!}`;
    const { events } = await bench.logs.send(
      new GetLogEventsCommand({
        logGroupName: '/droppod/contract',
        logStreamName,
        startFromHead: true,
      }),
    );
    expect(events!.map(({ message }) => message).sort()).toEqual(['one', 'two']);
    const filtered = await bench.logs.send(
      new FilterLogEventsCommand({
        logGroupName: '/droppod/contract',
        logStreamNamePrefix: logStreamName,
      }),
    );
    expect(filtered.events).toHaveLength(2);
    await expect(
      bench.logs.send(new GetLogEventsCommand({ logGroupName: 'none', logStreamName })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('another engine on the same store', () => {
  it('adopts running tasks and records exits that nobody saw', async () => {
    const definition = await bench.register([pause(), shell('app', 'sleep 60', afterPodlet)]);
    const [staying, ending] = await Promise.all([bench.run(definition), bench.run(definition)]);
    const before = await bench.until(staying, 'RUNNING');
    const { containers } = await bench.until(ending, 'RUNNING');
    await bench.restart(() => killContainer(bench.docker, containers![0]!.runtimeId!));
    expect(await bench.until(ending, 'STOPPED')).toMatchObject({
      stopCode: 'EssentialContainerExited',
    });
    const after = await bench.until(staying, 'RUNNING');
    expect(after.containers!.map(({ runtimeId }) => runtimeId)).toEqual(
      before.containers!.map(({ runtimeId }) => runtimeId),
    );
    await killContainer(bench.docker, after.containers![1]!.runtimeId!);
    await expect
      .poll(() => bench.until(staying, 'RUNNING').then((task) => task.containers![1]!.exitCode))
      .toBe(137);
    await bench.ecs.send(new StopTaskCommand({ task: staying }));
    await bench.until(staying, 'STOPPED');
  });

  it('completes a launch that was cut off, once', async () => {
    const definition = await bench.register([
      pause(),
      shell('app', 'echo started; sleep 60', afterPodlet),
    ]);
    const taskArn = await bench.run(definition);
    await bench.restart();
    const task = await bench.until(taskArn, 'RUNNING');
    expect(task.containers!.map(({ lastStatus }) => lastStatus)).toEqual(['RUNNING', 'RUNNING']);
    await expect.poll(() => bench.text(taskArn, 'app')).toBe('started\n');
    await bench.ecs.send(new StopTaskCommand({ task: taskArn }));
    await bench.until(taskArn, 'STOPPED');
  });
});

describe('beyond ECS: a running task changes', () => {
  it('takes a further container that shares network and processes, and other limits; both go with the task', async () => {
    const volumes = [{ name: 'joined' }];
    const definition = await bench.register(
      [
        pause({ mountPoints: [{ sourceVolume: 'joined', containerPath: '/joined' }] }),
        shell('app', 'sleep 777', afterPodlet),
      ],
      { volumes },
    );
    const taskArn = await bench.run(definition);
    await bench.until(taskArn, 'RUNNING');
    const debug = {
      ...shell('debug', 'ps; touch /own/file; sleep 60', {
        mountPoints: [{ sourceVolume: 'own', containerPath: '/own' }],
      }),
      essential: false,
      environment: [],
      pidOf: 'app',
      parts: [{ name: 'own', volume: 'joined', path: 'debug' }],
    };
    expect(
      await bench.engine().addContainer(taskArn, debug as Parameters<Engine['addContainer']>[1]),
    ).toEqual({});
    expect(
      await bench.engine().addContainer(taskArn, debug as Parameters<Engine['addContainer']>[1]),
    ).toEqual({});
    await expect.poll(() => bench.text(taskArn, 'debug')).toMatch(/sleep 777/);
    expect(
      await bench.engine().resizeContainer(taskArn, 'app', { cpu: 0.5, memoryBytes: 20 << 20 }),
    ).toEqual({});
    expect(
      (await bench.engine().resizeContainer(taskArn, 'app', { memoryBytes: 1 })).failure,
    ).toMatch(/container "app" memory limit \(1\) below current usage \(\d+\)$/);
    await bench.ecs.send(new StopTaskCommand({ task: taskArn, reason: 'test' }));
    const task = await bench.until(taskArn, 'STOPPED');
    expect(task.containers?.map(({ name }) => name)).toEqual(['podlet', 'app', 'debug']);
  });
});
