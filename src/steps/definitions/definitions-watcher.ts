// CustomResourceDefinitions as a watcher of the log: whoever wrote one also writes its status and takes the steps of its end, but may have
// died before that. Here both follow from what is stored.
import { CLEANUP, DEFINITIONS, toDefinition } from '../../custom/definition/definition.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { storedResource } from '../../kinds/resources.ts';
import type { Ports } from '../../ports/ports.ts';
import type { Look, Watcher } from '../reconcile/watcher.ts';
import { endDefinition } from './end-definition.ts';
import { settleDefinitions } from './settle-definitions.ts';

const groupOf = (object: KubeObject): string => toDefinition(object).spec.group;

const isEnding = ({ metadata }: KubeObject): boolean =>
  metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(CLEANUP) === true;

/** Accepts names, establishes kinds, and ends what is to end. */
export function definitionsWatcher(ports: Pick<Ports, 'store' | 'clock'>): Watcher {
  const settle = (group: string): Look => ({
    id: `definitions/${group}`,
    run: async () => {
      await settleDefinitions(ports, group);
      return {};
    },
  });
  const end = (name: string): Look => ({
    id: `definition-end/${name}`,
    run: async () => {
      await endDefinition(ports, name);
      return {};
    },
  });
  const looksAt = (object: KubeObject): Look[] => [
    settle(groupOf(object)),
    ...(isEnding(object) ? [end(object.metadata.name ?? '')] : []),
  ];
  return {
    after: async ({ type, key, object }) => {
      if (key.resource === DEFINITIONS)
        return type === 'DELETED' ? [settle(groupOf(object))] : looksAt(object);
      // The last object of a kind that ends: its definition bears its stored name.
      return type === 'DELETED' && storedResource(key.resource) === undefined
        ? [end(key.resource)]
        : [];
    },
    all: async () =>
      (await ports.store.listObjects({ resource: DEFINITIONS })).objects.flatMap((object) =>
        looksAt(object),
      ),
  };
}
