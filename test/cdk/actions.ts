// The IAM actions and resources that a port's method needs: determined by running the adapter, configured as in an installation, on
// clients that send nothing.
import { createClients } from '../../src/aws/clients.ts';
import { systemClock } from '../../src/system-clock.ts';
import { pullSecretPrefix, type Config } from '../../src/aws/config.ts';
import { awsDueTimes } from '../../src/aws/due-times.ts';
import { ecrCredentials } from '../../src/aws/ecr-credentials.ts';
import { awsExecutions } from '../../src/aws/executions.ts';
import { awsLogs } from '../../src/aws/logs.ts';
import { awsPullSecrets } from '../../src/aws/pull-secrets.ts';
import { awsSweepRule } from '../../src/aws/sweep-rule.ts';
import { awsTasks } from '../../src/aws/tasks.ts';
import { randomIds } from '../../src/aws/ids.ts';
import type { ResourceVersion, TaskArn } from '../../src/ports/identity.ts';
import type { Store } from '../../src/ports/store.ts';
import { dynamoStore } from '../../src/store/dynamo-store.ts';
import type { TableWrite } from '../../src/store/table.ts';
import { localTable } from '../contract/store-subjects.ts';
import { ACCOUNT, REGION } from './resolve.ts';

const PREFIXES: Record<string, string> = {
  DynamoDBClient: 'dynamodb',
  ECSClient: 'ecs',
  SFNClient: 'states',
  EventBridgeClient: 'events',
  SecretsManagerClient: 'secretsmanager',
  CloudWatchLogsClient: 'logs',
  ECRClient: 'ecr',
  SchedulerClient: 'scheduler',
};

/** One request as IAM judges it. */
export interface Asked {
  action: string;
  resource: string;
  context: Record<string, string | string[]>;
}

type Input = Record<string, unknown>;

const arnOf = (service: string, rest: string): string =>
  `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;
const text = (input: Input, name: string): string => String(input[name]);
const secret = (name: string): string =>
  name.startsWith('arn:') ? name : arnOf('secretsmanager', `secret:${name}-AbCdEf`);
const inCluster = (input: Input) => ({
  'ecs:cluster': arnOf('ecs', `cluster/${text(input, 'cluster')}`),
});

/** A schedule passes its role to the scheduler. */
const scheduled =
  (command: string) =>
  (input: Input): Asked[] => [
    {
      action: `scheduler:${command}`,
      resource: arnOf('scheduler', `schedule/${text(input, 'GroupName')}/${text(input, 'Name')}`),
      context: {},
    },
    {
      action: 'iam:PassRole',
      resource: text(input['Target'] as Input, 'RoleArn'),
      context: { 'iam:PassedToService': 'scheduler.amazonaws.com' },
    },
  ];

/** What a command needs according to its input, and what IAM checks in addition: tags, passed roles, an image's layers. */
const ASKED: Record<string, (input: Input, config: Config) => Omit<Asked, 'action'>[] | Asked[]> = {
  'ecs:RegisterTaskDefinition': (input, config) => [
    {
      action: 'ecs:RegisterTaskDefinition',
      resource: arnOf('ecs', `task-definition/${text(input, 'family')}:1`),
      context: {},
    },
    passed(config),
  ],
  'ecs:DescribeTaskDefinition': () => [{ resource: '*', context: {} }],
  'ecs:RunTask': (input, config) => [
    {
      action: 'ecs:RunTask',
      resource: text(input, 'taskDefinition'),
      context: inCluster(input),
    },
    {
      action: 'ecs:TagResource',
      resource: arnOf('ecs', `task/${text(input, 'cluster')}/1`),
      context: { 'ecs:CreateAction': 'RunTask' },
    },
    passed(config),
  ],
  'ecs:StopTask': (input) => [{ resource: text(input, 'task'), context: inCluster(input) }],
  'ecs:DescribeTasks': (input) =>
    (input['tasks'] as string[]).map((resource) => ({ resource, context: inCluster(input) })),
  'ecs:ListTasks': (input) => [
    {
      resource: arnOf('ecs', `container-instance/${text(input, 'cluster')}/any`),
      context: inCluster(input),
    },
  ],
  'states:StartExecution': (input) => [{ resource: text(input, 'stateMachineArn'), context: {} }],
  'states:StopExecution': (input) => [{ resource: text(input, 'executionArn'), context: {} }],
  'states:DescribeExecution': (input) => [{ resource: text(input, 'executionArn'), context: {} }],
  'states:SendTaskSuccess': (_input, config) => [{ resource: config.stateMachineArn, context: {} }],
  'events:EnableRule': (input) => [
    { resource: arnOf('events', `rule/${text(input, 'Name')}`), context: {} },
  ],
  'events:DisableRule': (input) => [
    { resource: arnOf('events', `rule/${text(input, 'Name')}`), context: {} },
  ],
  'scheduler:CreateSchedule': scheduled('CreateSchedule'),
  'scheduler:UpdateSchedule': scheduled('UpdateSchedule'),
  'secretsmanager:CreateSecret': (input) => [
    { resource: secret(text(input, 'Name')), context: {} },
  ],
  'secretsmanager:DescribeSecret': (input) => [
    { resource: secret(text(input, 'SecretId')), context: {} },
  ],
  'secretsmanager:PutSecretValue': (input) => [
    { resource: secret(text(input, 'SecretId')), context: {} },
  ],
  'secretsmanager:DeleteSecret': (input) => [
    { resource: secret(text(input, 'SecretId')), context: {} },
  ],
  'secretsmanager:ListSecrets': () => [{ resource: '*', context: {} }],
  'logs:GetLogEvents': (input) => [
    {
      resource: arnOf(
        'logs',
        `log-group:${text(input, 'logGroupName')}:log-stream:${text(input, 'logStreamName')}`,
      ),
      context: {},
    },
  ],
  'ecr:GetAuthorizationToken': () => [
    { action: 'ecr:GetAuthorizationToken', resource: '*', context: {} },
    ...['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'].map((action) => ({
      action,
      resource: arnOf('ecr', 'repository/app'),
      context: {},
    })),
  ],
};

const passed = ({ executionRoleArn }: Config): Asked => ({
  action: 'iam:PassRole',
  resource: executionRoleArn,
  context: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
});

interface Sent {
  clientName: string;
  commandName: string;
}

/** Clients whose commands are recorded and answered from `answers`. */
function notedClients(answers: Record<string, object | Error>, config: Config) {
  const sent: Asked[] = [];
  const clients = createClients({
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  for (const { middlewareStack } of Object.values(clients)) {
    const note = (_next: unknown, context: Sent) => (args: { input: Input }) => {
      const command = context.commandName.replace(/Command$/, '');
      const action = `${PREFIXES[context.clientName] ?? context.clientName}:${command}`;
      const asked = ASKED[action];
      if (!asked) throw new Error(`what ${action} asks of IAM is not known`);
      sent.push(...asked(args.input, config).map((part) => ({ action, ...part })));
      const answer = answers[command] ?? {};
      return answer instanceof Error
        ? Promise.reject(answer)
        : Promise.resolve({ output: answer, response: {} });
    };
    middlewareStack.add(note as never, { step: 'initialize', priority: 'low', name: 'note' });
  }
  return { clients, sent };
}

const named = (name: string): Error => Object.assign(new Error('not found'), { name });
const placeOf = ({ cluster, subnets }: Config) => ({
  cluster,
  subnets,
  securityGroups: [],
  assignPublicIp: true,
});
const taskOf = ({ cluster }: Config) => arnOf('ecs', `task/${cluster}/1`) as TaskArn;

type Clients = ReturnType<typeof createClients>;
type Act = (clients: Clients, config: Config) => Promise<unknown>;

const secretsOf = (clients: Clients, { cluster }: Config) =>
  awsPullSecrets({
    client: clients.secrets,
    clock: systemClock,
    prefix: pullSecretPrefix(cluster),
    key: () => Promise.resolve('a2V5'),
  });
const executionsOf = (clients: Clients, { stateMachineArn }: Config) =>
  awsExecutions(clients.sfn, stateMachineArn);

async function readLog({ logs: client }: Clients, config: Config): Promise<void> {
  const logs = awsLogs({ client, clock: systemClock, logGroup: config.logGroup });
  const source = { taskArn: taskOf(config), container: 'a', follow: false };
  for await (const _line of logs.read(source)) return;
}

/** Each method, with answers that lead it through its branches. */
const METHODS: Record<
  string,
  { act: Act; answers?: (config: Config) => Record<string, object | Error>[] }
> = {
  'tasks.register': {
    act: ({ ecs }, config) =>
      awsTasks(ecs, placeOf(config)).register({
        family: 'droppod-0123456789abcdef',
        cpu: '1',
        memory: '1',
        volumes: [],
        containerDefinitions: [],
      }),
  },
  'tasks.run': {
    act: ({ ecs }, config) =>
      awsTasks(ecs, placeOf(config)).run({
        taskDefinitionArn: arnOf('ecs', 'task-definition/droppod-0123456789abcdef:1'),
        startedBy: 'u',
        clientToken: 't',
        podletEnvironment: {},
        tags: { a: 'b' },
      }),
  },
  'tasks.stop': {
    act: ({ ecs }, config) => awsTasks(ecs, placeOf(config)).stop(taskOf(config), 'r'),
  },
  'tasks.describe': {
    act: ({ ecs }, config) => awsTasks(ecs, placeOf(config)).describe([taskOf(config)]),
  },
  'tasks.listRunning': {
    act: ({ ecs }, config) => awsTasks(ecs, placeOf(config)).listRunning(),
    answers: (config) => [{ ListTasks: { taskArns: [taskOf(config)] } }],
  },
  'executions.start': { act: (clients, config) => executionsOf(clients, config).start('n', {}) },
  'executions.succeed': {
    act: (clients, config) => executionsOf(clients, config).succeed('t', {}),
  },
  'executions.stop': { act: (clients, config) => executionsOf(clients, config).stop('n', 'c') },
  'executions.describe': { act: (clients, config) => executionsOf(clients, config).describe('n') },
  'images.resolve': {
    act: ({ ecr }) =>
      ecrCredentials(ecr, systemClock)(`${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com`),
  },
  'pullSecrets.keep': {
    act: (clients, config) => secretsOf(clients, config).keep({ username: 'u', password: 'p' }),
    answers: () => [{}, { DescribeSecret: named('ResourceNotFoundException') }],
  },
  'pullSecrets.clear': {
    act: (clients, config) => secretsOf(clients, config).clear(),
    answers: ({ cluster }) => {
      const Name = `${pullSecretPrefix(cluster)}1`;
      return [
        {
          ListSecrets: { SecretList: [{ ARN: secret(Name), Name, LastChangedDate: new Date(0) }] },
        },
      ];
    },
  },
  'sweepRule.on': { act: ({ events }, { sweepRule }) => awsSweepRule(events, sweepRule).on() },
  'sweepRule.off': { act: ({ events }, { sweepRule }) => awsSweepRule(events, sweepRule).off() },
  'dueTimes.wakeAt': {
    act: ({ scheduler: client }, { dueTarget: target, dueRole: role, dueGroup: group }) =>
      awsDueTimes({ client, clock: systemClock, target, role, group }).wakeAt('id', new Date(), {}),
    answers: () => [{}, { CreateSchedule: named('ConflictException') }],
  },
  'logs.read': { act: readLog },
};

const key = { resource: 'configmaps', namespace: 'd', name: 'n' };

/** The store's methods, run on a table that records their operations. */
const STORE: ((store: Store) => Promise<unknown>)[] = [
  (store) => store.get(key),
  (store) => store.list({ resource: 'pods' }),
  (store) => store.version(),
  (store) => store.changes('0' as ResourceVersion, { waitMs: 0 }),
  (store) => store.getRecord('pod/u'),
  (store) => store.listRecords('pod/'),
  (store) =>
    store.commit({
      object: {
        key: { ...key, name: randomIds.suffix(8) },
        object: { metadata: {} },
        expected: 'absent',
      },
      records: [{ key: `pod/${randomIds.uuid()}`, value: 1, expected: 0 }],
    }),
  (store) => store.commit({ records: [{ key: `pod/${randomIds.uuid()}`, value: 1, expected: 0 }] }),
  (store) => store.commit({ records: [{ key: 'beat/u', value: 1, expected: 'any' }] }),
  (store) => store.commit({ records: [{ key: 'beat/u', value: null, expected: 'any' }] }),
];

const WRITES = {
  put: 'dynamodb:PutItem',
  update: 'dynamodb:UpdateItem',
  remove: 'dynamodb:DeleteItem',
} as const;
const writeAction = (write: TableWrite): string =>
  'put' in write ? WRITES.put : 'update' in write ? WRITES.update : WRITES.remove;

/** Runs all of the store's methods: every function has the whole store. A transaction needs the actions of its parts. */
export async function tableActions(): Promise<string[]> {
  const { table, close } = await localTable();
  const actions: string[] = [];
  const store = dynamoStore({
    clock: systemClock,
    ids: randomIds,
    random: Math.random,
    table: {
      get: (at) => (actions.push('dynamodb:GetItem'), table.get(at)),
      batchGet: (keys) => (actions.push('dynamodb:BatchGetItem'), table.batchGet(keys)),
      query: (query) => (actions.push('dynamodb:Query'), table.query(query)),
      update: (at, expression, values) => (
        actions.push('dynamodb:UpdateItem'),
        table.update(at, expression, values)
      ),
      transact: (writes) => (actions.push(...writes.map(writeAction)), table.transact(writes)),
    },
  });
  // Another process's write is read from the log.
  await dynamoStore({ clock: systemClock, ids: randomIds, random: Math.random, table }).commit({
    object: { key, object: { metadata: {} }, expected: 'absent' },
  });
  for (const use of STORE) await use(store);
  await close();
  return [...new Set(actions)];
}

/** What a method's adapter needs from IAM, in an installation with this configuration. */
export async function askedBy(method: string, config: Config): Promise<Asked[]> {
  const { act, answers = () => [{}] } = METHODS[method] ?? {
    act: () => Promise.reject(new Error(`what ${method} needs is not known`)),
  };
  const all: Asked[] = [];
  for (const answer of answers(config)) {
    const { clients, sent } = notedClients(answer, config);
    await act(clients, config);
    all.push(...sent);
  }
  return all;
}
