// The calls beside a pod's own (the table, registries, secrets, logs, schedules, logins), each answered by every error that the SDK's models
// name: how it is classified, and what the user sees of it, is a table of docs/aws.md (EDGE_TABLE=write writes it).
import { buildSync } from 'esbuild';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { createClients, type Clients } from '../../src/aws/clients.ts';
import { systemClock } from '../../src/system-clock.ts';
import { awsDueTimes } from '../../src/aws/due-times.ts';
import { ecrCredentials } from '../../src/aws/ecr-credentials.ts';
import { awsLogs } from '../../src/aws/logs.ts';
import { awsPullSecrets } from '../../src/aws/pull-secrets.ts';
import { dynamoTable } from '../../src/aws/table.ts';
import { awsSts } from '../../src/aws/sts.ts';
import { Unavailable } from '../../src/errors.ts';
import { RegistryRefusal } from '../../src/images/refusal.ts';
import type { TaskArn } from '../../src/ports/identity.ts';
import type { Table } from '../../src/store/table.ts';

const PAGE = fileURLToPath(new URL('../../docs/aws.md', import.meta.url));

interface Fault {
  name: string;
  fault: 'client' | 'server';
}

/** What any call may meet; the SDK has repeated it by then. */
const ANYWHERE: Fault[] = [
  { name: 'ThrottlingException', fault: 'client' },
  { name: 'InternalFailure', fault: 'server' },
  { name: 'TimeoutError', fault: 'client' },
  { name: 'AccessDeniedException', fault: 'client' },
];

/** The errors that the SDK's own model names for a command. */
function modelled(client: string, command: string): Fault[] {
  const types = readFileSync(
    new URL(
      `../../node_modules/@aws-sdk/client-${client}/dist-types/commands/${command}Command.d.ts`,
      import.meta.url,
    ),
    'utf8',
  );
  return [...types.matchAll(/@throws \{@link (\w+)\} \((client|server) fault\)/g)].map(
    ([, name = '', fault]) => ({ name, fault: fault as Fault['fault'] }),
  );
}

const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };

/** Clients of which one command fails and the others answer what `answers` has. */
function clientsWith(command: string, { name, fault }: Fault, answers: Record<string, object>) {
  const clients = createClients({ region: 'us-east-1', credentials });
  for (const { middlewareStack } of Object.values(clients))
    middlewareStack.add(
      ((_next: unknown, context: { commandName: string }) => () => {
        const called = context.commandName.replace(/Command$/, '');
        const answer = answers[called] ?? {};
        if (called !== command)
          return answer instanceof Error
            ? Promise.reject(answer)
            : Promise.resolve({ output: answer, response: {} });
        const $metadata = { httpStatusCode: fault === 'server' ? 500 : 400 };
        return Promise.reject(
          Object.assign(new Error('by the edge'), { name, $fault: fault, $metadata }),
        );
      }) as never,
      { step: 'initialize', priority: 'low', name: 'edge' },
    );
  return clients;
}

type Act = (clients: Clients) => Promise<unknown>;

const key = { pk: 'o/pods', sk: 'default/a' };
const onTable =
  (act: (table: Table) => Promise<unknown>): Act =>
  ({ dynamodb }) =>
    act(dynamoTable(dynamodb, 'droppod'));
const secretsOf = ({ secrets }: Clients) =>
  awsPullSecrets({
    client: secrets,
    clock: systemClock,
    prefix: 'c/pull/',
    key: () => Promise.resolve('a2V5'),
  });
const keep: Act = (clients) => secretsOf(clients).keep({ username: 'u', password: 'p' });
const clear: Act = (clients) => secretsOf(clients).clear();
const wake: Act = ({ scheduler }) =>
  awsDueTimes({
    client: scheduler,
    clock: systemClock,
    target: 'arn:function',
    role: 'arn:role',
    group: 'due',
  }).wakeAt('id', new Date(), {});
const readLog: Act = async ({ logs }) => {
  const log = awsLogs({ client: logs, clock: systemClock, logGroup: 'g' });
  for await (const _line of log.read({
    taskArn: 'arn:t/1' as TaskArn,
    container: 'a',
    follow: false,
  }));
};

const named = (name: string): Error => Object.assign(new Error('by the edge'), { name });
const OLD = new Date(0);
const UNUSED = { SecretList: [{ ARN: 'arn:s', Name: 'c/pull/1', LastChangedDate: OLD }] };

/** What the user sees, by what the adapter makes of an error. */
interface Seen {
  /** A fault that may pass: the caller is called again. */
  passing?: string;
  /** A refusal, as data for whoever owns the pod. */
  outcome?: string;
  /** An error of droppod's own making, such as a right that is missing. */
  ours?: string;
  /** An ordinary answer. */
  fine?: string;
}

const ON_TABLE: Seen = {
  passing: 'the API answers 503 and clients ask again; steps and sweep are repeated',
  ours: 'the API answers 500; an execution fails with event `ExecutionFailed`',
  fine: 'nothing: what is written is decided anew',
};
const ON_BIND: Seen = {
  passing: 'event `FailedSync: Bind is tried again`; later',
  outcome: 'event `FailedCreatePodSandBox` with the reason; tried again with a back-off',
  fine: 'nothing: the secret is made anew',
};
const ON_PULL: Seen = {
  passing: 'event `FailedSync: Bind is tried again`; later',
  outcome: '`ErrImagePull` with the reason; tried again with a back-off',
};
const ON_SWEEP: Seen = {
  passing: 'nothing: the next sweep deletes what is left',
  ours: 'nothing: the next sweep tries again, and an alarm where there is one',
};
const ON_RECONCILE: Seen = {
  passing: 'nothing: the change is delivered again',
  ours: 'nothing while pods live, since each minute looks; else what is due comes late, and an alarm where there is one',
  fine: 'nothing: the schedule is changed',
};
const ON_LOG: Seen = {
  passing: '`kubectl logs` ends early',
  ours: '`kubectl logs` ends early',
  fine: 'an empty log',
};

const CALLS: [
  client: string,
  command: string,
  act: Act,
  seen: Seen,
  answers?: Record<string, object>,
][] = [
  ['dynamodb', 'GetItem', onTable((table) => table.get(key)), ON_TABLE],
  ['dynamodb', 'BatchGetItem', onTable((table) => table.batchGet([key])), ON_TABLE],
  [
    'dynamodb',
    'Query',
    onTable((table) => table.query({ pk: 'l/1', from: '0', to: '1' })),
    ON_TABLE,
  ],
  [
    'dynamodb',
    'UpdateItem',
    onTable((table) => table.update(key, 'ADD num :n', { ':n': 1 })),
    ON_TABLE,
  ],
  ['dynamodb', 'PutItem', onTable((table) => table.transact([{ put: key }])), ON_TABLE],
  ['dynamodb', 'DeleteItem', onTable((table) => table.transact([{ remove: key }])), ON_TABLE],
  [
    'dynamodb',
    'TransactWriteItems',
    onTable((table) => table.transact([{ put: key }, { put: { ...key, sk: 'b' } }])),
    ON_TABLE,
  ],
  [
    'ecr',
    'GetAuthorizationToken',
    ({ ecr }) => ecrCredentials(ecr, systemClock)('000000000000.dkr.ecr.us-east-1.amazonaws.com'),
    ON_PULL,
  ],
  ['secrets-manager', 'DescribeSecret', keep, ON_BIND],
  [
    'secrets-manager',
    'PutSecretValue',
    keep,
    ON_BIND,
    { DescribeSecret: { ARN: 'arn:s', LastChangedDate: OLD } },
  ],
  ['secrets-manager', 'CreateSecret', keep, ON_BIND],
  ['secrets-manager', 'ListSecrets', clear, ON_SWEEP],
  ['secrets-manager', 'DeleteSecret', clear, ON_SWEEP, { ListSecrets: UNUSED }],
  ['scheduler', 'CreateSchedule', wake, ON_RECONCILE],
  [
    'scheduler',
    'UpdateSchedule',
    wake,
    ON_RECONCILE,
    { CreateSchedule: named('ConflictException') },
  ],
  ['cloudwatch-logs', 'GetLogEvents', readLog, ON_LOG],
];

type Class = keyof Seen;

async function classOf(act: Promise<unknown>): Promise<Class> {
  const outcome = await act.catch((error: unknown) => error);
  if (outcome instanceof Unavailable) return 'passing';
  if (outcome instanceof RegistryRefusal) return 'outcome';
  if (outcome instanceof Error) return 'ours';
  return typeof outcome === 'object' && outcome !== null && 'failure' in outcome
    ? 'outcome'
    : 'fine';
}

const rows: string[] = [];

it.each(CALLS)(
  '%s %s: every error is taken for something',
  async (client, command, act, seen, answers = {}) => {
    const faults = new Map(
      [...ANYWHERE, ...modelled(client, command)].map((one) => [one.name, one]),
    );
    expect(faults.size).toBeGreaterThan(ANYWHERE.length);
    const byClass = new Map<Class, string[]>();
    for (const fault of faults.values()) {
      const clients = clientsWith(command, fault, answers);
      const found = await classOf(act(clients));
      byClass.set(found, [...(byClass.get(found) ?? []), fault.name]);
    }
    for (const [found, names] of byClass) {
      expect([command, names, seen[found] === undefined]).toEqual([command, names, false]);
      rows.push(`| \`${command}\` | ${names.join(', ')} | ${seen[found] ?? ''} |`);
    }
    // Whatever may pass is never taken for good.
    const passing = byClass.get('passing') ?? [];
    for (const { name, fault } of faults.values())
      if (
        fault === 'server' ||
        /Throttl|RequestLimit|ProvisionedThroughput|^Transaction(Conflict|InProgress)/.test(name)
      )
        expect([command, name, passing.includes(name)]).toEqual([command, name, true]);
  },
);

it('GetCallerIdentity: a login is refused only by what STS says of it', async () => {
  const url = 'https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity';
  const asked = (status: number, code: string) =>
    awsSts({
      fetch: () =>
        status === 0
          ? Promise.reject(new Error(code))
          : Promise.resolve(Response.json({ Error: { Code: code } }, { status })),
    }).callerIdentity(url, {});
  const passing = [
    [400, 'Throttling'],
    [429, 'TooManyRequests'],
    [500, 'InternalFailure'],
    [503, 'ServiceUnavailable'],
    [0, 'no answer'],
  ] as const;
  for (const [status, code] of passing)
    await expect(asked(status, code)).rejects.toBeInstanceOf(Unavailable);
  const refused = ['SignatureDoesNotMatch', 'InvalidClientTokenId', 'ExpiredToken', 'AccessDenied'];
  for (const code of refused) expect(await asked(403, code)).toEqual({ refused: `403 ${code}` });
  rows.push(
    `| \`GetCallerIdentity\` | ${passing.map(([, code]) => code).join(', ')} | the API answers 503, clients ask again |`,
    `| \`GetCallerIdentity\` | ${refused.join(', ')} | 401 |`,
  );
});

/** The commands that the functions' own modules import from the SDK; what is called at a deployment alone is not among them. */
function calledByFunctions(): Set<string> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const functions = readdirSync(join(root, 'functions')).filter((file) => file !== 'put-image.ts');
  const { metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: functions.map((file) => `functions/${file}`),
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    outdir: 'never-written',
    write: false,
    metafile: true,
    logLevel: 'error',
  });
  const imported = Object.keys(metafile.inputs).flatMap((file) =>
    [
      ...readFileSync(join(root, file), 'utf8').matchAll(
        /import (?!type)\{([^}]*)\} from '@aws-sdk\/client-/g,
      ),
    ].map(([, names = '']) => names),
  );
  return new Set(
    imported.flatMap((names) =>
      [...names.matchAll(/(\w+)Command\b/g)].map(([, name = '']) => name),
    ),
  );
}

it('every call of a function stands in one of both tables, and no other', () => {
  const page = readFileSync(PAGE, 'utf8');
  const section = page.slice(
    page.indexOf('| call | answered |'),
    page.indexOf('## Without an account'),
  );
  const listed = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  // STS is asked with the caller's own signature, without the SDK.
  expect([...new Set(listed)].sort()).toEqual([...calledByFunctions(), 'GetCallerIdentity'].sort());
});

it('the page says what users see', () => {
  const table = ['| call beside | answered | what the user sees |', '|---|---|---|', ...rows].join(
    '\n',
  );
  const page = readFileSync(PAGE, 'utf8');
  const section = /(\| call beside \|[\s\S]*?)(?=\n\n)/;
  if (process.env['EDGE_TABLE'] === 'write')
    writeFileSync(
      PAGE,
      page.replace(section, () => table),
    );
  else expect(section.exec(page)?.[1]).toBe(table);
});
