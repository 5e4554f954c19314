// Waking for a time, in an installation whose processes do not live on.

/** One schedule for each id, which fires once; a later call for the same id replaces it. Absent where a process keeps timers itself. */
export interface DueTimes {
  /** Wakes at about `at` with `input`. Too early or a second time does no harm. */
  wakeAt(id: string, at: Date, input: { readonly [member: string]: string }): Promise<void>;
}
