// The garbage collector's finalizers, which say what a deletion does with the dependents.
import type { KubeObject } from '../kinds/pod.ts';

/** The object stays until its blocking dependents are gone. */
export const FOREGROUND = 'foregroundDeletion';

/** The object stays until its dependents no longer name it. */
export const ORPHAN = 'orphan';

const isDeleting = ({ metadata }: KubeObject): boolean => metadata.deletionTimestamp !== undefined;

export const hasFinalizer = ({ metadata }: KubeObject, finalizer: string): boolean =>
  metadata.finalizers?.includes(finalizer) === true;

/** Whether it waits for its dependents to be deleted. */
export const isWaiting = (object: KubeObject): boolean =>
  isDeleting(object) && hasFinalizer(object, FOREGROUND);

/** Whether it waits for its dependents to lose their reference to it. */
export const isOrphaning = (object: KubeObject): boolean =>
  isDeleting(object) && hasFinalizer(object, ORPHAN);

/** The object without one of its finalizers. */
export function withoutFinalizer(object: KubeObject, finalizer: string): KubeObject {
  const { finalizers = [], ...metadata } = object.metadata;
  const left = finalizers.filter((one) => one !== finalizer);
  return {
    ...object,
    metadata: left.length > 0 ? { ...metadata, finalizers: left } : metadata,
  };
}

/** The object with other owners. */
export function withOwners(
  object: KubeObject,
  owners: NonNullable<KubeObject['metadata']['ownerReferences']>,
): KubeObject {
  const { ownerReferences: _before, ...metadata } = object.metadata;
  return {
    ...object,
    metadata: owners.length > 0 ? { ...metadata, ownerReferences: owners } : metadata,
  };
}
