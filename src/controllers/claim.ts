// Which objects belong to a controller: those that name it as their controller. Labels only decide about adoption and release
// (pkg/controller/controller_ref_manager.go).
import type { KubeObject, ObjectMeta } from '../kinds/pod.ts';
import type { Labels } from '../pod/placement/selection.ts';
import type { Write } from './controller.ts';

export type OwnerReference = NonNullable<ObjectMeta['ownerReferences']>[number];

/** The reconciled object with its kind, which stored objects do not carry. */
export interface Owner {
  apiVersion: string;
  kind: string;
  object: KubeObject;
}

/** The reference that makes `owner` the controller of a child. */
export const controllerReference = ({ apiVersion, kind, object }: Owner): OwnerReference => ({
  apiVersion,
  kind,
  name: object.metadata.name ?? '',
  uid: object.metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: true,
});

/** The controller of an object; undefined: it has none. */
export const controllerOf = ({ metadata }: KubeObject): OwnerReference | undefined =>
  metadata.ownerReferences?.find(({ controller }) => controller === true);

/** Whether it could be adopted. */
export const isUncontrolled = (object: KubeObject): boolean => controllerOf(object) === undefined;

/** Whether the object names `owner` as its controller. */
export const isControlledBy = (object: KubeObject, { metadata }: KubeObject): boolean =>
  metadata.uid !== undefined && controllerOf(object)?.uid === metadata.uid;

export interface Claim {
  /** The owner's objects, including those that `writes` adopts. */
  owned: KubeObject[];
  /** Adoptions and releases; a conflict if the object has changed since it was read. */
  writes: Write[];
}

/**
 * The objects of `resource` that belong to the owner. An object without a controller whose labels match is adopted unless it is being
 * deleted; an owned one whose labels no longer match is released and left out; objects of other controllers are never touched. An owner
 * that is being deleted neither adopts nor releases.
 */
export function claim(
  resource: string,
  owner: Owner,
  matches: (labels: Labels) => boolean,
  objects: readonly KubeObject[],
): Claim {
  const owned: KubeObject[] = [];
  const writes: Write[] = [];
  const ending = owner.object.metadata.deletionTimestamp !== undefined;
  for (const object of objects) {
    const mine = isControlledBy(object, owner.object);
    const matching = matches(object.metadata.labels);
    if (mine && matching) owned.push(object);
    else if (ending) continue;
    else if (mine) writes.push({ verb: 'update', resource, object: released(object, owner) });
    else if (matching && isFree(object)) {
      const adopted = withOwners(object, [
        ...(object.metadata.ownerReferences ?? []),
        controllerReference(owner),
      ]);
      writes.push({ verb: 'update', resource, object: adopted });
      owned.push(adopted);
    }
  }
  return { owned, writes };
}

const isFree = (object: KubeObject): boolean =>
  controllerOf(object) === undefined && object.metadata.deletionTimestamp === undefined;

const released = (object: KubeObject, owner: Owner): KubeObject =>
  withOwners(
    object,
    (object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.object.metadata.uid),
  );

function withOwners(object: KubeObject, owners: OwnerReference[]): KubeObject {
  const { ownerReferences: _before, ...metadata } = object.metadata;
  return {
    ...object,
    metadata: owners.length > 0 ? { ...metadata, ownerReferences: owners } : metadata,
  };
}
