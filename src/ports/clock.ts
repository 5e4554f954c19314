// Time: the one port that every room has, podlet and local engine included.

/** Tests own it: no wait is real there. */
export interface Clock {
  now(): Date;
  /** Resolves after `ms`, or at once when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
