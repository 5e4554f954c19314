// A pod was removed without the API: its namespace may have waited for it. Writing the namespace again wakes the watcher that ends it.
import { StoreConflict } from '../../errors.ts';
import type { ResourceVersion } from '../../ports/identity.ts';
import type { Ports } from '../../ports/ports.ts';

/** Writes a Terminating namespace without pods again; does nothing for any other. */
export async function nudgeNamespace({ store }: Pick<Ports, 'store'>, name: string): Promise<void> {
  const key = { resource: 'namespaces', namespace: '', name };
  const object = await store.get(key);
  if (object?.metadata.deletionTimestamp === undefined) return;
  const { objects } = await store.listObjects({ resource: 'pods', namespace: name, limit: 1 });
  if (objects.length > 0) return;
  const { resourceVersion = '', ...metadata } = object.metadata;
  try {
    await store.commit({
      object: {
        key,
        object: { ...object, metadata },
        expected: resourceVersion as ResourceVersion,
      },
    });
  } catch (error) {
    // Another writer has woken it.
    if (!(error instanceof StoreConflict)) throw error;
  }
}
