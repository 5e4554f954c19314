// Which changes wake somebody at once. On AWS everything else waits for the next sweep, so that what changes most costs nothing:
// pods without an owner, events, leases.
import type { KubeObject } from '../kinds/pod.ts';
import type { LogEntry } from '../ports/store.ts';
import { isOrphaning, isWaiting } from './finalizers.ts';

/** Nobody acts upon them. */
const SILENT = new Set(['events', 'leases.coordination.k8s.io']);

/** Nobody reads them but the garbage collector and the end of a namespace, which look at what goes. */
const PLAIN = new Set(['configmaps', 'secrets', 'serviceaccounts', 'podtemplates', 'limitranges']);

/** `object`: as it is shown; undefined: unknown. */
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
