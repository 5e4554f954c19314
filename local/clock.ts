// Time as the engine's rooms see it: injected, so that tests and adoption need no real waiting.

/** `sleep` resolves after `ms`, or at once when the signal aborts. */
export interface Clock {
  now(): Date;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
