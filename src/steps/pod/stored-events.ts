// Which changes' events this process has stored itself, so that the next change need not check whether they exist.
import type { Store } from '../../ports/store.ts';

/** Pods are many and short-lived: a forgotten one costs only a read. */
const MOST_KEPT = 1_000;

/** By store, the revision of each pod's record whose events are stored. */
const revisions = new WeakMap<Store, Map<string, number>>();

/** Records that the events named by the record at this revision are stored. */
export function noteStored(store: Store, uid: string, revision: number): void {
  const known = revisions.get(store) ?? new Map<string, number>();
  revisions.set(store, known);
  if (known.size >= MOST_KEPT) known.clear();
  known.set(uid, revision);
}

/** Whether this process stored the events named by the record at this revision; false if it does not know. */
export const hasStored = (store: Store, uid: string, revision: number): boolean =>
  revisions.get(store)?.get(uid) === revision;
