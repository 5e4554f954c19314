// The end of a Terminating namespace: pods first, then everything else, then the namespace. Called after every removal that
// may have been the one it waited for.
import { wholeSeconds } from '../../kinds/time.ts';
import { isDeepStrictEqual } from 'node:util';
import { StoreConflict } from '../../errors.ts';
import type { Resource } from '../../kinds/resources.ts';
import type { KubeObject, Namespace } from '../../kinds/pod.ts';
import type { ResourceVersion } from '../../ports/identity.ts';
import type { Ports } from '../../ports/ports.ts';
import type { ObjectKey } from '../../ports/store.ts';
import { present } from '../../present.ts';
import { servedResources } from '../definitions/served-kinds.ts';
import { namespaceConditions } from './namespace-conditions.ts';
import type { Remaining } from './namespace-conditions.ts';

type EndPorts = Pick<Ports, 'store' | 'clock'>;

const AT_ONCE = 4;

/** The kinds of which a namespace may hold objects, custom ones included; pods go before them. */
const contentOf = async (ports: EndPorts): Promise<Resource[]> =>
  (await servedResources(ports)).filter(
    ({ namespaced, stored, verbs }) => namespaced && stored !== 'pods' && verbs.includes('create'),
  );

/** Takes the next step of a Terminating namespace; does nothing for any other. May be called again. */
export async function finishNamespace(ports: EndPorts, name: string): Promise<void> {
  const { store } = ports;
  const key = { resource: 'namespaces', namespace: '', name };
  if ((await store.get(key))?.metadata.deletionTimestamp === undefined) return;
  const waits =
    (await store.list({ resource: 'pods', namespace: name, limit: 1 })).objects.length > 0;
  const remaining = waits ? [] : await removeContent(ports, name);
  const object = await store.get(key);
  if (object?.metadata.deletionTimestamp === undefined) return;
  await writeNamespace(ports, key, object, remaining, waits || remaining.length > 0);
}

/** Removes what has no finalizer, marks the rest; answers what is left. */
async function removeContent(ports: EndPorts, namespace: string): Promise<Remaining[]> {
  const remaining: Remaining[] = [];
  for (const resource of await contentOf(ports)) {
    const { objects } = await ports.store.list({ resource: resource.stored, namespace });
    for (let at = 0; at < objects.length; at += AT_ONCE)
      await Promise.all(
        objects.slice(at, at + AT_ONCE).map((object) => removeOne(ports, resource, object)),
      );
    const left =
      objects.length === 0
        ? []
        : (await ports.store.list({ resource: resource.stored, namespace })).objects;
    if (left.length > 0) remaining.push({ resource, objects: left });
  }
  return remaining;
}

async function removeOne(
  { store, clock }: EndPorts,
  { stored }: Resource,
  object: KubeObject,
): Promise<void> {
  const { resourceVersion, ...metadata } = object.metadata;
  const held = (metadata.finalizers ?? []).length > 0;
  if (held && metadata.deletionTimestamp !== undefined) return;
  const marked = {
    ...object,
    metadata: {
      ...metadata,
      deletionTimestamp: wholeSeconds(clock.now()),
      deletionGracePeriodSeconds: 0,
    },
  };
  const key = { resource: stored, namespace: metadata.namespace ?? '', name: metadata.name ?? '' };
  await unlessWritten(
    store.commit({
      object: {
        key,
        object: held ? marked : null,
        expected: (resourceVersion ?? '') as ResourceVersion,
      },
    }),
  );
}

async function writeNamespace(
  { store, clock }: EndPorts,
  key: ObjectKey,
  object: KubeObject,
  remaining: Remaining[],
  waits: boolean,
): Promise<void> {
  const { spec, status } = object as Namespace;
  const { resourceVersion, ...metadata } = object.metadata;
  const conditions = namespaceConditions(
    status?.conditions ?? [],
    remaining,
    wholeSeconds(clock.now()),
  );
  const finalizers = (spec?.finalizers ?? []).filter(
    (finalizer) => waits || finalizer !== 'kubernetes',
  );
  const stays = waits || finalizers.length > 0 || (metadata.finalizers ?? []).length > 0;
  const next: KubeObject = {
    ...object,
    metadata,
    spec: { ...present({ finalizers: finalizers.length > 0 ? finalizers : undefined }) },
    status: { ...status, conditions },
  };
  if (stays && isDeepStrictEqual(next, { ...object, metadata })) return;
  const expected = (resourceVersion ?? '') as ResourceVersion;
  await unlessWritten(
    store.commit({
      object: {
        key,
        object: stays ? next : null,
        expected,
        ...present({ lastState: stays ? undefined : next }),
      },
    }),
  );
}

/** Somebody else wrote the object: that writer's call of finishNamespace comes after. */
async function unlessWritten(commit: Promise<unknown>): Promise<void> {
  try {
    await commit;
  } catch (error) {
    if (!(error instanceof StoreConflict)) throw error;
  }
}
