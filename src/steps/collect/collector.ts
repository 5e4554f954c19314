// The garbage collector as a watcher of the log: which owners and dependents a change concerns.
import type { Controller } from '../../controllers/controller.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { dependentIn, INDEX } from '../../owners/dependents.ts';
import type { OwnerReference } from '../../owners/dependents.ts';
import { hasFinalizer, isOrphaning, isWaiting } from '../../owners/finalizers.ts';
import type { ObjectsAs } from '../../ports/objects.ts';
import type { ObjectKey } from '../../ports/store.ts';
import type { Change, Look, Watcher } from '../reconcile/watcher.ts';
import { collectDependents, collectObject } from './collect-object.ts';
import type { CollectPorts } from './collect-object.ts';
import { listDeletions } from './deletions.ts';
import { ownerKey } from './owner-states.ts';

/** The collector's service account. */
const ACCOUNT = 'generic-garbage-collector';

export function collector(
  ports: CollectPorts['ports'],
  objectsAs: ObjectsAs,
  controllers: readonly Controller[],
): Watcher {
  const childFinalizers = new Map(
    controllers.flatMap(({ resource, childFinalizer }) =>
      childFinalizer === undefined ? [] : [[resource, childFinalizer] as const],
    ),
  );
  const collect = { ports, objects: objectsAs(ACCOUNT), childFinalizers };
  const lookAt = (key: ObjectKey): Look => ({
    id: `collect/${key.resource}/${key.namespace}/${key.name}`,
    run: async () => ({ next: (await collectObject(collect, key)).map(lookAt) }),
  });
  const lookBehind = (uid: string): Look => ({
    id: `collect/${uid}`,
    run: async () => {
      await collectDependents(collect, uid);
      return {};
    },
  });
  return {
    after: async ({ type, key, object, previous }) => {
      const blocked = blockedOwners(type, object, previous).map((owner) =>
        ownerKey(ports, owner, key),
      );
      const looks = (await Promise.all(blocked)).flatMap((owner) => owner ?? []).map(lookAt);
      // Events have no dependents.
      if (type === 'DELETED')
        return key.resource === 'events'
          ? looks
          : [lookBehind(object.metadata.uid ?? ''), ...looks];
      const own = isConcerned(object, previous, [...childFinalizers.values()]);
      return own ? [lookAt(key), ...looks] : looks;
    },
    overdue: async () => (await listDeletions(ports)).map(lookAt),
    all: async () =>
      [
        ...(await ports.store.listRecords(INDEX)).flatMap(({ value }) => dependentIn(value) ?? []),
        ...(await listDeletions(ports)),
      ].map(lookAt),
  };
}

/** Its owners changed, or its deletion waits for its dependents. */
function isConcerned(
  object: KubeObject,
  previous: KubeObject | undefined,
  childFinalizers: readonly string[],
): boolean {
  if (isWaiting(object) || isOrphaning(object)) return true;
  if (ownersText(object) !== ownersText(previous)) return true;
  return (
    !object.metadata.ownerReferences?.some(({ controller }) => controller === true) &&
    childFinalizers.some((finalizer) => hasFinalizer(object, finalizer))
  );
}

const ownersText = (object: KubeObject | undefined): string =>
  JSON.stringify(object?.metadata.ownerReferences ?? []);

/** The owners that this object has blocked until now. */
function blockedOwners(
  type: Change['type'],
  object: KubeObject,
  previous: KubeObject | undefined,
): OwnerReference[] {
  const blocked = (state: KubeObject | undefined): OwnerReference[] =>
    (state?.metadata.ownerReferences ?? []).filter((owner) => owner.blockOwnerDeletion === true);
  if (type === 'DELETED') return blocked(object);
  if (ownersText(object) === ownersText(previous)) return [];
  const still = new Set(blocked(object).map(({ uid }) => uid));
  return blocked(previous).filter(({ uid }) => !still.has(uid));
}
