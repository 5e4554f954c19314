// What wakes the controllers where no process is long-lived: a batch of changes, a due time, or the minutely sweep for missed ones.
import type { LogEntry } from './store.ts';

export type Wake =
  | { changes: readonly LogEntry[] }
  | {
      due: { controller: string; namespace: string; name: string };
      /** How many attempts have failed. */
      tries: number;
    }
  | { replay: true };
