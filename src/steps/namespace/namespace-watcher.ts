// The end of namespaces as a watcher of the log: a namespace that is terminating, and every removal from one.
import type { Ports } from '../../ports/ports.ts';
import type { Look, Watcher } from '../reconcile/watcher.ts';

/** `endNamespace` takes every step that is possible now. */
export function namespaceWatcher(
  { store }: Pick<Ports, 'store'>,
  endNamespace: (name: string) => Promise<void>,
): Watcher {
  const look = (name: string): Look => ({
    id: `namespace/${name}`,
    run: async () => {
      await endNamespace(name);
      return {};
    },
  });
  const isEnding = async (name: string): Promise<boolean> =>
    (await store.get({ resource: 'namespaces', namespace: '', name }))?.metadata
      .deletionTimestamp !== undefined;
  return {
    after: async ({ type, key, object }) => {
      if (key.resource === 'namespaces')
        return type !== 'DELETED' && object.metadata.deletionTimestamp !== undefined
          ? [look(key.name)]
          : [];
      return type === 'DELETED' && key.namespace !== '' && (await isEnding(key.namespace))
        ? [look(key.namespace)]
        : [];
    },
    all: async () =>
      (await store.listObjects({ resource: 'namespaces' })).objects.flatMap(({ metadata }) =>
        metadata.deletionTimestamp === undefined ? [] : [look(metadata.name ?? '')],
      ),
  };
}
