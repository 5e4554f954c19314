// The index of dependents: a record for each owner that an object names, written in the commit that writes the object.
// So an owner's dependents are found without a list, and objects without owners cost nothing.
import { createHash } from 'node:crypto';
import type { KubeObject, ObjectMeta } from '../kinds/pod.ts';
import { isMap } from '../own.ts';
import type { ObjectKey, RecordWrite } from '../ports/store.ts';

/** One owner that an object names. */
export type OwnerReference = NonNullable<ObjectMeta['ownerReferences']>[number];

export const INDEX = 'owned/';

/** A transaction takes 100 items. Further owners are found only by a scan of all possible dependents. */
const MAX_OWNERS = 40;

/** The key prefix of the records of an owner's dependents. */
export const dependentsOf = (uid: string): string => `${INDEX}${keyPart(uid)}/`;

/** Clients choose the uids in their owner references. */
const keyPart = (uid: string): string =>
  /^[\w-]{1,64}$/.test(uid) ? uid : createHash('sha256').update(uid).digest('hex');

/** The index's writes for a change of an object from `old` to `next`; undefined: it does not exist. */
export function ownerRecords(
  { resource, namespace, name }: ObjectKey,
  old: KubeObject | undefined,
  next: KubeObject | undefined,
): RecordWrite[] {
  const uid = (next ?? old)?.metadata.uid ?? '';
  const before = ownersOf(old);
  const after = ownersOf(next);
  const recordOf = (owner: string): string => dependentsOf(owner) + keyPart(uid);
  return [
    ...[...before]
      .filter((owner) => !after.has(owner))
      .map((owner) => ({ key: recordOf(owner), value: null, expected: 'any' as const })),
    ...[...after]
      .filter((owner) => !before.has(owner))
      .map((owner) => ({
        key: recordOf(owner),
        value: { resource, namespace, name },
        expected: 'any' as const,
      })),
  ];
}

const ownersOf = (object: KubeObject | undefined): Set<string> =>
  new Set(
    [...new Set(object?.metadata.ownerReferences?.map(({ uid }) => uid))].slice(0, MAX_OWNERS),
  );

/** The object that an index record names. */
export function dependentIn(value: unknown): ObjectKey | undefined {
  const { resource, namespace, name } = isMap(value) ? value : {};
  return typeof resource === 'string' && typeof namespace === 'string' && typeof name === 'string'
    ? { resource, namespace, name }
    : undefined;
}
