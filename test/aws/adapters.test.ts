// The adapters on real SDK clients whose requests are answered here, without a socket.
import { ECSClient } from '@aws-sdk/client-ecs';
import { SFNClient } from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import { createClients } from '../../src/aws/clients.ts';
import { awsExecutions } from '../../src/aws/executions.ts';
import { awsTasks } from '../../src/aws/tasks.ts';
import { toUnavailable } from '../../src/aws/unavailable.ts';
import { Unavailable } from '../../src/errors.ts';
import type { TaskArn, TaskDefinition } from '../../src/ports.ts';

interface Sent {
  operation: string;
  input: { [member: string]: unknown };
}

/** Client options that answer each operation by `answers`; an answer with `__type` is an error. */
function scripted(answers: { [operation: string]: object }) {
  const sent: Sent[] = [];
  const requestHandler = {
    handle: (request: { headers: Record<string, string>; body: Uint8Array }) => {
      const operation = (request.headers['x-amz-target'] ?? '').replace(/^.*\./, '');
      sent.push({ operation, input: JSON.parse(Buffer.from(request.body.buffer, request.body.byteOffset, request.body.byteLength).toString()) as Sent['input'] });
      const answer = answers[operation] ?? {};
      return Promise.resolve({ response: { statusCode: '__type' in answer ? 400 : 200, headers: {}, body: Buffer.from(JSON.stringify(answer)) } });
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
  return { sent, options: { region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, maxAttempts: 1, requestHandler } };
}

describe('executions', () => {
  const machine = 'arn:aws:states:us-east-1:1:stateMachine:pods';
  const on = (answers: { [operation: string]: object }) => awsExecutions(new SFNClient(scripted(answers).options), machine);

  it('an execution of the name that is closed or differs is an answer', async () => {
    expect(await on({}).start('uid', {})).toBe('started');
    expect(await on({ StartExecution: { __type: 'ExecutionAlreadyExists' } }).start('uid', {})).toBe('alreadyExists');
  });

  it.each(['InvalidToken', 'TaskDoesNotExist', 'TaskTimedOut'])('%s counts as answered', async (__type) => {
    await on({ SendTaskSuccess: { __type } }).succeed('token', {});
  });

  it('an unknown execution is undefined, and may be stopped', async () => {
    const unknown = { __type: 'ExecutionDoesNotExist' };
    expect(await on({ DescribeExecution: unknown }).describe('uid')).toBeUndefined();
    await on({ StopExecution: unknown }).stop('uid', 'over');
  });

  it('any other refusal is thrown', async () => {
    await expect(on({ SendTaskSuccess: { __type: 'AccessDeniedException' } }).succeed('token', {})).rejects.toThrow();
  });
});

describe('tasks', () => {
  const place = { cluster: 'droppod', subnets: ['s1'], securityGroups: ['g1'], assignPublicIp: true };
  const request = { taskDefinitionArn: 'td', startedBy: 'uid', clientToken: 'uid-1', podletEnvironment: { TOKEN: 't' }, tags: { pod: 'a' } };
  const definition: TaskDefinition = { family: 'f', cpu: '256', memory: '512', volumes: [], containerDefinitions: [] };

  it('runs one Fargate task in the installation\'s subnets', async () => {
    const { sent, options } = scripted({ RunTask: { tasks: [{ taskArn: 'arn:1' }], failures: [] } });
    expect(await awsTasks(new ECSClient(options), place).run(request)).toEqual({ taskArn: 'arn:1' });
    expect(sent[0]?.input).toMatchObject({
      cluster: 'droppod', taskDefinition: 'td', startedBy: 'uid', clientToken: 'uid-1', launchType: 'FARGATE',
      networkConfiguration: { awsvpcConfiguration: { subnets: ['s1'], securityGroups: ['g1'], assignPublicIp: 'ENABLED' } },
      overrides: { containerOverrides: [{ environment: [{ name: 'TOKEN', value: 't' }] }] }, tags: [{ key: 'pod', value: 'a' }],
    });
  });

  it('Spot is a capacity provider without a launch type', async () => {
    const { sent, options } = scripted({ RunTask: { tasks: [{ taskArn: 'arn:1' }] } });
    await awsTasks(new ECSClient(options), place).run({ ...request, spot: true });
    expect(sent[0]?.input).toMatchObject({ capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT' }] });
    expect(sent[0]?.input.launchType).toBeUndefined();
  });

  it('no capacity is an outcome', async () => {
    const { options } = scripted({ RunTask: { tasks: [], failures: [{ reason: 'Capacity is unavailable at this time.' }] } });
    expect(await awsTasks(new ECSClient(options), place).run(request)).toEqual({ failure: 'Capacity is unavailable at this time.' });
  });

  it('a known family is not registered again', async () => {
    const known = scripted({ DescribeTaskDefinition: { taskDefinition: { taskDefinitionArn: 'td:1', status: 'ACTIVE' } } });
    expect(await awsTasks(new ECSClient(known.options), place).register(definition)).toBe('td:1');
    const fresh = scripted({ DescribeTaskDefinition: { __type: 'ClientException', message: 'Unable to describe task definition.' }, RegisterTaskDefinition: { taskDefinition: { taskDefinitionArn: 'td:1' } } });
    expect(await awsTasks(new ECSClient(fresh.options), place).register({ ...definition, ephemeralStorageGiB: 30 })).toBe('td:1');
    expect(fresh.sent[1]?.input).toMatchObject({ networkMode: 'awsvpc', requiresCompatibilities: ['FARGATE'], ephemeralStorage: { sizeInGiB: 30 } });
  });

  it('an unknown task may be stopped and is undefined', async () => {
    const { options } = scripted({ StopTask: { __type: 'InvalidParameterException', message: 'The referenced task was not found.' }, DescribeTasks: { tasks: [], failures: [{ reason: 'MISSING' }] } });
    const tasks = awsTasks(new ECSClient(options), place);
    await tasks.stop('arn:1' as TaskArn, 'over');
    expect(await tasks.describe('arn:1' as TaskArn)).toBeUndefined();
  });
});

it('a client whose endpoint cannot be reached throws Unavailable', async () => {
  const { sfn } = createClients({ region: 'us-east-1', endpoint: 'http://127.0.0.1:1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
  await expect(awsExecutions(sfn, 'm').describe('uid')).rejects.toThrow(Unavailable);
});

it.each([
  ['throttling', { name: 'ThrottlingException', $fault: 'client', $metadata: { httpStatusCode: 400 } }, true],
  ['a server fault', { name: 'InternalServerError', $fault: 'server', $metadata: { httpStatusCode: 500 } }, true],
  ['a broken connection', { name: 'Error', code: 'ECONNRESET' }, true],
  ['a refusal', { name: 'AccessDeniedException', $fault: 'client', $metadata: { httpStatusCode: 400 } }, false],
])('%s is a fault to retry: %#', (_name, members, retried) => {
  expect(toUnavailable(Object.assign(new Error('x'), members)) instanceof Unavailable).toBe(retried);
});
