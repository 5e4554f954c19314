// Least privilege, proven: what every function calls while pods live through all kinds of faults, turned into IAM actions by running
// the adapters, is exactly what its role may do. Nothing is missing, nothing is left over.
import { AsyncLocalStorage } from 'node:async_hooks';
import { Stack } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { PolicyDocument } from 'aws-cdk-lib/aws-iam';
import { beforeAll, expect, it } from 'vitest';
import type { DroppodStack } from '../../cdk/stack.ts';
import { api } from '../../src/api/serve.ts';
import type { Pod } from '../../src/kinds/pod.ts';
import { toPod } from '../../src/steps/pod/update-pod.ts';
import type { Ports } from '../../src/ports/ports.ts';
import { requestOf } from '../api/client.ts';
import { imageConfig } from '../fakes/ports.ts';
import { PodWorld } from '../fakes/pod-world.ts';
import { simulate } from '../simulation/simulate.ts';
import { actionsOf } from './actions.ts';
import { testStack } from './stack.ts';

const FUNCTIONS = [
  'api',
  'sync',
  'bind-pod',
  'launch-pod',
  'start-container',
  'finish-pod',
  'observe',
  'sweep',
];

/** Enough lives for every branch that calls out. */
const SEEDS = 60;

const inside = new AsyncLocalStorage<string>();
const within = <T>(name: string, act: () => Promise<T>): Promise<T> => inside.run(name, act);
const used = new Map(FUNCTIONS.map((name) => [name, new Set<string>()]));

/** Notes each method of a port that is called, under the function that calls it. */
function watched(port: string, target: object): object {
  return new Proxy(target, {
    get(object, method) {
      const value: unknown = Reflect.get(object, method, object);
      if (typeof value !== 'function') return value;
      return (...args: never[]): unknown => {
        const calls = used.get(inside.getStore() ?? '');
        calls?.add(`${port}.${String(method)}`);
        if (port === 'logs' && (args[0] as { follow?: boolean } | undefined)?.follow)
          calls?.add('logs.follow');
        return (value as (...all: never[]) => unknown).apply(object, args);
      };
    },
  });
}

const nothing = { on: () => Promise.resolve(), off: () => Promise.resolve() };
const secrets = {
  keep: () => Promise.resolve('arn:aws:secretsmanager:us-east-1:000000000000:secret:x'),
  clear: () => Promise.resolve(0),
};

function watch(ports: Ports): void {
  // CloudWatch keeps every line: on AWS the port has no such method.
  Object.assign(ports.logs, { keep: undefined });
  Object.assign(ports, { sweepRule: nothing, pullSecrets: secrets });
  for (const port of ['tasks', 'executions', 'images', 'logs', 'sweepRule', 'pullSecrets'] as const)
    Object.assign(ports, { [port]: watched(port, ports[port] as object) });
}

const plain = {
  restartPolicy: 'Never' as const,
  containers: [
    { name: 'a', image: 'busybox', terminationMessagePolicy: 'FallbackToLogsOnError' as const },
  ],
};

/** What an API call alone makes, a message that is taken from the log, an image that opened with a pull secret. */
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
  // The log is read as its reader asks for it.
  const read = within('api', async () => {
    const log = await api(
      world.ports,
      requestOf('GET', '/api/v1/namespaces/default/pods/pod-1/log?follow=true'),
    );
    return [log.status, await log.text()];
  });
  expect(await world.clock.runUntil(read)).toEqual([200, '']);
  await world.clock.advance(60_000);
}

/** What a moment decides: a pod that goes while its task is run, one that comes while the sweep is switched off. */
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
}

const all = async (world: PodWorld): Promise<Pod> =>
  toPod((await world.ports.store.list({ resource: 'pods' })).objects[0]!);

/** settle.ts takes every step that is due, whoever calls it: which of them fell to whom in these lives is chance. */
const SETTLING = new Set(['api', 'sync', 'finish-pod', 'observe', 'sweep']);
/** A pod that gets its node may be what another waited for (reschedule.ts); no life here has two pods. */
const WAKES_OTHERS = ['executions.start'];
const SETTLED = ['executions.start', 'executions.succeed', 'executions.stop', 'tasks.stop'];

let stack: DroppodStack;

beforeAll(async () => {
  stack = testStack({ context: { 'aws:cdk:bundling-stacks': [] } });
  await useLogs();
  await useMoments();
  for (let seed = 0; seed < SEEDS; seed++)
    await simulate(seed, { within, begin: ({ ports }) => watch(ports) });
}, 300_000);

/** The actions of a function's own policy. */
function granted(name: string): string[] {
  const lambda = stack.node.findChild('Functions').node.findChild(name) as LambdaFunction;
  const policy = lambda.role?.node.findChild('DefaultPolicy') as unknown as {
    document: PolicyDocument;
  };
  const { Statement } = Stack.of(lambda).resolve(policy.document) as {
    Statement: { Action: string | string[] }[];
  };
  return [...new Set(Statement.flatMap(({ Action }) => Action))].sort();
}

it.each(FUNCTIONS)('%s may do what it does, and nothing else', async (name) => {
  expect(granted(name)).toEqual(
    await actionsOf([
      ...(used.get(name) ?? []),
      ...(SETTLING.has(name) ? SETTLED : []),
      ...(name === 'bind-pod' ? WAKES_OTHERS : []),
    ]),
  );
});
