// ECS, Step Functions and EventBridge as a function's SDK sees them, backed by a world in memory: real clients and adapters, no socket.
// Each call passes a hook that may respond in AWS's place, or lose AWS's response.
import { inProcessHandler } from '../../local/aws/dynamodb/request-handler.ts';
import { asInput, structures, text, texts, type Input } from '../../local/aws/input.ts';
import { AwsError } from '../../local/aws/protocol.ts';
import { createClients } from '../../src/aws/clients.ts';
import { awsExecutions } from '../../src/aws/executions.ts';
import { awsSweepRule } from '../../src/aws/sweep-rule.ts';
import { awsTasks } from '../../src/aws/tasks.ts';
import type { TaskArn } from '../../src/ports/identity.ts';
import type { Json } from '../../src/ports/json.ts';
import type { Ports } from '../../src/ports/ports.ts';
import type { TaskFacts } from '../../src/ports/tasks.ts';
import type { PodWorld } from './pod-world.ts';

/** Carries out the call; if it throws, before or after, the SDK gets that error. */
export type Around = <T>(operation: string, act: () => Promise<T>) => Promise<T>;

const MACHINE = 'arn:aws:states:us-east-1:000000000000:stateMachine:pod';

type Operation = (world: PodWorld, input: Input) => Promise<object>;

/** From now on the world's functions use AWS's adapters. */
export function behindEdge(world: PodWorld, around: Around): void {
  const known = new Set<string>();
  const requestHandler = inProcessHandler(async ({ target, body }) => {
    const operation = target.split('.').at(-1) ?? '';
    const act = operationsOf(known)[operation];
    if (!act) throw new Error(`the edge does not know ${operation}`);
    const headers = { 'content-type': 'application/x-amz-json-1.1' };
    try {
      const input = asInput(JSON.parse(body.toString()));
      const answer = await around(operation, () => act(world, input));
      return { status: 200, headers, body: JSON.stringify(answer) };
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const { type, message, status, members } = error;
      return { status, headers, body: JSON.stringify({ ...members, __type: type, message }) };
    }
  });
  const options = {
    region: 'us-east-1',
    endpoint: 'http://edge',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestHandler,
    // Without retries: what the SDK would give up on fails at once.
    maxAttempts: 1,
  };
  const { ecs, sfn, events } = createClients(options);
  const place = { cluster: 'c', subnets: ['s'], securityGroups: ['g'], assignPublicIp: true };
  const ports: Pick<Ports, 'tasks' | 'executions' | 'sweepRule'> = {
    tasks: awsTasks(ecs, place),
    executions: awsExecutions(sfn, MACHINE),
    sweepRule: awsSweepRule(events, 'sweep'),
  };
  Object.assign(world.ports, ports);
}

const the = (input: Input, member: string): string => text(input, member) ?? '';
const nameOf = (input: Input): string => the(input, 'executionArn').split(':').at(-1) ?? '';
const pairs = (list: Input[], key: string): Record<string, string> =>
  Object.fromEntries(list.map((one) => [the(one, key), the(one, 'value')]));

/** `known`: registered families. */
const operationsOf = (known: Set<string>): Record<string, Operation> => ({
  DescribeTaskDefinition: async (_world, input) => {
    const family = the(input, 'taskDefinition');
    if (!known.has(family))
      throw new AwsError('ClientException', 'Unable to describe task definition.');
    return { taskDefinition: { taskDefinitionArn: `arn:${family}`, status: 'ACTIVE' } };
  },
  RegisterTaskDefinition: async (_world, input) => {
    known.add(the(input, 'family'));
    return {
      taskDefinition: { taskDefinitionArn: `arn:${the(input, 'family')}`, status: 'ACTIVE' },
    };
  },
  RunTask: async (world, input) => {
    const [override = {}] = structures(asInput(input['overrides']), 'containerOverrides');
    const found = await world.tasks.run({
      taskDefinitionArn: the(input, 'taskDefinition'),
      startedBy: the(input, 'startedBy'),
      clientToken: the(input, 'clientToken'),
      podletEnvironment: pairs(structures(override, 'environment'), 'name'),
      tags: pairs(structures(input, 'tags'), 'key'),
    });
    return 'failure' in found
      ? { tasks: [], failures: [{ reason: found.failure }] }
      : { tasks: [{ taskArn: found.taskArn }] };
  },
  StopTask: async (world, input) => {
    await world.tasks.stop(the(input, 'task') as TaskArn, the(input, 'reason'));
    return {};
  },
  DescribeTasks: async (world, input) => {
    const arns = (texts(input, 'tasks') ?? []) as TaskArn[];
    const found = await world.tasks.describe(arns);
    return { tasks: [...found.values()].map(wire) };
  },
  ListTasks: async (world) => ({
    taskArns: (await world.tasks.listRunning()).map(({ taskArn }) => taskArn),
  }),
  StartExecution: async (world, input) => {
    const name = the(input, 'name');
    const started = await world.machine.start(name, JSON.parse(the(input, 'input')) as Json);
    if (started === 'alreadyExists')
      throw new AwsError('ExecutionAlreadyExists', 'Execution Already Exists');
    return { executionArn: `${MACHINE}:${name}`, startDate: 0 };
  },
  SendTaskSuccess: async (world, input) => {
    await world.machine.succeed(the(input, 'taskToken'), JSON.parse(the(input, 'output')) as Json);
    return {};
  },
  StopExecution: async (world, input) => {
    await world.machine.stop(nameOf(input), the(input, 'cause'));
    return { stopDate: 0 };
  },
  DescribeExecution: async (world, input) => {
    const found = await world.machine.describe(nameOf(input));
    if (!found) throw new AwsError('ExecutionDoesNotExist', 'Execution Does Not Exist');
    const { status, error, cause } = found;
    return { executionArn: input['executionArn'], startDate: 0, status, error, cause };
  },
  EnableRule: () => Promise.resolve({}),
  DisableRule: () => Promise.resolve({}),
});

const wire = ({ privateIp, containers, ...task }: TaskFacts): object => ({
  ...task,
  createdAt: undefined,
  stoppedAt: undefined,
  attachments: [{ details: [{ name: 'privateIPv4Address', value: privateIp }] }],
  containers,
});
