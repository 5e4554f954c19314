// Time for the engine's rooms: injected, so that tests and adoption do not really wait.

/** `sleep` resolves after `ms`, or at once when the signal aborts. */
export interface Clock {
  now(): Date;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
