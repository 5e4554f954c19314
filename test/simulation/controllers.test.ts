// Controllers under faults: deliveries are lost, repeated, late and reordered; passes overlap and die between any two calls. No seed
// may create more than was requested, or leave anything behind.
import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, it } from 'vitest';
import { reconcile } from '../../functions/reconcile.ts';
import { bootstrapObjects } from '../../src/api/bootstrap.ts';
import { handle } from '../../src/api/handler.ts';
import type { KubeObject } from '../../src/kinds/pod.ts';
import type { ResourceVersion } from '../../src/ports/identity.ts';
import type { LogEntry } from '../../src/ports/store.ts';
import type { Wake } from '../../src/ports/wake.ts';
import { requestOf } from '../api/client.ts';
import { fakePorts } from '../fakes/ports.ts';
import { chance } from './random.ts';

const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const SURGE = 1;
const SEEDS = 12;
const STEPS = 40;

const deployment = (replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    strategy: { rollingUpdate: { maxSurge: SURGE, maxUnavailable: 1 } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'a', image: 'busybox:1' }] },
    },
  },
});

/** An installation whose functions die at drawn moments. */
async function world(seed: number) {
  const random = chance(seed);
  const dying = new AsyncLocalStorage<{ left: number }>();
  const ports = fakePorts({
    settings: { adminToken: 'secret', caPem: 'PEM' },
    fault: () => {
      const life = dying.getStore();
      if (life === undefined || life.left-- > 0) return undefined;
      // The last call may have happened; nothing after it does.
      return life.left === -1 && random.happens(0.5) ? 'fail-after' : 'fail-before';
    },
  });
  await bootstrapObjects(ports);
  const begin = await ports.store.version();
  const flights = new Set<Promise<void>>();
  const mail: LogEntry[] = [];
  let at = begin;

  const fly = (wake: Wake, mayDie: boolean): void => {
    const left = mayDie && random.happens(0.4) ? random.below(60) : Infinity;
    const flight = dying
      .run({ left }, () => reconcile(ports, wake))
      .catch(() => {
        // Lambda delivers the batch again, or has given up.
        if ('changes' in wake && random.happens(0.5)) mail.push(...wake.changes);
      })
      .finally(() => flights.delete(flight));
    flights.add(flight);
  };
  const collect = async (): Promise<void> => {
    const { entries, upTo } = await ports.store.changes(at, { waitMs: 0 });
    at = upTo;
    for (const entry of entries)
      for (let copies = random.pick([0, 1, 1, 2]); copies > 0; copies--)
        mail.splice(random.below(mail.length + 1), 0, entry);
  };
  const idle = async (): Promise<void> => {
    while (flights.size > 0) await ports.clock.advance(100);
  };
  const list = async (resource: string): Promise<KubeObject[]> =>
    (await ports.store.list({ resource, namespace: 'default' })).objects;
  return {
    ports,
    random,
    list,
    idle,
    send: async (method: string, path: string, body: object, type = 'application/json') => {
      const headers = { 'content-type': type };
      const answer = await handle(ports, requestOf(method, DEPLOYMENTS + path, { body, headers }));
      expect(answer.status, await answer.clone().text()).toBeLessThan(300);
    },
    /** One moment: some deliveries arrive, in any order, and the node makes pods ready. */
    step: async (): Promise<void> => {
      await collect();
      for (let count = random.below(3); count > 0 && mail.length > 0; count--)
        fly({ changes: mail.splice(random.below(mail.length), 1 + random.below(4)) }, true);
      if (random.happens(0.15)) fly({ replay: true }, true);
      for (const pod of await list('pods')) if (random.happens(0.3)) await makeReady(ports, pod);
      await ports.clock.advance(random.below(400));
    },
    /** Only sweeps, until nothing changes any more. */
    rest: async (): Promise<void> => {
      mail.length = 0;
      for (let before: ResourceVersion | undefined, quiet = 0; quiet < 3;) {
        fly({ replay: true }, false);
        await idle();
        for (const pod of await list('pods')) await makeReady(ports, pod);
        await ports.clock.advance(60_000);
        const version = await ports.store.version();
        quiet = version === before ? quiet + 1 : 0;
        before = version;
      }
    },
    log: async (): Promise<LogEntry[]> => {
      const all: LogEntry[] = [];
      for (let from = begin; ;) {
        const { entries, upTo } = await ports.store.changes(from, { waitMs: 0 });
        if (upTo === from) return all;
        all.push(...entries);
        from = upTo;
      }
    },
  };
}

async function makeReady({ store }: ReturnType<typeof fakePorts>, pod: KubeObject): Promise<void> {
  if ((pod['status'] as { phase?: string } | undefined)?.phase === 'Running') return;
  const { resourceVersion, namespace = '', name = '', ...metadata } = pod.metadata;
  const conditions = [
    { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' },
  ];
  await store
    .commit({
      object: {
        key: { resource: 'pods', namespace, name },
        object: {
          ...pod,
          metadata: { ...metadata, name, namespace },
          status: { phase: 'Running', conditions },
        },
        expected: resourceVersion as ResourceVersion,
      },
    })
    .catch(() => undefined);
}

const replicasOf = (object: KubeObject): number =>
  (object['spec'] as { replicas?: number }).replicas ?? 0;

/** At no time do the ReplicaSets' replicas exceed replicas plus surge, nor a set's pods the most that it ever requested. */
function checkLog(log: readonly LogEntry[], most: number): void {
  const wanted = new Map<string, number>();
  const asked = new Map<string, number>();
  const pods = new Map<string, Set<string>>();
  for (const { type, key, object } of log) {
    const uid = object.metadata.uid ?? '';
    if (key.resource === 'replicasets.apps') {
      if (type === 'DELETED') wanted.delete(uid);
      else wanted.set(uid, replicasOf(object));
      asked.set(uid, Math.max(asked.get(uid) ?? 0, replicasOf(object)));
      const sum = [...wanted.values()].reduce((all, one) => all + one, 0);
      expect(sum).toBeLessThanOrEqual(most + SURGE);
    }
    const owner = object.metadata.ownerReferences?.[0]?.uid;
    if (key.resource !== 'pods' || owner === undefined) continue;
    const own = pods.get(owner) ?? new Set<string>();
    pods.set(owner, own);
    if (type === 'DELETED') own.delete(uid);
    else own.add(uid);
    expect(own.size).toBeLessThanOrEqual(asked.get(owner) ?? 0);
  }
}

it.each(Array.from({ length: SEEDS }, (_, seed) => seed))('seed %i', async (seed) => {
  const { random, send, step, idle, rest, list, log, ports } = await world(seed);
  let replicas = 2 + random.below(2);
  let most = replicas;
  await send('POST', '', deployment(replicas));
  for (let moment = 0; moment < STEPS; moment++) {
    await step();
    if (!random.happens(0.08)) continue;
    replicas = 1 + random.below(4);
    most = Math.max(most, replicas);
    const image = `busybox:${1 + random.below(3)}`;
    const patch = {
      spec: { replicas, template: { spec: { containers: [{ name: 'a', image }] } } },
    };
    await send('PATCH', '/web', patch, 'application/strategic-merge-patch+json');
  }
  await idle();
  await rest();
  expect(await list('pods')).toHaveLength(replicas);
  const [web] = await list('deployments.apps');
  expect(web!['status']).toMatchObject({ replicas, readyReplicas: replicas });
  await send('DELETE', '/web', {
    propagationPolicy: random.pick(['Background', 'Foreground'] as const),
  });
  for (let moment = 0; moment < STEPS / 2; moment++) await step();
  await idle();
  await rest();
  checkLog(await log(), most);
  for (const resource of ['deployments.apps', 'replicasets.apps', 'pods'])
    expect([resource, await list(resource)]).toEqual([resource, []]);
  for (const kind of ['owned/', 'deletion/'])
    expect(await ports.store.listRecords(kind)).toEqual([]);
});
