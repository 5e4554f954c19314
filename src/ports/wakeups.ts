// Notifications for long polls.

/** Wakes a long poll when a pod's record changes: at once within one process; on AWS `wait` sleeps and the caller looks again. */
export interface Wakeups {
  wake(uid: string): void;
  /** Resolves at the next wake of `uid`, after `ms`, or when the signal aborts. `ms` is capped by the front's limit. */
  wait(uid: string, ms: number, signal?: AbortSignal): Promise<void>;
}
