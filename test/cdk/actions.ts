// Which IAM actions a port's method needs: seen by running the adapter on clients that send nothing.
import { createClients } from '../../src/aws/clients.ts';
import { systemClock } from '../../src/aws/clock.ts';
import { ecrCredentials } from '../../src/aws/ecr-credentials.ts';
import { awsExecutions } from '../../src/aws/executions.ts';
import { awsLogs } from '../../src/aws/logs.ts';
import { awsPullSecrets } from '../../src/aws/pull-secrets.ts';
import { awsSweepRule } from '../../src/aws/sweep-rule.ts';
import { dynamoTable } from '../../src/aws/table.ts';
import { awsTasks } from '../../src/aws/tasks.ts';
import { randomIds } from '../../src/aws/ids.ts';
import type { ResourceVersion, TaskArn } from '../../src/ports/identity.ts';
import type { Store } from '../../src/ports/store.ts';
import { dynamoStore } from '../../src/store/dynamo-store.ts';
import type { TableWrite } from '../../src/store/table.ts';
import { localTable } from '../contract/store-subjects.ts';

const PREFIXES: Record<string, string> = {
  DynamoDBClient: 'dynamodb',
  ECSClient: 'ecs',
  SFNClient: 'states',
  EventBridgeClient: 'events',
  SecretsManagerClient: 'secretsmanager',
  CloudWatchLogsClient: 'logs',
  ECRClient: 'ecr',
};

/** What IAM asks for beside the call itself: tags and roles that are handed on, and an image's layers, which the credential opens. */
const BESIDE: Record<string, string[]> = {
  'ecs:RunTask': ['ecs:TagResource', 'iam:PassRole'],
  'ecs:RegisterTaskDefinition': ['iam:PassRole'],
  'ecr:GetAuthorizationToken': ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
};

interface Sent {
  clientName: string;
  commandName: string;
}

/** Clients whose commands are noted and answered with what `answers` has for them. */
function notedClients(answers: Record<string, object | Error>) {
  const sent: string[] = [];
  const clients = createClients({
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  for (const { middlewareStack } of Object.values(clients)) {
    const note = (_next: unknown, context: Sent) => () => {
      const command = context.commandName.replace(/Command$/, '');
      sent.push(`${PREFIXES[context.clientName] ?? context.clientName}:${command}`);
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
const place = {
  cluster: 'c',
  subnets: ['s'],
  securityGroups: [],
  assignPublicIp: true,
};
const arn = 'arn:aws:ecs:us-east-1:000000000000:task/c/1' as TaskArn;

type Act = (clients: ReturnType<typeof createClients>) => Promise<unknown>;

const secretsOf = (clients: ReturnType<typeof createClients>) =>
  awsPullSecrets({ client: clients.secrets, clock: systemClock, prefix: 'p', key: 'a2V5' });
const executionsOf = (clients: ReturnType<typeof createClients>) =>
  awsExecutions(clients.sfn, 'arn:aws:states:us-east-1:000000000000:stateMachine:m');

async function readLog(
  { logs, ecs }: ReturnType<typeof createClients>,
  follow: boolean,
): Promise<void> {
  for await (const _line of awsLogs({
    client: logs,
    clock: systemClock,
    logGroup: 'g',
    tasks: awsTasks(ecs, place),
  }).read({ taskArn: arn, container: 'a', follow }))
    return;
}

/** Each method with answers under which it goes its ways. */
const METHODS: Record<string, { act: Act; answers?: Record<string, object | Error>[] }> = {
  'tasks.register': {
    act: ({ ecs }) =>
      awsTasks(ecs, place).register({
        family: 'f',
        cpu: '1',
        memory: '1',
        volumes: [],
        containerDefinitions: [],
      }),
  },
  'tasks.run': {
    act: ({ ecs }) =>
      awsTasks(ecs, place).run({
        taskDefinitionArn: 'd',
        startedBy: 'u',
        clientToken: 't',
        podletEnvironment: {},
        tags: { a: 'b' },
      }),
  },
  'tasks.stop': { act: ({ ecs }) => awsTasks(ecs, place).stop(arn, 'r') },
  'tasks.describe': { act: ({ ecs }) => awsTasks(ecs, place).describe(arn) },
  'tasks.listRunning': {
    act: ({ ecs }) => awsTasks(ecs, place).listRunning(),
    answers: [{ ListTasks: { taskArns: [arn] } }],
  },
  'executions.start': { act: (clients) => executionsOf(clients).start('n', {}) },
  'executions.succeed': { act: (clients) => executionsOf(clients).succeed('t', {}) },
  'executions.stop': { act: (clients) => executionsOf(clients).stop('n', 'c') },
  'executions.describe': { act: (clients) => executionsOf(clients).describe('n') },
  'images.resolve': {
    act: ({ ecr }) =>
      ecrCredentials(ecr, systemClock)('000000000000.dkr.ecr.us-east-1.amazonaws.com'),
  },
  'pullSecrets.keep': {
    act: (clients) => secretsOf(clients).keep({ username: 'u', password: 'p' }),
    answers: [{}, { DescribeSecret: named('ResourceNotFoundException') }],
  },
  'pullSecrets.clear': {
    act: (clients) => secretsOf(clients).clear(),
    answers: [
      { ListSecrets: { SecretList: [{ ARN: 'a', Name: 'p1', LastChangedDate: new Date(0) }] } },
    ],
  },
  'sweepRule.on': { act: ({ events }) => awsSweepRule(events, 'r').on() },
  'sweepRule.off': { act: ({ events }) => awsSweepRule(events, 'r').off() },
  'logs.read': { act: (clients) => readLog(clients, false) },
  'logs.follow': { act: (clients) => readLog(clients, true) },
};

const key = { resource: 'configmaps', namespace: 'd', name: 'n' };

/** What the store's methods do to the table, by running them on one that takes notes. */
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
async function tableActions(): Promise<string[]> {
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
  // What another process wrote is read from the log.
  await dynamoStore({ clock: systemClock, ids: randomIds, random: Math.random, table }).commit({
    object: { key, object: { metadata: {} }, expected: 'absent' },
  });
  for (const use of STORE) await use(store);
  await close();
  return actions;
}

/** The commands that the adapter of a method sends. */
async function commands(method: string): Promise<string[]> {
  const { act, answers = [{}] } = METHODS[method] ?? {
    act: () => Promise.reject(new Error(`what ${method} needs is not known`)),
  };
  const all: string[] = [];
  for (const answer of answers) {
    const { clients, sent } = notedClients(answer);
    await act(clients);
    all.push(...sent);
  }
  return all;
}

/** The IAM actions that these methods of ports and the store need, sorted. */
export async function actionsOf(methods: string[]): Promise<string[]> {
  const sent = [...(await tableActions()), ...(await Promise.all(methods.map(commands))).flat()];
  return [...new Set(sent.flatMap((action) => [action, ...(BESIDE[action] ?? [])]))].sort();
}
