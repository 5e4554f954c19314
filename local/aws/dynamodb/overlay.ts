// A store that reads through to the real one and collects writes, so that several of dynalite's actions become one LevelDB batch.
import type { BatchOperation, Callback, Item, Store, SubDb } from './dynalite.ts';
import { promise } from './dynalite.ts';

/** The overlay and what it has collected; the caller holds the locks of all items it touches. */
export interface Overlay {
  store: Store;
  /** Writes the collected operations, all or none. */
  commit(): Promise<void>;
}

/** An overlay on `real`. */
export function overlayOn(real: Store): Overlay {
  const writes = new Map<string, BatchOperation>();
  const sub = (prefix: string): SubDb => subOverlay(real, writes, prefix);
  const store: Store = {
    ...real,
    getItemDb: (table) => sub(`item-${table}`),
    getIndexDb: (type, table, index) => sub(`index-${type.toLowerCase()}~${table}~${index}`),
  };
  return { store, commit: () => real.db.batch([...writes.values()]) };
}

function subOverlay(real: Store, writes: Map<string, BatchOperation>, prefix: string): SubDb {
  const at = (key: string): string => `${prefix}~${key}`;
  return {
    lock: (_key, exec) => exec((done) => done),
    get: (key, callback) => {
      const written = writes.get(at(key));
      if (written) callback(null, written.type === 'put' ? (written.value as Item) : undefined);
      else read(real, at(key), callback);
    },
    put: (key, value, callback) => collect(writes, { type: 'put', key: at(key), value }, callback),
    del: (key, callback) => collect(writes, { type: 'del', key: at(key) }, callback),
  };
}

/** A read from LevelDB's memory takes less than a promise. */
function read({ db }: Store, key: string, callback: Callback<Item>): void {
  let value: unknown;
  try {
    value = db.getSync(key);
  } catch (error) {
    callback(error as Error);
    return;
  }
  callback(null, value as Item | undefined);
}

function collect(
  writes: Map<string, BatchOperation>,
  operation: BatchOperation,
  callback: Callback,
): void {
  writes.set(operation.key, operation);
  callback(null);
}

/** Runs `act` while the items `keys` (by table) are locked against every other action. */
export async function withLocks<T>(
  store: Store,
  keys: Map<string, string[]>,
  act: () => Promise<T>,
): Promise<T> {
  // The lock enqueues all keys of one call at once; across tables only the fixed order keeps two callers from a deadlock.
  const [first, ...rest] = [...keys].sort(([a], [b]) => (a < b ? -1 : 1));
  if (first === undefined) return act();
  const [table, names] = first;
  return new Promise<T>((resolve, reject) => {
    store.getItemDb(table).lock(names, (release) => {
      const unlock = release(() => undefined);
      withLocks(store, new Map(rest), act)
        .then(resolve, reject)
        .finally(() => unlock(null))
        .catch(reject);
    });
  });
}

/** The stored item under an internal key, through an overlay or not. */
export function storedItem(store: Store, table: string, key: string): Promise<Item | undefined> {
  return promise<Item>((callback) => store.getItemDb(table).get(key, callback));
}
