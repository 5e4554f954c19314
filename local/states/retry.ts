// The arithmetic of Retry, and which retrier or catcher applies.
import type { Catcher, Retrier } from './machine.ts';
import type { StateError } from './state-error.ts';
import { matches } from './state-error.ts';

const DEFAULT_INTERVAL_SECONDS = 1;
const DEFAULT_MAX_ATTEMPTS = 3;
const DEFAULT_BACKOFF_RATE = 2;

/** Index of the retrier that matches `error`, if it has attempts left. Only the first match counts. */
export function chooseRetrier(
  retriers: readonly Retrier[],
  retries: readonly number[],
  error: StateError,
): number | undefined {
  const index = retriers.findIndex(({ ErrorEquals }) => matches(ErrorEquals, error));
  if (index < 0) return undefined;
  const attempts = retriers[index]?.MaxAttempts ?? DEFAULT_MAX_ATTEMPTS;
  return (retries[index] ?? 0) < attempts ? index : undefined;
}

/** Seconds before retry number `retry` (0 is the first). `random` is called only for full jitter. */
export function retryDelaySeconds(retrier: Retrier, retry: number, random: () => number): number {
  const {
    IntervalSeconds = DEFAULT_INTERVAL_SECONDS,
    BackoffRate = DEFAULT_BACKOFF_RATE,
    MaxDelaySeconds = Infinity,
  } = retrier;
  const delay = Math.min(IntervalSeconds * BackoffRate ** retry, MaxDelaySeconds);
  return retrier.JitterStrategy === 'FULL' ? delay * random() : delay;
}

/** The first catcher that names the error. */
export function chooseCatcher(
  catchers: readonly Catcher[],
  error: StateError,
): Catcher | undefined {
  return catchers.find(({ ErrorEquals }) => matches(ErrorEquals, error));
}
