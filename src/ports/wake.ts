// What wakes the controllers where no process lives on: a batch of changes, a due time, or each minute the look at what was missed.
import type { LogEntry } from './store.ts';

export type Wake =
  | { changes: readonly LogEntry[] }
  | {
      due: { controller: string; namespace: string; name: string };
      /** How often it was tried without success. */
      tries: number;
    }
  | { replay: true };
