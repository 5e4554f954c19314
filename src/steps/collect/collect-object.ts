// One pass of the garbage collector over an object: do its owners exist and, if it is being deleted, what happens to its dependents?
// Level-based: it reads what is stored now, and may run at any time and again (pkg/controller/garbagecollector).
import { ApiError } from '../../errors.ts';
import { recordObjectEvent } from '../../events/object-event.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import type { OwnerReference } from '../../owners/dependents.ts';
import {
  FOREGROUND,
  hasFinalizer,
  isOrphaning,
  isWaiting,
  ORPHAN,
  withoutFinalizer,
  withOwners,
} from '../../owners/finalizers.ts';
import type { Objects } from '../../ports/objects.ts';
import type { Ports } from '../../ports/ports.ts';
import type { ObjectKey } from '../../ports/store.ts';
import { readDependents } from './dependents.ts';
import { ownerStates } from './owner-states.ts';
import type { OwnerFinding } from './owner-states.ts';

export interface CollectPorts {
  ports: Pick<Ports, 'store' | 'clock' | 'ids'>;
  objects: Objects;
  /** Finalizers that controllers keep on their children, by the stored resource of the owner. */
  childFinalizers: ReadonlyMap<string, string>;
}

const NONE: ReadonlySet<string> = new Set();

/** Handles one object; returns the objects to handle next. `gone`: uids of owners that are known to be deleted. */
export async function collectObject(
  collect: CollectPorts,
  key: ObjectKey,
  gone: ReadonlySet<string> = NONE,
): Promise<ObjectKey[]> {
  const stored = await collect.ports.store.get(key);
  if (stored === undefined) return [];
  const findings = await ownerStates(collect.ports, key, stored, gone);
  const object = await released(collect, key, stored, findings);
  if (object.metadata.deletionTimestamp !== undefined)
    return continueDeletion(collect, key, object);
  if (findings.length > 0) await judge(collect, key, object, findings);
  return [];
}

/** Handles all dependents of a deleted owner. */
export async function collectDependents(collect: CollectPorts, uid: string): Promise<void> {
  const gone = new Set([uid]);
  for (const { key } of await readDependents(collect.ports, uid))
    await collectObject(collect, key, gone);
}

/** Removes a controller's own finalizer from a child that no object of its kind controls any more: nothing else would. */
async function released(
  { objects, childFinalizers }: CollectPorts,
  { resource }: ObjectKey,
  object: KubeObject,
  findings: readonly OwnerFinding[],
): Promise<KubeObject> {
  const controlled = findings.some(
    ({ owner, state }) =>
      owner.controller === true && state !== 'dangling' && state !== 'elsewhere',
  );
  const left = controlled
    ? undefined
    : [...childFinalizers.values()].find((finalizer) => hasFinalizer(object, finalizer));
  return left === undefined ? object : objects.update(resource, withoutFinalizer(object, left));
}

/** The next step of a deletion that waits for dependents. */
async function continueDeletion(
  collect: CollectPorts,
  key: ObjectKey,
  object: KubeObject,
): Promise<ObjectKey[]> {
  const { objects, ports } = collect;
  const uid = object.metadata.uid ?? '';
  if (isOrphaning(object)) {
    for (const dependent of await readDependents(ports, uid))
      await unlessGone(
        objects.update(
          dependent.key.resource,
          without(dependent.object, (one) => one.uid === uid),
        ),
      );
    await objects.update(key.resource, withoutFinalizer(object, ORPHAN));
    return [];
  }
  if (!isWaiting(object)) return [];
  const dependents = await readDependents(ports, uid);
  if (dependents.some(({ owner }) => owner.blockOwnerDeletion === true))
    return dependents.flatMap((one) => (isWaiting(one.object) ? [] : [one.key]));
  await objects.update(key.resource, withoutFinalizer(object, FOREGROUND));
  return dependents.map((one) => one.key);
}

/** Decides about an object that names owners and is not being deleted. */
async function judge(
  collect: CollectPorts,
  key: ObjectKey,
  object: KubeObject,
  findings: readonly OwnerFinding[],
): Promise<void> {
  const are = (...states: OwnerFinding['state'][]): OwnerFinding[] =>
    findings.filter(({ state }) => states.includes(state));
  for (const { owner } of are('elsewhere')) await announce(collect, key, object, owner);
  if (are('unknown').length > 0) return;
  if (are('solid').length > 0) {
    const lost = new Set(are('dangling', 'elsewhere', 'waiting').map(({ owner }) => owner.uid));
    if (lost.size > 0)
      await collect.objects.update(
        key.resource,
        without(object, ({ uid }) => lost.has(uid)),
      );
    return;
  }
  const dependents =
    are('waiting').length > 0 ? await readDependents(collect.ports, object.metadata.uid ?? '') : [];
  if (dependents.length === 0) return deleteObject(collect, key, object, ownPolicy(object));
  // A cycle: one of its own dependents is waiting, so nothing may wait for this object.
  const unblocked = dependents.some((one) => isWaiting(one.object))
    ? await collect.objects.update(key.resource, unblocking(object))
    : object;
  return deleteObject(collect, key, unblocked, 'Foreground');
}

type Policy = 'Background' | 'Foreground' | 'Orphan';

const ownPolicy = (object: KubeObject): Policy =>
  hasFinalizer(object, ORPHAN)
    ? 'Orphan'
    : hasFinalizer(object, FOREGROUND)
      ? 'Foreground'
      : 'Background';

async function deleteObject(
  { objects }: CollectPorts,
  { resource }: ObjectKey,
  object: KubeObject,
  propagationPolicy: Policy,
): Promise<void> {
  const { resourceVersion = '' } = object.metadata;
  await unlessGone(
    objects.remove(resource, object, { records: [], propagationPolicy, resourceVersion }),
  );
}

async function unlessGone(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!(error instanceof ApiError && error.reason === 'NotFound')) throw error;
  }
}

const without = (object: KubeObject, lost: (owner: OwnerReference) => boolean): KubeObject =>
  withOwners(
    object,
    (object.metadata.ownerReferences ?? []).filter((owner) => !lost(owner)),
  );

const unblocking = (object: KubeObject): KubeObject =>
  withOwners(
    object,
    (object.metadata.ownerReferences ?? []).map((owner) => ({
      ...owner,
      blockOwnerDeletion: false,
    })),
  );

function announce(
  { ports }: CollectPorts,
  { resource, namespace }: ObjectKey,
  object: KubeObject,
  { apiVersion, kind, name, uid }: OwnerReference,
): Promise<void> {
  const reference = `${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}`;
  return recordObjectEvent(ports, resource, object, {
    component: 'garbage-collector-controller',
    type: 'Warning',
    reason: 'OwnerRefInvalidNamespace',
    message: `ownerRef [${reference}] does not exist in namespace ${JSON.stringify(namespace)}`,
  });
}
