// The first objects of a namespace. In a cluster, controllers create them.
import { isDeepStrictEqual } from 'node:util';
import { StoreConflict } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import type { ResourceVersion } from '../../ports/identity.ts';
import type { Ports } from '../../ports/ports.ts';
import type { ObjectKey } from '../../ports/store.ts';
import { present } from '../../present.ts';
import { wholeSeconds } from '../../kinds/time.ts';

type FillPorts = Pick<Ports, 'store' | 'clock' | 'ids' | 'settings' | 'rootCa'>;

/** An object of the system's own with its uid and time of creation. */
export function newObject(
  { clock, ids }: Pick<Ports, 'clock' | 'ids'>,
  object: KubeObject,
): KubeObject {
  const { name = '', namespace = '', ...metadata } = object.metadata;
  return {
    ...object,
    metadata: {
      name,
      ...present({ namespace: namespace || undefined }),
      uid: ids.uuid(),
      creationTimestamp: wholeSeconds(clock.now()),
      ...metadata,
    },
  };
}

/** Creates an object if it is absent, without admission or validation. */
export async function ensureObject(
  ports: Pick<Ports, 'store' | 'clock' | 'ids'>,
  resource: string,
  object: KubeObject,
): Promise<void> {
  const { store } = ports;
  const { name = '', namespace = '' } = object.metadata;
  const key = { resource, namespace, name };
  if ((await store.get(key)) !== undefined) return;
  try {
    await store.commit({ object: { key, object: newObject(ports, object), expected: 'absent' } });
  } catch (error) {
    if (!(error instanceof StoreConflict)) throw error;
  }
}

export const ROOT_CA = 'kube-root-ca.crt';

/** Creates the CA's ConfigMap or corrects its data; does nothing in a terminating namespace. */
export async function publishRootCa(ports: FillPorts, namespace: string): Promise<void> {
  const { store, settings, rootCa } = ports;
  const owner = await store.get({ resource: 'namespaces', namespace: '', name: namespace });
  if (owner === undefined || owner.metadata.deletionTimestamp !== undefined) return;
  // Clients refuse an empty one, or trust nobody by it.
  const data = { 'ca.crt': rootCa?.() ?? settings.caPem };
  await ensureObject(ports, 'configmaps', {
    metadata: {
      name: ROOT_CA,
      namespace,
      annotations: {
        'kubernetes.io/description':
          'Contains a CA bundle that can be used to verify the API server, such as when using internal service endpoints.',
      },
    },
    data,
  });
  const key = { resource: 'configmaps', namespace, name: ROOT_CA };
  await mendObject(store, key, (found) => ({ ...found, data }));
}

/** Writes the result of `mend` if it differs from the stored object; a missing object is not created. */
export async function mendObject(
  store: Ports['store'],
  key: ObjectKey,
  mend: (found: KubeObject) => KubeObject,
): Promise<void> {
  const found = await store.get(key);
  const next = found && mend(found);
  if (next === undefined || isDeepStrictEqual(found, next)) return;
  try {
    await store.commit({
      object: {
        key,
        object: next,
        expected: (found?.metadata.resourceVersion ?? '') as ResourceVersion,
      },
    });
  } catch (error) {
    // Another writer was first, and that writer calls this function too.
    if (!(error instanceof StoreConflict)) throw error;
  }
}

/** Creates ServiceAccount `default` and ConfigMap `kube-root-ca.crt`. May be repeated. */
export async function fillNamespace(ports: FillPorts, namespace: string): Promise<void> {
  await ensureObject(ports, 'serviceaccounts', { metadata: { name: 'default', namespace } });
  await publishRootCa(ports, namespace);
}
