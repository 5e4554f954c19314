// The objects that name an owner, found by the index. Outdated entries are removed in passing.
import type { KubeObject } from '../../kinds/pod.ts';
import { dependentIn, dependentsOf } from '../../owners/dependents.ts';
import type { OwnerReference } from '../../owners/dependents.ts';
import type { Ports } from '../../ports/ports.ts';
import type { ObjectKey } from '../../ports/store.ts';

export interface Dependent {
  key: ObjectKey;
  object: KubeObject;
  /** Its reference to this owner. */
  owner: OwnerReference;
}

/** The dependents of the owner with this uid, as stored now. */
export async function readDependents(
  { store }: Pick<Ports, 'store'>,
  uid: string,
): Promise<Dependent[]> {
  const found: Dependent[] = [];
  for (const { key: record, value, revision } of await store.listRecords(dependentsOf(uid))) {
    const key = dependentIn(value);
    const object = key && (await store.get(key));
    const owner = object?.metadata.ownerReferences?.find((one) => one.uid === uid);
    if (key && object && owner) found.push({ key, object, owner });
    // A later write of the object writes its entry again.
    else await store.commit({ records: [{ key: record, value: null, expected: revision }] });
  }
  return found;
}
