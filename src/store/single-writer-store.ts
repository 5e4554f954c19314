// The store of an installation in which one process writes alone (local mode): same table, same layout, reads from memory.
import { cachedTable } from './cached-table.ts';
import type { DynamoStore, DynamoStoreOptions } from './dynamo-store.ts';
import { storeOn } from './dynamo-store.ts';
import { blockNumbers } from './numbers.ts';
import { Tail } from './tail.ts';

/** Nobody else adds to the log: it is looked at only to be safe. */
const IDLE_MS = 30_000;

/** Opens the store; numbers that a killed process had reserved are buried first. */
export async function openSingleWriterStore(options: Omit<DynamoStoreOptions, 'pollMs'>): Promise<DynamoStore> {
  const table = cachedTable(options.table, options.clock);
  const numbers = await blockNumbers(table);
  const tail = new Tail({ table, numbers, clock: options.clock, pollMs: { first: IDLE_MS, idle: IDLE_MS }, announcedAbove: numbers.before });
  await tail.settleTo(numbers.before, 0);
  return storeOn({ lifetimes: {}, ...options, table, numbers, tail });
}
