// The ECS endpoint without containers: what it refuses, with which messages, and what it stores.
import { describe, expect, it } from 'vitest';
import { memoryKeyValue } from '../../../fakes/memory-key-value.ts';
import { isFargateSize } from '../../../../local/aws/ecs/fargate-size.ts';
import { quietEngine } from './quiet-engine.ts';

const app = { name: 'app', image: 'busybox' };

describe('RegisterTaskDefinition', () => {
  it.each([
    [{ containerDefinitions: [app] }, 'Family should not be null or empty.'],
    [{ family: 'f' }, 'Container list cannot be empty.'],
    [
      { family: 'f', containerDefinitions: [{ image: 'x' }] },
      'Container.name should not be null or empty.',
    ],
    [
      { family: 'f', containerDefinitions: [{ name: 'x' }] },
      'Container.image should not be null or empty.',
    ],
    [
      { family: 'f', containerDefinitions: [{ ...app, essential: false }] },
      'At least one container in the task definition must be marked as essential.',
    ],
    [
      {
        family: 'f',
        containerDefinitions: [{ ...app, dependsOn: [{ containerName: 'z', condition: 'START' }] }],
      },
      "Cannot depend on container + 'z' because it does not exist",
    ],
    [
      {
        family: 'f',
        containerDefinitions: [
          app,
          {
            ...app,
            name: 'b',
            essential: false,
            dependsOn: [{ containerName: 'app', condition: 'SUCCESS' }],
          },
        ],
      },
      "A container depends on the end of 'app', which is essential",
    ],
    [
      {
        family: 'f',
        containerDefinitions: [{ ...app, healthCheck: { command: ['CMD', 'true'] } }],
      },
      "Container 'app': healthCheck is not supported by the local engine",
    ],
    [
      {
        family: 'f',
        containerDefinitions: [
          { ...app, mountPoints: [{ sourceVolume: 'v', containerPath: '/v' }] },
        ],
      },
      "Unknown volume 'v' in container 'app'.",
    ],
    [
      { family: 'f', containerDefinitions: [app], proxyConfiguration: { type: 'APPMESH' } },
      'proxyConfiguration is not supported by the local engine',
    ],
    [
      {
        family: 'f',
        containerDefinitions: [app],
        volumes: [{ name: 'v', dockerVolumeConfiguration: { scope: 'shared' } }],
      },
      "Volume 'v': dockerVolumeConfiguration is not supported by the local engine",
    ],
    [
      { family: 'f', containerDefinitions: [app], requiresCompatibilities: ['FARGATE'] },
      "Fargate requires that 'cpu' be defined at the task level.",
    ],
    [
      {
        family: 'f',
        containerDefinitions: [app],
        requiresCompatibilities: ['FARGATE'],
        cpu: '256',
        memory: '4096',
      },
      'No Fargate configuration exists for given values.',
    ],
  ])('refuses %j', async (input, message) => {
    const { call } = await quietEngine();
    expect(await call('RegisterTaskDefinition', input)).toBe(`ClientException: ${message}`);
  });

  it.each([
    [
      'a path of the host',
      { containerDefinitions: [app], volumes: [{ name: 'v', host: { sourcePath: '/etc' } }] },
      'sourcePath',
    ],
    [
      'a privileged container',
      { containerDefinitions: [{ ...app, privileged: true }] },
      'privileged',
    ],
    [
      'a capability',
      {
        containerDefinitions: [
          { ...app, linuxParameters: { capabilities: { add: ['SYS_PTRACE', 'SYS_ADMIN'] } } },
        ],
      },
      'the added capability SYS_ADMIN: only SYS_PTRACE is',
    ],
  ])(
    'serves %s beyond Fargate only, whatever the definition says it is compatible with',
    async (_what, input, words) => {
      const [fargate, beyond] = [await quietEngine(), await quietEngine(memoryKeyValue(), true)];
      for (const requiresCompatibilities of [[], ['EC2']]) {
        expect(
          await fargate.call('RegisterTaskDefinition', {
            family: 'f',
            requiresCompatibilities,
            ...input,
          }),
        ).toBe(`ClientException: Fargate compatible task definitions do not support ${words}`);
        expect(
          await beyond.call('RegisterTaskDefinition', {
            family: 'f',
            requiresCompatibilities,
            ...input,
          }),
        ).toMatchObject({ taskDefinition: { family: 'f' } });
      }
      expect(await fargate.call('DescribeTaskDefinition', { taskDefinition: 'f' })).toBe(
        'ClientException: Unable to describe task definition.',
      );
    },
  );
});

describe('families', () => {
  it('counts revisions per family, and a new engine on the store goes on counting', async () => {
    const store = memoryKeyValue();
    const first = await quietEngine(store);
    await first.call('RegisterTaskDefinition', { family: 'f', containerDefinitions: [app] });
    const second = await quietEngine(store);
    expect(
      await second.call('RegisterTaskDefinition', { family: 'f', containerDefinitions: [app] }),
    ).toMatchObject({
      taskDefinition: {
        taskDefinitionArn: 'arn:aws:ecs:us-east-1:000000000000:task-definition/f:2',
        revision: 2,
        status: 'ACTIVE',
      },
    });
    expect(await second.call('DescribeTaskDefinition', { taskDefinition: 'f' })).toMatchObject({
      taskDefinition: { revision: 2 },
    });
    await second.call('DeregisterTaskDefinition', { taskDefinition: 'f:2' });
    expect(await second.call('DescribeTaskDefinition', { taskDefinition: 'f' })).toMatchObject({
      taskDefinition: { revision: 1 },
    });
    expect(await second.call('RunTask', { taskDefinition: 'f:2' })).toBe(
      'InvalidParameterException: TaskDefinition is inactive',
    );
    expect(await second.call('ListTaskDefinitions', {})).toMatchObject({
      taskDefinitionArns: ['arn:aws:ecs:us-east-1:000000000000:task-definition/f:1'],
    });
  });
});

describe('other operations', () => {
  it.each([
    ['StopTask', { task: 'x' }, 'InvalidParameterException: The referenced task was not found.'],
    ['DescribeTasks', { tasks: [] }, 'InvalidParameterException: Tasks cannot be empty.'],
    [
      'DescribeTasks',
      { cluster: 'none', tasks: ['x'] },
      'ClusterNotFoundException: Cluster not found.',
    ],
    [
      'DescribeTaskDefinition',
      { taskDefinition: 'x' },
      'ClientException: Unable to describe task definition.',
    ],
    ['RunTask', {}, 'InvalidParameterException: TaskDefinition can not be blank.'],
    [
      'RunTask',
      {
        taskDefinition: 'f',
        launchType: 'FARGATE',
        capacityProviderStrategy: [{ capacityProvider: 'FARGATE' }],
      },
      'InvalidParameterException: Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
    ],
    [
      'CreateService',
      {},
      'UnknownOperationException: operation CreateService is not supported by the local engine',
    ],
  ])('%s %j: %s', async (operation, input, error) => {
    const { call } = await quietEngine();
    expect(await call(operation, input)).toBe(error);
  });

  it('RunTask stores task and client token before anything is created, so that a new engine knows both', async () => {
    const store = memoryKeyValue();
    const { call } = await quietEngine(store);
    await call('RegisterTaskDefinition', { family: 'f', containerDefinitions: [app] });
    const answer = await call('RunTask', {
      taskDefinition: 'f',
      clientToken: 't',
      startedBy: 's',
      tags: [{ key: 'k', value: 'v' }],
    });
    expect(answer).toMatchObject({
      failures: [],
      tasks: [
        {
          lastStatus: 'PROVISIONING',
          desiredStatus: 'RUNNING',
          version: 1,
          startedBy: 's',
          createdAt: expect.any(Number) as number,
        },
      ],
    });
    const other = await quietEngine(store);
    expect(
      await other.call('RunTask', {
        taskDefinition: 'f',
        clientToken: 't',
        startedBy: 's',
        tags: [{ key: 'k', value: 'v' }],
      }),
    ).toMatchObject({ tasks: [{ startedBy: 's' }] });
    expect(await other.call('ListTasks', { startedBy: 's' })).toMatchObject({
      taskArns: [expect.stringContaining(':task/default/') as string],
    });
    expect(await other.call('RunTask', { taskDefinition: 'f', clientToken: 't' })).toMatch(
      /^ConflictException: /,
    );
  });

  it('CreateCluster and DescribeClusters', async () => {
    const { call } = await quietEngine();
    expect(await call('CreateCluster', { clusterName: 'droppod' })).toMatchObject({
      cluster: {
        clusterArn: 'arn:aws:ecs:us-east-1:000000000000:cluster/droppod',
        status: 'ACTIVE',
      },
    });
    expect(await call('DescribeClusters', { clusters: ['droppod', 'x'] })).toMatchObject({
      clusters: [{ clusterName: 'droppod' }],
      failures: [{ reason: 'MISSING' }],
    });
  });
});

it.each([
  ['256', '512', true],
  ['256', '3072', false],
  ['512', '4096', true],
  ['1024', '1024', false],
  ['4096', '30720', true],
  ['8192', '20480', true],
  ['8192', '18432', false],
  ['32768', '122880', true],
  ['32768', '65536', false],
  ['300', '512', false],
])('Fargate size %s/%s: %s', (cpu, memory, exists) =>
  expect(isFargateSize(cpu, memory)).toBe(exists),
);

it("metadata of another task's secret is not found", async () => {
  const { engine } = await quietEngine();
  expect(await engine.metadata('/v4/00000-0/task')).toMatchObject({ status: 404 });
  expect(await engine.metadata('/')).toMatchObject({ status: 404 });
});
