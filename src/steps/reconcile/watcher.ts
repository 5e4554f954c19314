// The interface of watchers of the log of changes, such as the controllers and the garbage collector: a change leads to looks at objects.
import type { LogEntry } from '../../ports/store.ts';

export type Change = Pick<LogEntry, 'type' | 'key' | 'object' | 'previous'>;

/** The result of a look. */
export interface LookEnd {
  /** When to look again even if nothing changes. */
  dueAt?: Date;
  /** Something was refused or must be retried: look again after the back-off. */
  failed?: boolean;
  /** Looks to run next. */
  next?: Look[];
}

/** A check of one thing. Looks with the same id count as one, and never run concurrently. */
export interface Look {
  id: string;
  run(): Promise<LookEnd>;
  /** The delays of retries; absent: 5 ms, doubling up to 1000 s. */
  backOff?: { firstMs: number; maxMs: number };
  /** Schedules it for a time, in whichever process; absent: its change must be delivered again. */
  later?(at: Date, tries: number): Promise<void>;
}

export interface Watcher {
  /** The looks for a change; a change may be lost, repeated, late or out of order. */
  after(change: Change): Promise<Look[]>;
  /** Looks at everything: for a start, and for what was lost. */
  all(): Promise<Look[]>;
  /** Looks that are overdue because their wake-up was lost. */
  overdue?(now: Date): Promise<Look[]>;
}
