// A Service that goes takes the Endpoints of its name with it, whoever wrote them (pkg/controller/endpoint, syncService).
// Those that the endpoint-controller wrote go by its own passes; manually written ones may be older than their Service, so that
// only the deletion itself says that they are to go.
import type { ResourceVersion } from '../../ports/identity.ts';
import type { Objects } from '../../ports/objects.ts';
import type { Ports } from '../../ports/ports.ts';
import type { Look, LookEnd, Watcher } from '../reconcile/watcher.ts';

interface Gone {
  namespace: string;
  name: string;
  /** The version of the Service's deletion. */
  at: string;
}

/** A deletion may be delivered late: what was written after it stays, and so does what a new Service has. */
export function endpointsWatcher({ store }: Pick<Ports, 'store'>, objects: Objects): Watcher {
  const follow = async ({ namespace, name, at }: Gone): Promise<LookEnd> => {
    const found = await store.get({ resource: 'endpoints', namespace, name });
    if (found === undefined || Number(found.metadata.resourceVersion) > Number(at)) return {};
    if ((await store.get({ resource: 'services', namespace, name })) !== undefined) return {};
    await objects.remove('endpoints', found, {
      records: [],
      resourceVersion: found.metadata.resourceVersion as ResourceVersion,
    });
    return {};
  };
  const look = (gone: Gone): Look => ({
    id: `endpoints/${gone.namespace}/${gone.name}`,
    run: () => follow(gone),
  });
  return {
    after: ({ type, key, object }) =>
      Promise.resolve(
        type === 'DELETED' && key.resource === 'services'
          ? [
              look({
                namespace: key.namespace,
                name: key.name,
                at: object.metadata.resourceVersion ?? '',
              }),
            ]
          : [],
      ),
    // As in Kubernetes: a deletion that nobody saw leaves them.
    all: () => Promise.resolve([]),
  };
}
