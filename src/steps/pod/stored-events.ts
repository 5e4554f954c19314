// Which changes' events this process has stored itself: the change after them need not look whether they are there.
import type { Store } from '../../ports/store.ts';

/** Pods are many and short: one that is forgotten here costs a look. */
const MOST_KEPT = 1_000;

/** By store, the revision of each pod's record whose events are stored. */
const revisions = new WeakMap<Store, Map<string, number>>();

/** The events that the record named at this revision are stored. */
export function noteStored(store: Store, uid: string, revision: number): void {
  const known = revisions.get(store) ?? new Map<string, number>();
  revisions.set(store, known);
  if (known.size >= MOST_KEPT) known.clear();
  known.set(uid, revision);
}

/** Whether this process stored what the record names at this revision; false where it does not know. */
export const hasStored = (store: Store, uid: string, revision: number): boolean =>
  revisions.get(store)?.get(uid) === revision;
