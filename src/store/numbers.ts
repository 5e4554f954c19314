// The source of the numbers that writers take.
import type { Counter } from './counter.ts';
import { readCounter, takeNumbers } from './counter.ts';
import type { Table } from './table.ts';

export interface Numbers {
  /** A number that no other writer has, and the counter as it was then. */
  take(): Promise<Counter>;
  /** The counter now: every number handed out so far is ≤ its `number`. */
  last(): Promise<Counter>;
}

/** Many writers: each number is one atomic addition to the counter item. */
export const sharedNumbers = (table: Table): Numbers => ({
  take: () => takeNumbers(table, 1),
  last: () => readCounter(table),
});

/** How many numbers a single writer reserves at once; a killed process leaves at most this many unused. */
const BLOCK = 100;

/** Numbers of a single writer; `before` is the last number that an earlier process may have used. */
export interface BlockNumbers extends Numbers {
  before: number;
}

/** The highest number reserved, stored in a place that is not lost together with the table. */
export interface NumberFloor {
  /** The number that was stored when the process started. */
  highest: number;
  /** Resolves once the number is stored durably. */
  raise(number: number): Promise<void>;
}

/** One writer: numbers are reserved in blocks and handed out from memory; the floor is raised before the first number of a block is used. */
export async function blockNumbers(
  table: Table,
  floor: NumberFloor = { highest: 0, raise: () => Promise.resolve() },
): Promise<BlockNumbers> {
  let counter = await takeNumbers(table, BLOCK);
  await floor.raise(counter.number);
  const before = counter.number - BLOCK;
  let next = before + 1;
  let pending: Promise<void> | undefined;
  const reserve = async (): Promise<void> => {
    const taken = await takeNumbers(table, BLOCK);
    await floor.raise(taken.number);
    counter = taken;
  };
  return {
    before,
    async take() {
      // A failed reservation is reported to its waiters; the next caller tries again.
      while (next > counter.number)
        await (pending ??= reserve().finally(() => {
          pending = undefined;
        }));
      // The mark in `counter` is as old as the block: it may lag behind, but never be ahead.
      return { ...counter, number: next++ };
    },
    last: () => Promise.resolve({ ...counter, number: next - 1 }),
  };
}
