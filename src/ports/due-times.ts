// Waking at a given time, in an installation without long-lived processes.

/** One schedule per id, which fires once; a later call for the same id replaces it. Absent where a process keeps timers itself. */
export interface DueTimes {
  /** Wakes at about `at` with `input`. Firing early or twice does no harm. */
  wakeAt(id: string, at: Date, input: { readonly [member: string]: string }): Promise<void>;
}
