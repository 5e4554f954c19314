// Which changes' events this process stores itself, so that the next change need not check whether they exist, nor stores them again
// while they are on their way.
import type { Store } from '../../ports/store.ts';

/** Pods are many and short-lived: a forgotten one costs only a read. */
const MOST_KEPT = 1_000;

interface Stored {
  revision: number;
  /** Whether all of them were stored. */
  outcome: Promise<boolean>;
}

/** By store, the latest change of each pod whose events this process stores. */
const changes = new WeakMap<Store, Map<string, Stored>>();

/** Records that the events named by the record at this revision are stored once `work` resolves; resolves and rejects with it. */
export async function noteStored(
  store: Store,
  uid: string,
  revision: number,
  work: Promise<void>,
): Promise<void> {
  const known = changes.get(store) ?? new Map<string, Stored>();
  changes.set(store, known);
  if (known.size >= MOST_KEPT) known.clear();
  const outcome = work.then(
    () => true,
    // The caller has it from `work`.
    () => false,
  );
  known.set(uid, { revision, outcome });
  return work;
}

/** Whether this process stored the events named by the record at this revision, awaited; false if it does not know. */
export async function hasStored(store: Store, uid: string, revision: number): Promise<boolean> {
  const known = changes.get(store)?.get(uid);
  return known?.revision === revision && (await known.outcome);
}
