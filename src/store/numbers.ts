// Where writers take their numbers from.
import type { Counter } from './counter.ts';
import { readCounter, takeNumbers } from './counter.ts';
import type { Table } from './table.ts';

export interface Numbers {
  /** A number that nobody else has; the counter as it was then. */
  take(): Promise<Counter>;
  /** The counter now: every number handed out so far is ≤ its `number`. */
  last(): Promise<Counter>;
}

/** Many writers: each number is one atomic addition to the counter item. */
export const sharedNumbers = (table: Table): Numbers => ({
  take: () => takeNumbers(table, 1),
  last: () => readCounter(table),
});

/** How many numbers a single writer reserves at once; a killed process leaves at most so many unused. */
const BLOCK = 100;

/** Numbers of a single writer; `before` is the last number that an earlier process may have used. */
export interface BlockNumbers extends Numbers {
  before: number;
}

/** The highest number reserved, in a place that does not share the table's fate. */
export interface NumberFloor {
  /** As it was found. */
  highest: number;
  /** Resolves when the number is kept for good. */
  raise(number: number): Promise<void>;
}

/** One writer: numbers are reserved in blocks and handed out from memory; the floor is raised before the first of a block is. */
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
      // A reservation that failed is its waiters' fault to report; whoever comes next tries anew.
      while (next > counter.number)
        await (pending ??= reserve().finally(() => {
          pending = undefined;
        }));
      // The mark in `counter` is as old as the block; it may lag, never lead.
      return { ...counter, number: next++ };
    },
    last: () => Promise.resolve({ ...counter, number: next - 1 }),
  };
}
