// The local ECS refuses what Fargate and ECS's API model refuse: a definition or request that it accepts is valid on AWS.
import { describe, expect, it } from 'vitest';
import { memoryKeyValue } from '../../../fakes/memory-key-value.ts';
import { quietEngine } from './quiet-engine.ts';

const app = { name: 'app', image: 'busybox' };
const fargate = {
  family: 'f',
  requiresCompatibilities: ['FARGATE'],
  cpu: '256',
  memory: '512',
  containerDefinitions: [app],
};
const withApp = (members: object): object => ({
  ...fargate,
  containerDefinitions: [{ ...app, ...members }],
});
const LOG = {
  logDriver: 'awslogs',
  options: { 'awslogs-group': 'g', 'awslogs-region': 'r', 'awslogs-stream-prefix': 'p' },
};
const tags = (count: number): object[] =>
  Array.from({ length: count }, (_, at) => ({ key: `k${at}`, value: 'v' }));

describe('a task definition for Fargate', () => {
  it.each([
    ['more cpu than the task has', withApp({ cpu: 512 }), "'cpu' setting"],
    ['more memory than the task has', withApp({ memory: 1024 }), "'memory' setting"],
    ['more reserved than the task has', withApp({ memoryReservation: 513 }), "'memory' setting"],
    ['little storage', { ...fargate, ephemeralStorage: { sizeInGiB: 20 } }, '21 and 200'],
    ['much storage', { ...fargate, ephemeralStorage: { sizeInGiB: 201 } }, '21 and 200'],
    ['a stop of no time', withApp({ stopTimeout: 1 }), 'from 2 to 120 seconds'],
    ['a start of much time', withApp({ startTimeout: 121 }), 'from 2 to 120 seconds'],
    ['a user of three parts', withApp({ user: '1:2:3' }), 'user 1:2:3 has no form'],
    ['an image of 256 characters', withApp({ image: 'a'.repeat(256) }), '255 characters'],
    [
      'a kernel setting of the host',
      withApp({ systemControls: [{ namespace: 'vm.swappiness', value: '1' }] }),
      'vm.swappiness is not supported on Fargate',
    ],
    [
      'an unknown capability',
      withApp({ linuxParameters: { capabilities: { drop: ['FLY'] } } }),
      'capability FLY is not known',
    ],
    [
      'an unknown tmpfs option',
      withApp({
        linuxParameters: { tmpfs: [{ containerPath: '/t', size: 1, mountOptions: ['x'] }] },
      }),
      'tmpfs option x is not known',
    ],
    [
      'another host port',
      withApp({ portMappings: [{ containerPort: 80, hostPort: 8080 }] }),
      'a host port is the container port',
    ],
    [
      'a relative mount',
      {
        ...withApp({ mountPoints: [{ sourceVolume: 'v', containerPath: 'v' }] }),
        volumes: [{ name: 'v' }],
      },
      'containerPath v is not absolute',
    ],
    ['a volume twice', { ...fargate, volumes: [{ name: 'v' }, { name: 'v' }] }, 'given twice'],
    ['logs that nobody may write', withApp({ logConfiguration: LOG }), 'execution role ARN'],
    [
      'logs without a stream prefix',
      {
        ...withApp({
          logConfiguration: { ...LOG, options: { 'awslogs-group': 'g', 'awslogs-region': 'r' } },
        }),
        executionRoleArn: 'arn:aws:iam::000000000000:role/r',
      },
      'requires options: awslogs-stream-prefix',
    ],
    [
      'a private image that nobody may pull',
      withApp({ repositoryCredentials: { credentialsParameter: 'arn' } }),
      'execution role ARN to support private registries',
    ],
    [
      '64 KB',
      withApp({ environment: [{ name: 'A', value: 'a'.repeat(64 * 1024) }] }),
      'larger than 64 KB',
    ],
    ['51 tags', { ...fargate, tags: tags(51) }, 'at most 50'],
    ['a tag of AWS', { ...fargate, tags: [{ key: 'aws:x', value: '' }] }, "tag key 'aws:x'"],
    ['a tag value with a hash', { ...fargate, tags: [{ key: 'k', value: '#' }] }, "tag 'k'"],
    ['a long tag', { ...fargate, tags: [{ key: 'k', value: 'v'.repeat(257) }] }, "tag 'k'"],
  ])('may not have %s', async (_what, input, words) => {
    const { call } = await quietEngine();
    expect(await call('RegisterTaskDefinition', input)).toContain(words);
  });

  it('may have what beyond Fargate, and on instances of one’s own, is nobody’s affair', async () => {
    const input = withApp({ systemControls: [{ namespace: 'vm.swappiness', value: '1' }] });
    const [strict, beyond] = [await quietEngine(), await quietEngine(memoryKeyValue(), true)];
    expect(await beyond.call('RegisterTaskDefinition', input)).toMatchObject({
      taskDefinition: { revision: 1 },
    });
    expect(
      await strict.call('RegisterTaskDefinition', { ...input, requiresCompatibilities: ['EC2'] }),
    ).toMatchObject({ taskDefinition: { revision: 1 } });
  });
});

describe('a task on Fargate', () => {
  const network = { awsvpcConfiguration: { subnets: ['subnet-1'] } };
  const many = (count: number): string[] => Array.from({ length: count }, (_, at) => `id-${at}`);
  it.each([
    ['no network', {}, 'Network Configuration must be provided'],
    [
      '17 subnets',
      { networkConfiguration: { awsvpcConfiguration: { subnets: many(17) } } },
      'at most 16',
    ],
    [
      '6 security groups',
      {
        networkConfiguration: {
          awsvpcConfiguration: { subnets: ['s'], securityGroups: many(6) },
        },
      },
      'at most 5',
    ],
    [
      'an unknown platform',
      { networkConfiguration: network, platformVersion: '2.0' },
      'platform does not exist',
    ],
    ['tags twice', { networkConfiguration: network, tags: [...tags(1), ...tags(1)] }, 'twice'],
  ])('may not have %s', async (_what, members, words) => {
    const { call } = await quietEngine();
    await call('RegisterTaskDefinition', fargate);
    expect(
      await call('RunTask', { taskDefinition: 'f', launchType: 'FARGATE', ...members }),
    ).toContain(words);
  });

  it('needs a definition for Fargate, and a capacity provider that is Fargate’s', async () => {
    const { call } = await quietEngine();
    await call('RegisterTaskDefinition', { family: 'f', containerDefinitions: [app] });
    const request = { taskDefinition: 'f', networkConfiguration: network };
    expect(await call('RunTask', { ...request, launchType: 'FARGATE' })).toContain(
      'does not support launch_type FARGATE',
    );
    expect(
      await call('RunTask', { ...request, capacityProviderStrategy: [{ capacityProvider: 'x' }] }),
    ).toContain("'x' was not found");
  });

  it('is stopped with a reason of at most 1024 characters', async () => {
    const { call } = await quietEngine();
    expect(await call('StopTask', { task: 't', reason: 'a'.repeat(1025) })).toContain(
      'at most 1024',
    );
  });
});
