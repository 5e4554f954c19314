// A controller of the smallest kind: a ConfigMap with `data.replicas` keeps that many Secrets, and counts them in an annotation.
import { createHash } from 'node:crypto';
import { bootstrapObjects } from '../../../src/api/bootstrap.ts';
import { systemObjects } from '../../../src/api/system-objects.ts';
import type { Controller, Write } from '../../../src/controllers/controller.ts';
import type { KubeObject } from '../../../src/kinds/pod.ts';
import type { ResourceVersion } from '../../../src/ports/identity.ts';
import type { Ports } from '../../../src/ports/ports.ts';
import type { LogEntry } from '../../../src/ports/store.ts';
import { Unavailable } from '../../../src/errors.ts';
import { reconcileObject } from '../../../src/steps/reconcile/reconcile-object.ts';
import type { PassEnd } from '../../../src/steps/reconcile/reconcile-object.ts';
import type { FaultHook } from '../../fakes/ports.ts';
import { fakePorts } from '../../fakes/ports.ts';

const COUNT = 'example.com/count';

const wanted = (object: KubeObject): number =>
  Number((object['data'] as { replicas?: string } | undefined)?.replicas ?? 0);

const child = ({ metadata }: KubeObject): KubeObject => ({
  metadata: {
    generateName: `${metadata.name}-`,
    namespace: metadata.namespace!,
    ownerReferences: [
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        name: metadata.name!,
        uid: metadata.uid!,
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  },
});

/** The controller; a ConfigMap with `data.until` is looked at again at that time. */
export const toy: Controller = {
  name: 'toy-controller',
  resource: 'configmaps',
  reads: ['secrets'],
  concerns: (changed) =>
    changed.metadata.labels?.['wakes'] ? [changed.metadata.labels['wakes']] : [],
  reconcile: (object, world, now) => {
    const { until, fixed } = (object['data'] ?? {}) as { until?: string; fixed?: string };
    if (wanted(object) === 0 && !until) return { writes: [] };
    const own = world
      .list('secrets')
      .filter(({ metadata }) => metadata.ownerReferences?.[0]?.uid === object.metadata.uid);
    const writes: Write[] = [];
    for (let missing = wanted(object) - own.length; missing > 0; missing--) {
      const { generateName = '', ...metadata } = child(object).metadata;
      writes.push({
        verb: 'create',
        resource: 'secrets',
        object: { metadata: fixed ? { ...metadata, name: fixed } : { ...metadata, generateName } },
        done: { type: 'Normal', reason: 'SuccessfulCreate', message: 'Created secret: %name' },
        refused: { type: 'Warning', reason: 'FailedCreate', message: 'Error creating: %error' },
      });
    }
    // Which of them goes depends on when one looks, as with the real controllers' ranking.
    const ranked = [...own].sort((a, b) => (rank(a, own.length) < rank(b, own.length) ? -1 : 1));
    for (const extra of ranked.slice(0, Math.max(0, own.length - wanted(object))))
      writes.push({ verb: 'delete', resource: 'secrets', object: extra });
    const annotations = {
      ...object.metadata.annotations,
      [COUNT]: String(own.length),
      ...(world.refused[0] ? { 'example.com/refused': world.refused[0].reason } : {}),
    };
    writes.push({
      verb: 'update',
      resource: 'configmaps',
      object: { ...object, metadata: { ...object.metadata, annotations } },
    });
    return { writes, ...(until && new Date(until) > now ? { requeueAt: new Date(until) } : {}) };
  },
};

const rank = ({ metadata }: KubeObject, salt: number): string =>
  createHash('sha256').update(`${metadata.uid}${salt}`).digest('hex');

/** A cluster with one ConfigMap `default/set`. */
export async function toyCluster(data: Record<string, string>, fault?: FaultHook) {
  let armed = false;
  const ports = fakePorts({
    settings: { adminToken: 'secret', caPem: 'PEM' },
    fault: (operation) => (armed ? fault?.(operation) : undefined),
  });
  await bootstrapObjects(ports);
  const key = { resource: 'configmaps', namespace: 'default', name: 'set' };
  await ports.store.commit({
    object: {
      key,
      object: { metadata: { name: 'set', namespace: 'default', uid: 'owner' }, data },
      expected: 'absent',
    },
  });
  const begin = await ports.store.version();
  armed = true;
  const set = async (next: Record<string, string>): Promise<void> => {
    const { metadata, ...old } = (await ports.store.get(key))!;
    const { resourceVersion, ...rest } = metadata;
    await ports.store.commit({
      object: {
        key,
        object: { ...old, metadata: rest, data: next },
        expected: resourceVersion as ResourceVersion,
      },
    });
  };
  return {
    ports,
    set,
    disarm: () => void (armed = false),
    pass: (): Promise<PassEnd> => pass(ports),
    owner: async (): Promise<KubeObject> => (await ports.store.get(key))!,
    secrets: async (): Promise<KubeObject[]> =>
      (await ports.store.list({ resource: 'secrets' })).objects,
    events: async (): Promise<KubeObject[]> =>
      (await ports.store.list({ resource: 'events' })).objects,
    log: async (): Promise<LogEntry[]> => (await ports.store.changes(begin, { waitMs: 0 })).entries,
  };
}

const pass = (ports: Ports): Promise<PassEnd> =>
  reconcileObject(ports, systemObjects(ports), toy, {
    controller: toy.name,
    namespace: 'default',
    name: 'set',
  });

/** Whether an error only says that the pass must be repeated. */
export const isPassing = (error: unknown): boolean =>
  error instanceof Unavailable || /Conflict|modified/.test(String(error));

/** The greatest and the least number of Secrets that there ever were. */
export function extremes(log: readonly LogEntry[], from = 0): { most: number; least: number } {
  let now = from;
  let most = from;
  let least = from;
  for (const { type, key } of log.filter(({ key: { resource } }) => resource === 'secrets')) {
    if (key.namespace !== 'default') continue;
    now += type === 'ADDED' ? 1 : type === 'DELETED' ? -1 : 0;
    most = Math.max(most, now);
    least = Math.min(least, now);
  }
  return { most, least };
}
