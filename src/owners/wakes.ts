// Which changes wake the controllers at once. On AWS all others wait for the next sweep, so that the most frequent ones cost nothing:
// pods without an owner, events, leases.
import type { KubeObject } from '../kinds/pod.ts';
import type { LogEntry } from '../ports/store.ts';
import { isOrphaning, isWaiting } from './finalizers.ts';

/** Kinds that nothing reacts to. */
const SILENT = new Set(['events', 'leases.coordination.k8s.io']);

/** Only the garbage collector and the end of a namespace react to these, and only to deletions. */
const PLAIN = new Set(['configmaps', 'secrets', 'serviceaccounts', 'podtemplates', 'limitranges']);

/** `object` as shown to clients; undefined: unknown. */
export function wakes(
  type: LogEntry['type'],
  resource: string,
  object: KubeObject | undefined,
): boolean {
  if (SILENT.has(resource)) return false;
  if (object === undefined) return true;
  const { ownerReferences = [], deletionTimestamp } = object.metadata;
  if (ownerReferences.length > 0 || isWaiting(object) || isOrphaning(object)) return true;
  if (resource === 'pods') return false;
  if (resource === 'namespaces') return deletionTimestamp !== undefined;
  return type === 'DELETED' || !PLAIN.has(resource);
}
