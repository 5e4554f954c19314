// Least privilege, proven: everything that the functions call while pods live through all kinds of faults is turned into actions and
// resources by running the adapters, and evaluated against the roles' policies: all of it is allowed, and no statement is unused.
import { AsyncLocalStorage } from 'node:async_hooks';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, expect, it } from 'vitest';
import { readConfig, type Config } from '../../src/aws/config.ts';
import { reconcile } from '../../functions/reconcile.ts';
import { api, watches } from '../../src/api/serve.ts';
import type { Pod } from '../../src/kinds/pod.ts';

import { toPod } from '../../src/pod/model/to-pod.ts';
import type { Ports } from '../../src/ports/ports.ts';
import type { ResourceVersion } from '../../src/ports/identity.ts';
import type { ObjectKey, ObjectWrite, RecordWrite } from '../../src/ports/store.ts';
import { objectItem, objectPartition, recordItem, recordRange } from '../../src/store/layout.ts';
import { LONGEST_CALL_MS } from '../../src/steps/sweep/sweep-switch.ts';
import { requestOf } from '../api/client.ts';
import { imageConfig } from '../fakes/ports.ts';
import { PodWorld } from '../fakes/pod-world.ts';
import { simulate } from '../simulation/simulate.ts';
import { askedBy, tableActions } from './actions.ts';
import type { Asked } from './actions.ts';
import { judge } from './judge.ts';
import { policiesOf } from './policies.ts';
import { ACCOUNT, REGION, resolve } from './resolve.ts';
import type { Resources } from './resolve.ts';
import { testStack } from './stack.ts';

const FUNCTIONS = [
  'api',
  'watch',
  'sync',
  'bind-pod',
  'launch-pod',
  'start-container',
  'finish-pod',
  'observe',
  'sweep',
  'reconcile',
];

/** Enough lives for every branch that calls out. */
const SEEDS = 60;

const inside = new AsyncLocalStorage<string>();
const within = <T>(name: string, act: () => Promise<T>): Promise<T> => inside.run(name, act);
const touched = new Map(FUNCTIONS.map((name) => [name, new Set<string>()]));
const used = new Map(FUNCTIONS.map((name) => [name, new Set<string>()]));

/** The partitions of the table that a store method names. */
function partitionsIn(method: string, [first]: unknown[]): string[] {
  if (method === 'get') return [objectItem(first as ObjectKey).pk];
  if (method === 'list' || method === 'listObjects' || method === 'listTexts')
    return [objectPartition((first as { resource: string }).resource)];
  if (method === 'getRecord') return [recordItem(String(first)).pk];
  if (method === 'listRecords') return [recordRange(String(first)).pk];
  if (method !== 'commit') return [];
  const { object, records = [] } = first as { object?: ObjectWrite; records?: RecordWrite[] };
  return [
    ...(object ? [objectItem(object.key).pk] : []),
    ...records.map(({ key }) => recordItem(key).pk),
  ];
}

/** Records each called method of a port, by the calling function. */
function watched(port: string, target: object): object {
  return new Proxy(target, {
    get(object, method) {
      const value: unknown = Reflect.get(object, method, object);
      if (typeof value !== 'function') return value;
      return (...args: never[]): unknown => {
        const calls = used.get(inside.getStore() ?? '');
        if (port === 'store') {
          for (const partition of partitionsIn(String(method), args))
            touched.get(inside.getStore() ?? '')?.add(partition);
          return (value as (...all: never[]) => unknown).apply(object, args);
        }
        calls?.add(`${port}.${String(method)}`);
        return (value as (...all: never[]) => unknown).apply(object, args);
      };
    },
  });
}

const nothing = { on: () => Promise.resolve(), off: () => Promise.resolve() };
const secrets = {
  keep: () => Promise.resolve({ arn: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:x' }),
  clear: () => Promise.resolve(0),
};

function watch(ports: Ports): void {
  // CloudWatch keeps every line: on AWS the port has no such method.
  Object.assign(ports.logs, { keep: undefined });
  Object.assign(ports, {
    sweepRule: nothing,
    pullSecrets: secrets,
    dueTimes: { wakeAt: () => Promise.resolve() },
  });
  for (const port of [
    'store',
    'tasks',
    'executions',
    'images',
    'logs',
    'sweepRule',
    'pullSecrets',
    'dueTimes',
  ] as const)
    Object.assign(ports, { [port]: watched(port, Reflect.get(ports, port) as object) });
}

const plain = {
  restartPolicy: 'Never' as const,
  containers: [
    { name: 'a', image: 'busybox', terminationMessagePolicy: 'FallbackToLogsOnError' as const },
  ],
};

/** What only API calls use: a message read from the log, an image opened with a pull secret. */
async function useLogs(): Promise<void> {
  const world = new PodWorld({ within, settings: { adminToken: 'secret', caPem: 'PEM' } });
  world.ports.images.outcomes.set('busybox', {
    config: imageConfig('busybox'),
    pulled: true,
    milliseconds: 1,
    credential: { registry: 'r.example', username: 'u', password: 'p' },
  });
  watch(world.ports);
  await world.create(plain, () => ({ seconds: 5, exitCode: 1 }));
  await world.clock.advance(2_000);
  // The log is read lazily.
  for (const [name, front] of [['api', api] as const, ['watch', watches] as const]) {
    const read = within(name, async () => {
      const log = await front(
        world.ports,
        requestOf('GET', '/api/v1/namespaces/default/pods/pod-1/log?follow=true'),
      );
      return [log.status, await log.text()];
    });
    expect(await world.clock.runUntil(read)).toEqual([200, '']);
  }
  await world.clock.advance(60_000);
}

/** Races: a pod deleted while its task is started, one created while the sweep is switched off. */
async function useMoments(): Promise<void> {
  const gone: PodWorld = new PodWorld({
    within,
    fault: async (operation) =>
      operation === 'tasks.run' ? gone.remove(await all(gone)) : undefined,
  });
  watch(gone.ports);
  await gone.create(plain, () => ({}));
  await gone.clock.advance(10_000);
  const late = new PodWorld({ within });
  watch(late.ports);
  Object.assign(late.ports, {
    sweepRule: watched('sweepRule', { ...nothing, off: () => late.insert(plain, () => ({})) }),
  });
  await late.sweep();
  await late.clock.advance(LONGEST_CALL_MS);
  await late.sweep();
}

/** A Deployment that is created, rolled and deleted: its pods belong to controllers. */
async function useControllers(): Promise<void> {
  const world = new PodWorld({ within, settings: { adminToken: 'secret', caPem: 'PEM' } });
  watch(world.ports);
  const send = async (method: string, path: string, body: object): Promise<void> => {
    const request = requestOf(method, `/apis/apps/v1/namespaces/default/deployments${path}`, {
      body,
    });
    const answer = await within('api', () => api(world.ports, request));
    expect(answer.status).toBeLessThan(300);
  };
  const react = (): Promise<void> =>
    world.clock.runUntil(within('reconcile', () => reconcile(world.ports, { replay: true })));
  const labels = { app: 'web' };
  await send('POST', '', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'busybox' }] } },
    },
  });
  // A CronJob becomes due while the sweep is off.
  await world.ports.store.commit({
    records: [{ key: 'sweep-switch', value: null, expected: 'any' }],
  });
  for (let round = 0; round < 4; round++) await react();
  expect((await world.ports.store.list({ resource: 'pods' })).objects).toHaveLength(2);
  await send('DELETE', '/web', { propagationPolicy: 'Background' });
  for (let round = 0; round < 4; round++) await react();
  const { objects } = await world.ports.store.list({ resource: 'pods' });
  expect(objects.every(({ metadata }) => metadata.deletionTimestamp !== undefined)).toBe(true);
}

/** A deployment's static pods: made, failed and made again, changed by the next deployment, removed by the one after it. */
async function useStaticPods(): Promise<void> {
  const world = new PodWorld({
    within,
    settings: { mode: 'aws', adminToken: 'secret', caPem: 'PEM' },
  });
  watch(world.ports);
  const pods = async (): Promise<Pod[]> =>
    (await world.ports.store.list({ resource: 'pods' })).objects.map(toPod);
  /** What the rules call each minute. */
  const minutes = async (count: number): Promise<void> => {
    for (let minute = 0; minute < count; minute++) {
      await world.clock.runUntil(
        within('reconcile', () => reconcile(world.ports, { replay: true })),
      );
      await world.sweep();
      await world.clock.advance(60_000);
    }
  };
  const deploy = async (digest: string | undefined, ...images: string[]): Promise<void> => {
    const { staticPods: _before, ...settings } = world.ports.settings;
    const manifests = images.map((image) => ({
      metadata: { name: 'web' },
      spec: { restartPolicy: 'Never', containers: [{ name: 'c', image }] },
      status: {},
    })) as unknown as Pod[];
    Object.assign(world.ports, {
      settings: { ...settings, ...(digest === undefined ? {} : { staticPods: digest }) },
      staticPods: digest === undefined ? undefined : { manifests },
    });
    await minutes(4);
  };
  // A deployment begins with nothing; this world has a node.
  const node = { resource: 'nodes', namespace: '', name: world.ports.settings.nodeName };
  const { metadata } = (await world.ports.store.get(node))!;
  const expected = metadata.resourceVersion as ResourceVersion;
  await world.ports.store.commit({ object: { key: node, object: null, expected } });
  await deploy('a', 'busybox:1');
  const [first] = await pods();
  expect(first?.status.phase).toBe('Running');
  const path = `/api/v1/namespaces/default/pods/${first?.metadata.name ?? ''}`;
  const refused = await within('api', () => api(world.ports, requestOf('DELETE', path)));
  expect(refused.status).toBe(403);
  await world.kill([...world.tasks.tasks.keys()][0]!);
  await minutes(4);
  const [second] = await pods();
  expect(second?.status.phase).toBe('Running');
  expect(second?.metadata.uid).not.toBe(first?.metadata.uid);
  await deploy('b', 'busybox:2');
  const [third] = await pods();
  expect([third?.status.phase, third?.spec.containers[0]?.image]).toEqual(['Running', 'busybox:2']);
  await deploy(undefined);
  expect(await pods()).toEqual([]);
}

const all = async (world: PodWorld): Promise<Pod> =>
  toPod((await world.ports.store.list({ resource: 'pods' })).objects[0]!);

/** settle.ts takes every step that is due, whoever calls it: which function took which in these lives is chance. */
const SETTLING = new Set(['api', 'sync', 'finish-pod', 'observe', 'sweep', 'reconcile']);
/** A pod that gets its node may be what another waited for (reschedule.ts); no life here has two pods. */
const WAKES_OTHERS = ['executions.start'];
const SETTLED = ['executions.start', 'executions.succeed', 'executions.stop', 'tasks.stop'];

let resources: Resources;
let config: Config;

beforeAll(async () => {
  const stack = testStack({ context: { 'aws:cdk:bundling-stacks': [] } });
  resources = (Template.fromStack(stack).toJSON() as { Resources: Resources }).Resources;
  const environmentOf = (name: string): Record<string, string> => {
    const found = Object.entries(resources).find(
      ([id, { Type }]) => Type === 'AWS::Lambda::Function' && id.startsWith(`Functions${name}`),
    );
    const { Variables } = found?.[1].Properties['Environment'] as { Variables: object };
    return resolve(resources, Variables) as Record<string, string>;
  };
  const environment = { ...environmentOf('reconcile'), ...environmentOf('sweep') };
  config = readConfig({ ...environment, AWS_REGION: REGION });
  await useLogs();
  await useMoments();
  await useControllers();
  await useStaticPods();
  for (let seed = 0; seed < SEEDS; seed++)
    await simulate(seed, { within, begin: ({ ports }) => watch(ports) });
}, 300_000);

/** A function's own log, written by Lambda. */
const writesOwnLog = (name: string): Asked[] => {
  const group = Object.keys(resources).find(
    (id) =>
      resources[id]?.Type === 'AWS::Logs::LogGroup' &&
      id.startsWith(`Functions${name.replaceAll('-', '')}logs`),
  );
  return ['logs:CreateLogStream', 'logs:PutLogEvents'].map((action) => ({
    action,
    resource: `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${group}:log-stream:1`,
    context: {},
  }));
};

/** Lambda reads the stream with the function's role. */
const readsStream = (name: string): Asked[] =>
  name === 'reconcile'
    ? ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'].map((action) => ({
        action: `dynamodb:${action}`,
        resource:
          action === 'ListStreams'
            ? '*'
            : `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${config.table}/stream/1`,
        context: {},
      }))
    : [];

const SECRETS = ['o/secrets', 's/1'];
const CLOSED_PARTITIONS = ['r/key', 'r/pull-key', 'i/1', ...SECRETS];
/** What create-ports.ts reads at the start, bind for the names of pull secrets, and whatever empties a namespace or starts containers. */
const OPEN_TO: Record<string, string[]> = {
  api: ['r/key', ...SECRETS],
  watch: ['r/key', ...SECRETS],
  sync: ['r/key', ...SECRETS],
  'bind-pod': ['r/pull-key', 'i/1', ...SECRETS],
  sweep: SECRETS,
  reconcile: SECRETS,
};

const onTable = (action: string, partition: string): Asked => ({
  action,
  resource: `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${config.table}`,
  context: { 'dynamodb:LeadingKeys': [partition] },
});

/** The partitions that a function's commits and reads name, besides those of every commit. */
const partitionsOf = (name: string): string[] => [
  ...new Set(['counter', 'l/1', 'b/1', ...(touched.get(name) ?? []), ...(OPEN_TO[name] ?? [])]),
];

it.each(FUNCTIONS)('%s may do what it does, and nothing else', async (name) => {
  const methods = [
    ...(used.get(name) ?? []),
    ...(SETTLING.has(name) ? SETTLED : []),
    ...(name === 'bind-pod' ? WAKES_OTHERS : []),
  ];
  const onTables = (await tableActions()).flatMap((action) =>
    partitionsOf(name).map((partition) => onTable(action, partition)),
  );
  const asked = [
    ...onTables,
    ...(await Promise.all([...new Set(methods)].map((method) => askedBy(method, config)))).flat(),
    ...writesOwnLog(name),
    ...readsStream(name),
  ];
  const verdict = await judge(
    policiesOf(resources, new RegExp(`^Functions${name.replaceAll('-', '')}role`)),
    asked,
  );
  expect(verdict.refused).toEqual([]);
  expect(verdict.unusedActions).toEqual([]);
  expect(verdict.unusedStatements).toEqual([]);
});

it.each(FUNCTIONS)('of keys and secrets, %s reaches its own alone', async (name) => {
  const role = policiesOf(resources, new RegExp(`^Functions${name.replaceAll('-', '')}role`));
  const actions = await tableActions();
  for (const partition of CLOSED_PARTITIONS) {
    const { refused } = await judge(
      role,
      actions.map((action) => onTable(action, partition)),
    );
    const isOwn = OPEN_TO[name]?.includes(partition) ?? false;
    expect([partition, refused.length]).toEqual([partition, isOwn ? 0 : actions.length]);
  }
});

it('what another installation has is out of reach', async () => {
  const foreign = (asked: Asked): Asked => ({
    ...asked,
    resource: asked.resource
      .replace(config.cluster, 'another-cluster')
      .replace(config.table, 'another-table')
      .replace(config.sweepRule, 'another-rule')
      .replace(`schedule/${config.dueGroup}`, 'schedule/another')
      .replace(/stateMachine:.*/, 'stateMachine:another')
      .replace(/execution:[^:]*/, 'execution:another')
      .replace(config.logGroup, 'another-group')
      .replace('task-definition/droppod-', 'task-definition/another-')
      .replace(/role\/.*/, 'role/another'),
    context:
      'ecs:cluster' in asked.context
        ? { 'ecs:cluster': `arn:aws:ecs:${REGION}:${ACCOUNT}:cluster/another` }
        : asked.context,
  });
  // One credential and one list for the whole account; ECR's repositories belong to the account.
  const shared = /^(ecr:|ecs:DescribeTaskDefinition|secretsmanager:ListSecrets)/;
  for (const name of FUNCTIONS) {
    const asked = (
      await Promise.all([...(used.get(name) ?? [])].map((method) => askedBy(method, config)))
    )
      .flat()
      .filter(({ action }) => !shared.test(action))
      .map(foreign);
    const { refused } = await judge(
      policiesOf(resources, new RegExp(`^Functions${name.replaceAll('-', '')}role`)),
      asked,
    );
    expect(new Set(refused.map(({ action }) => action))).toEqual(
      new Set(asked.map(({ action }) => action)),
    );
  }
});

it('a mirror in ECR may be filled at a first pull, below its own path alone', async () => {
  const mirrors = { 'docker.io': '111122223333.dkr.ecr.eu-central-1.amazonaws.com/hub' };
  const mirrored = testStack({ context: { 'aws:cdk:bundling-stacks': [] } }, { mirrors });
  const { Resources: all } = Template.fromStack(mirrored).toJSON() as { Resources: Resources };
  const repository = (name: string) => `arn:aws:ecr:eu-central-1:111122223333:repository/${name}`;
  const bringing = (name: string) =>
    ['ecr:BatchImportUpstreamImage', 'ecr:CreateRepository'].map((action) => ({
      action,
      resource: repository(name),
      context: {},
    }));
  for (const role of [/^Functionsbindpodrole/, /^ClusterExecutionRole/]) {
    const policies = policiesOf(all, role);
    expect((await judge(policies, bringing('hub/library/nginx'))).refused).toEqual([]);
    expect((await judge(policies, bringing('other/app'))).refused).toHaveLength(2);
  }
  const read = ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'].map((action) => ({
    action,
    resource: repository('hub/library/nginx'),
    context: {},
  }));
  expect((await judge(policiesOf(all, /^Functionsbindpodrole/), read)).refused).toEqual([]);
});

it('a role is passed to tasks alone', async () => {
  for (const name of ['bind-pod', 'launch-pod']) {
    const asked = {
      action: 'iam:PassRole',
      resource: config.executionRoleArn,
      context: { 'iam:PassedToService': 'lambda.amazonaws.com' },
    };
    const { refused } = await judge(
      policiesOf(resources, new RegExp(`^Functions${name.replaceAll('-', '')}role`)),
      [asked],
    );
    expect(refused).toHaveLength(1);
  }
});

it('tasks pull images, read pull secrets and write their log by a role that may do nothing else', async () => {
  const repository = `arn:aws:ecr:eu-central-1:111122223333:repository/app`;
  const stream = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${config.logGroup}:log-stream:1`;
  const { refused, unusedActions, unusedStatements } = await judge(
    policiesOf(resources, /^ClusterExecutionRole/),
    [
      { action: 'ecr:GetAuthorizationToken', resource: '*', context: {} },
      ...['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'].map(
        (action) => ({ action, resource: repository, context: {} }),
      ),
      ...['logs:CreateLogStream', 'logs:PutLogEvents'].map((action) => ({
        action,
        resource: stream,
        context: {},
      })),
      {
        action: 'secretsmanager:GetSecretValue',
        resource: `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${config.cluster}/pull/1-AbCdEf`,
        context: {},
      },
    ],
  );
  expect({ refused, unusedActions, unusedStatements }).toEqual({
    refused: [],
    unusedActions: [],
    unusedStatements: [],
  });
});
