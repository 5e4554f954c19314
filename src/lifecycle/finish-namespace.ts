// The last step of a namespace's end: when nothing is left in it, it goes. Called after every removal that may have been the last.
import { StoreConflict } from '../errors.ts';
import { STORED_RESOURCES } from '../kinds/resources.ts';
import type { KubeObject, Namespace } from '../kinds/pod.ts';
import type { Ports, ResourceVersion } from '../ports.ts';

/** Removes a Terminating namespace that is empty; does nothing for any other. May be called again. */
export async function finishNamespace({ store }: Pick<Ports, 'store'>, name: string): Promise<void> {
  const key = { resource: 'namespaces', namespace: '', name };
  const object = await store.get(key);
  if (object?.metadata.deletionTimestamp === undefined || !(await isEmpty({ store }, name))) return;
  const finalizers = ((object as Namespace).spec?.finalizers ?? []).filter((finalizer) => finalizer !== 'kubernetes');
  const stays = finalizers.length > 0 || (object.metadata.finalizers ?? []).length > 0;
  const { resourceVersion, ...metadata } = object.metadata;
  const next: KubeObject = { ...object, metadata, spec: { ...(finalizers.length > 0 ? { finalizers } : {}) } };
  try {
    await store.commit({ object: { key, object: stays ? next : null, expected: (resourceVersion ?? '') as ResourceVersion, ...(stays ? {} : { lastState: next }) } });
  } catch (error) {
    // Somebody else wrote it: that writer's call of this function comes after.
    if (!(error instanceof StoreConflict)) throw error;
  }
}

async function isEmpty({ store }: Pick<Ports, 'store'>, namespace: string): Promise<boolean> {
  for (const { stored, namespaced } of STORED_RESOURCES) {
    if (namespaced && (await store.list({ resource: stored, namespace, limit: 1 })).objects.length > 0) return false;
  }
  return true;
}
