// The store of an installation with a single writing process (local mode): same table and layout, reads from memory.
// See docs/design/store.md.
import { cachedTable } from './cached-table.ts';
import type { DynamoStore, DynamoStoreOptions } from './dynamo-store.ts';
import { storeOn } from './dynamo-store.ts';
import { moveStaleMark, readCounter, storeMark, takeNumbers } from './counter.ts';
import type { Table } from './table.ts';
import { blockNumbers, type NumberFloor } from './numbers.ts';
import { Tail } from './tail.ts';

/** Nobody else appends to the log: it is polled only to be safe. */
const IDLE_MS = 30_000;

/** Opens the store; numbers that a killed process had reserved are buried first. */
export async function openSingleWriterStore(
  options: Omit<DynamoStoreOptions, 'pollMs'> & { floor?: NumberFloor },
): Promise<DynamoStore> {
  const table = cachedTable(options.table, options.clock);
  await skipTo(table, options.floor?.highest ?? 0, options.clock.now().getTime());
  const numbers = await blockNumbers(table, options.floor);
  const tail = new Tail({
    table,
    numbers,
    clock: options.clock,
    pollMs: { first: IDLE_MS, idle: IDLE_MS },
    announcedAbove: numbers.before,
  });
  await tail.settleTo(numbers.before, 0);
  return storeOn({ lifetimes: {}, ...options, table, numbers, tail });
}

/** If the table was reset below numbers that clients have seen, none of these is used again, and older watches list again. */
async function skipTo(table: Table, highest: number, nowMs: number): Promise<void> {
  const { number } = await readCounter(table);
  if (number < highest)
    await storeMark(
      table,
      moveStaleMark(await takeNumbers(table, highest - number), highest, nowMs),
    );
}
