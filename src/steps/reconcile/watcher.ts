// Whoever acts upon the log of changes: the controllers, and the garbage collector.
import type { LogEntry } from '../../ports/store.ts';

export type Change = Pick<LogEntry, 'type' | 'key' | 'object' | 'previous'>;

/** What a look leaves. */
export interface LookEnd {
  /** When to look again though nothing changes. */
  dueAt?: Date;
  /** Something was refused, or must be tried again: after the back-off. */
  failed?: boolean;
  /** What to look at next. */
  next?: Look[];
}

/** One thing to look at. Looks with the same id are one, and none of them runs beside another. */
export interface Look {
  id: string;
  run(): Promise<LookEnd>;
  /** How it is tried again; absent: 5 ms, doubling up to 1000 s. */
  backOff?: { firstMs: number; maxMs: number };
  /** Has it run again at a time, in whichever process; absent: its change must be delivered again. */
  later?(at: Date, tries: number): Promise<void>;
}

export interface Watcher {
  /** What to look at after a change; a change may be lost, doubled, late or out of order. */
  after(change: Change): Promise<Look[]>;
  /** Everything that there may be to do: for a start, and for what was lost. */
  all(): Promise<Look[]>;
  /** What should have been done by now, where its wake was lost. */
  overdue?(now: Date): Promise<Look[]>;
}
