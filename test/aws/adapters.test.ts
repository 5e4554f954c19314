// The adapters on real SDK clients whose requests are answered in this process, without a socket.
import { ECRClient } from '@aws-sdk/client-ecr';
import { ECSClient } from '@aws-sdk/client-ecs';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import { createClients } from '../../src/aws/clients.ts';
import { ecrCredentials } from '../../src/aws/ecr-credentials.ts';
import { awsExecutions } from '../../src/aws/executions.ts';
import { awsPullSecrets } from '../../src/aws/pull-secrets.ts';
import { awsTasks } from '../../src/aws/tasks.ts';
import { toUnavailable } from '../../src/aws/unavailable.ts';
import { Unavailable } from '../../src/errors.ts';
import type { TaskArn } from '../../src/ports/identity.ts';
import type { TaskDefinition } from '../../src/ports/tasks.ts';

interface Sent {
  operation: string;
  input: { [member: string]: unknown };
}

/** Client options that answer each operation from `answers`; an answer with `__type` is an error. */
function scripted(answers: { [operation: string]: object }) {
  const sent: Sent[] = [];
  const requestHandler = {
    handle: (request: { headers: Record<string, string>; body: Uint8Array }) => {
      const operation = (request.headers['x-amz-target'] ?? '').replace(/^.*\./, '');
      sent.push({
        operation,
        input: JSON.parse(
          Buffer.from(
            request.body.buffer,
            request.body.byteOffset,
            request.body.byteLength,
          ).toString(),
        ) as Sent['input'],
      });
      const answer = answers[operation] ?? {};
      return Promise.resolve({
        response: {
          statusCode: '__type' in answer ? 400 : 200,
          headers: {},
          body: Buffer.from(JSON.stringify(answer)),
        },
      });
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
  return {
    sent,
    options: {
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      maxAttempts: 1,
      requestHandler,
    },
  };
}

describe('executions', () => {
  const machine = 'arn:aws:states:us-east-1:1:stateMachine:pods';
  const on = (answers: { [operation: string]: object }) =>
    awsExecutions(new SFNClient(scripted(answers).options), machine);

  it('an execution of the name that is closed or differs is an answer', async () => {
    expect(await on({}).start('uid', {})).toBe('started');
    expect(
      await on({ StartExecution: { __type: 'ExecutionAlreadyExists' } }).start('uid', {}),
    ).toBe('alreadyExists');
  });

  it.each(['InvalidToken', 'TaskDoesNotExist', 'TaskTimedOut'])(
    '%s counts as answered',
    async (__type) => {
      await on({ SendTaskSuccess: { __type } }).succeed('token', {});
    },
  );

  it('an unknown execution is undefined, and may be stopped', async () => {
    const unknown = { __type: 'ExecutionDoesNotExist' };
    expect(await on({ DescribeExecution: unknown }).describe('uid')).toBeUndefined();
    await on({ StopExecution: unknown }).stop('uid', 'over');
  });

  it('any other refusal is thrown', async () => {
    await expect(
      on({ SendTaskSuccess: { __type: 'AccessDeniedException' } }).succeed('token', {}),
    ).rejects.toThrow();
  });
});

describe('tasks', () => {
  const place = {
    cluster: 'droppod',
    subnets: ['s1'],
    securityGroups: ['g1'],
    assignPublicIp: true,
  };
  const request = {
    taskDefinitionArn: 'td',
    startedBy: 'uid',
    clientToken: 'uid-1',
    podletEnvironment: { TOKEN: 't' },
    tags: { pod: 'a' },
  };
  const definition: TaskDefinition = {
    family: 'f',
    cpu: '256',
    memory: '512',
    volumes: [],
    containerDefinitions: [],
  };

  it("runs one Fargate task in the installation's subnets", async () => {
    const { sent, options } = scripted({
      RunTask: { tasks: [{ taskArn: 'arn:1' }], failures: [] },
    });
    expect(await awsTasks(new ECSClient(options), place).run(request)).toEqual({
      taskArn: 'arn:1',
    });
    expect(sent[0]?.input).toMatchObject({
      cluster: 'droppod',
      taskDefinition: 'td',
      startedBy: 'uid',
      clientToken: 'uid-1',
      launchType: 'FARGATE',
      networkConfiguration: {
        awsvpcConfiguration: { subnets: ['s1'], securityGroups: ['g1'], assignPublicIp: 'ENABLED' },
      },
      overrides: { containerOverrides: [{ environment: [{ name: 'TOKEN', value: 't' }] }] },
      tags: [{ key: 'pod', value: 'a' }],
    });
  });

  it('Spot is a capacity provider without a launch type', async () => {
    const { sent, options } = scripted({ RunTask: { tasks: [{ taskArn: 'arn:1' }] } });
    await awsTasks(new ECSClient(options), { ...place, capacity: 'spot' }).run(request);
    expect(sent[0]?.input).toMatchObject({
      capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT' }],
    });
    expect(sent[0]?.input.launchType).toBeUndefined();
  });

  it('no capacity is an outcome', async () => {
    const { options } = scripted({
      RunTask: { tasks: [], failures: [{ reason: 'Capacity is unavailable at this time.' }] },
    });
    expect(await awsTasks(new ECSClient(options), place).run(request)).toEqual({
      failure: 'Capacity is unavailable at this time.',
    });
  });

  it.each([
    ['ClientException', 'ClientException: no'],
    ['InvalidParameterException', 'InvalidParameterException: no'],
    ['AccessDeniedException', 'AWS does not permit it: no'],
    ['BlockedException', 'AWS has blocked the account: no'],
    ['ClusterNotFoundException', 'the ECS cluster is missing: no'],
    ['ConflictException', 'ConflictException: no'],
    ['PlatformUnknownException', 'PlatformUnknownException: no'],
    [
      'PlatformTaskDefinitionIncompatibilityException',
      'PlatformTaskDefinitionIncompatibilityException: no',
    ],
    ['UnsupportedFeatureException', 'the region does not support it: no'],
    ['LimitExceededException', 'a quota of the AWS account is used up: no'],
  ])('what ECS refuses for good is an outcome: %s', async (__type, failure) => {
    const answers = { RunTask: { __type, message: 'no' } };
    expect(await awsTasks(new ECSClient(scripted(answers).options), place).run(request)).toEqual({
      failure,
    });
    const registering = {
      DescribeTaskDefinition: { __type: 'ClientException', message: 'unknown' },
      RegisterTaskDefinition: { __type, message: 'no' },
    };
    const client = new ECSClient(scripted(registering).options);
    expect(await awsTasks(client, place).register(definition)).toEqual({ failure });
  });

  it('a conflict that names the running task is that task', async () => {
    const answers = {
      RunTask: { __type: 'ConflictException', message: 'no', resourceIds: ['arn:1'] },
    };
    expect(await awsTasks(new ECSClient(scripted(answers).options), place).run(request)).toEqual({
      taskArn: 'arn:1',
    });
  });

  it('a known family is not registered again', async () => {
    const known = scripted({
      DescribeTaskDefinition: { taskDefinition: { taskDefinitionArn: 'td:1', status: 'ACTIVE' } },
    });
    expect(await awsTasks(new ECSClient(known.options), place).register(definition)).toEqual({
      arn: 'td:1',
    });
    const fresh = scripted({
      DescribeTaskDefinition: {
        __type: 'ClientException',
        message: 'Unable to describe task definition.',
      },
      RegisterTaskDefinition: { taskDefinition: { taskDefinitionArn: 'td:1' } },
    });
    expect(
      await awsTasks(new ECSClient(fresh.options), place).register({
        ...definition,
        ephemeralStorageGiB: 30,
      }),
    ).toEqual({ arn: 'td:1' });
    expect(fresh.sent[1]?.input).toMatchObject({
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      ephemeralStorage: { sizeInGiB: 30 },
    });
  });

  it('an unknown task may be stopped and is undefined', async () => {
    const { options } = scripted({
      StopTask: {
        __type: 'InvalidParameterException',
        message: 'The referenced task was not found.',
      },
      DescribeTasks: { tasks: [], failures: [{ reason: 'MISSING' }] },
    });
    const tasks = awsTasks(new ECSClient(options), place);
    await tasks.stop('arn:1' as TaskArn, 'over');
    expect(await tasks.describe(['arn:1' as TaskArn])).toEqual(new Map());
  });
});

it('a client whose endpoint cannot be reached throws Unavailable', async () => {
  const { sfn } = createClients({
    region: 'us-east-1',
    endpoint: 'http://127.0.0.1:1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  await expect(awsExecutions(sfn, 'm').describe('uid')).rejects.toThrow(Unavailable);
});

it.each([
  [
    'throttling',
    { name: 'ThrottlingException', $fault: 'client', $metadata: { httpStatusCode: 400 } },
    true,
  ],
  [
    'a server fault',
    { name: 'InternalServerError', $fault: 'server', $metadata: { httpStatusCode: 500 } },
    true,
  ],
  ['a broken connection', { name: 'Error', code: 'ECONNRESET' }, true],
  [
    'a refusal',
    { name: 'AccessDeniedException', $fault: 'client', $metadata: { httpStatusCode: 400 } },
    false,
  ],
])('%s is a fault to retry: %#', (_name, members, retried) => {
  expect(toUnavailable(Object.assign(new Error('x'), members)) instanceof Unavailable).toBe(
    retried,
  );
});

describe('pull secrets', () => {
  const key = Buffer.from('key').toString('base64');
  const credential = { username: 'u', password: 'hunter2' };
  const on = (answers: { [operation: string]: object }, now = 3_600_000) => {
    const { sent, options } = scripted(answers);
    return {
      sent,
      secrets: awsPullSecrets({
        client: new SecretsManagerClient(options),
        clock: { now: () => new Date(now) },
        prefix: 'droppod/pull/',
        key: () => Promise.resolve(key),
      }),
    };
  };
  const unknown = { __type: 'ResourceNotFoundException' };

  it('G5: makes one secret per content, whose name does not reveal it, and asks once', async () => {
    const { sent, secrets } = on({ DescribeSecret: unknown, CreateSecret: { ARN: 'arn:new' } });
    expect(await secrets.keep(credential)).toEqual({ arn: 'arn:new' });
    expect(await secrets.keep(credential)).toEqual({ arn: 'arn:new' });
    expect(sent.map(({ operation }) => operation)).toEqual(['DescribeSecret', 'CreateSecret']);
    expect(sent[1]?.input).toMatchObject({
      Name: expect.stringMatching(/^droppod\/pull\/[0-9a-f]{32}$/),
      SecretString: '{"username":"u","password":"hunter2"}',
    });
    await secrets.keep({ ...credential, password: 'other' });
    expect(sent[3]?.input['Name']).not.toBe(sent[1]?.input['Name']);
  });

  it.each([
    ['lately', 3_500, ['DescribeSecret']],
    ['long ago', 0, ['DescribeSecret', 'PutSecretValue']],
  ])('a secret used %s is used again', async (_name, LastChangedDate, operations) => {
    const { sent, secrets } = on({
      DescribeSecret: { ARN: 'arn:old', LastChangedDate },
      PutSecretValue: { ARN: 'arn:old' },
    });
    expect(await secrets.keep(credential)).toEqual({ arn: 'arn:old' });
    expect(sent.map(({ operation }) => operation)).toEqual(operations);
  });

  it('one that is being deleted is a fault that passes', async () => {
    await expect(
      on({ DescribeSecret: { __type: 'InvalidRequestException' } }).secrets.keep(credential),
    ).rejects.toThrow(Unavailable);
  });

  it('R5: removes its own unused ones and says how many are left', async () => {
    const SecretList = [
      { ARN: 'a', Name: 'droppod/pull/1', LastChangedDate: 0 },
      { ARN: 'b', Name: 'droppod/pull/2', LastChangedDate: 3_000 },
      { ARN: 'c', Name: 'else/droppod/pull/3', LastChangedDate: 0 },
    ];
    const { sent, secrets } = on({ ListSecrets: { SecretList } });
    expect(await secrets.clear()).toBe(1);
    expect(
      sent
        .filter(({ operation }) => operation === 'DeleteSecret')
        .map(({ input }) => input['SecretId']),
    ).toEqual(['a']);
  });
});

describe('credentials of ECR', () => {
  const authorizationData = [
    { authorizationToken: Buffer.from('AWS:token').toString('base64'), expiresAt: 43_200 },
  ];
  it('one token opens every repository of the region; other hosts get none', async () => {
    const { sent, options } = scripted({ GetAuthorizationToken: { authorizationData } });
    const credentials = ecrCredentials(new ECRClient(options), { now: () => new Date(0) });
    for (const host of [
      'docker.io',
      'registry.test',
      '123456789012.dkr.ecr.us-east-1.amazonaws.com.evil.test',
    ])
      expect(await credentials(host)).toEqual([]);
    for (const host of [
      '123456789012.dkr.ecr.us-east-1.amazonaws.com',
      '210987654321.dkr.ecr.us-east-1.amazonaws.com',
    ])
      expect(await credentials(host)).toEqual([
        { registry: host, username: 'AWS', password: 'token' },
      ]);
    expect(sent).toHaveLength(1);
  });
});
