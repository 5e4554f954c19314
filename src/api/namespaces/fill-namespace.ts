// The first objects of a namespace, which controllers make in a cluster.
import { StoreConflict } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import type { Ports } from '../../ports.ts';
import { seconds } from '../time.ts';

type FillPorts = Pick<Ports, 'store' | 'clock' | 'ids' | 'settings'>;

/** Makes an object unless it is there; no admission, no validation. */
export async function ensureObject({ store, clock, ids }: Pick<Ports, 'store' | 'clock' | 'ids'>, resource: string, object: KubeObject): Promise<void> {
  const { name = '', namespace = '', ...metadata } = object.metadata;
  const key = { resource, namespace, name };
  if ((await store.get(key)) !== undefined) return;
  const made = { ...object, metadata: { name, ...(namespace ? { namespace } : {}), uid: ids.uuid(), creationTimestamp: seconds(clock.now()), ...metadata } };
  try {
    await store.commit({ object: { key, object: made, expected: 'absent' } });
  } catch (error) {
    if (!(error instanceof StoreConflict)) throw error;
  }
}

/** ServiceAccount `default` and ConfigMap `kube-root-ca.crt`. May be called again. */
export async function fillNamespace(ports: FillPorts, namespace: string): Promise<void> {
  await ensureObject(ports, 'serviceaccounts', { metadata: { name: 'default', namespace } });
  await ensureObject(ports, 'configmaps', {
    metadata: {
      name: 'kube-root-ca.crt', namespace,
      annotations: { 'kubernetes.io/description': 'Contains a CA bundle that can be used to verify the API server, such as when using internal service endpoints.' },
    },
    data: { 'ca.crt': ports.settings.caPem },
  });
}
