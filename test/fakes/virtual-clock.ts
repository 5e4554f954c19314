// A deterministic clock: time stands still until it is moved; sleepers wake in the order of their times, then of their calls.
import type { Clock } from '../../src/ports/clock.ts';

interface Sleeper {
  due: number;
  sequence: number;
  wake(): void;
}

/** Rounds of the event loop that `settle` waits: one lets promises and immediates run, more let their own immediates follow. */
const SETTLE_ROUNDS = 3;

/** Time controlled by a test. Real I/O is not waited for: give it a round of its own with `settle`. */
export class VirtualClock implements Clock {
  #now: number;
  #sequence = 0;

  readonly #sleepers: Sleeper[] = [];

  constructor(start: Date | string = '2026-01-01T00:00:00.000Z') {
    this.#now = new Date(start).getTime();
  }

  now(): Date {
    return new Date(this.#now);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper: Sleeper = {
        due: this.#now + Math.max(0, ms),
        sequence: this.#sequence++,
        wake,
      };
      const remove = (): void => this.#remove(sleeper);
      function wake(): void {
        signal?.removeEventListener('abort', abort);
        resolve();
      }
      function abort(): void {
        remove();
        wake();
      }
      signal?.addEventListener('abort', abort);
      this.#insert(sleeper);
    });
  }

  /** Number of sleepers. */
  get pending(): number {
    return this.#sleepers.length;
  }

  /** When the next sleeper wakes; undefined: none sleeps. */
  get nextDue(): Date | undefined {
    const first = this.#sleepers[0];
    return first && new Date(first.due);
  }

  /** Runs everything that needs no time to pass. */
  async settle(): Promise<void> {
    for (let round = 0; round < SETTLE_ROUNDS; round++)
      await new Promise((resolve) => setImmediate(resolve));
  }

  /** Advances to the next sleeper, wakes only that one and settles; false: nobody sleeps. */
  async advanceToNext(): Promise<boolean> {
    await this.settle();
    const next = this.#sleepers.shift();
    if (next === undefined) return false;
    this.#now = Math.max(this.#now, next.due);
    next.wake();
    await this.settle();
    return true;
  }

  /** Advances by `ms`, waking all sleepers on the way in order. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.settle();
    for (
      let next = this.#sleepers[0];
      next !== undefined && next.due <= end;
      next = this.#sleepers[0]
    )
      await this.advanceToNext();
    this.#now = Math.max(this.#now, end);
  }

  /** Lets `ms` pass while everything stands still, as on a suspended machine: sleepers due by then wake at the end. */
  async leap(ms: number): Promise<void> {
    await this.settle();
    this.#now += ms;
    await this.advance(0);
  }

  /** Advances from sleeper to sleeper until nobody sleeps or time would pass `until`; throws after `maxSteps` wakes. */
  async runUntilIdle({
    until,
    maxSteps = 100_000,
  }: { until?: Date; maxSteps?: number } = {}): Promise<void> {
    await this.settle();
    for (let step = 0; step < maxSteps; step++) {
      const due = this.#sleepers[0]?.due;
      if (due === undefined || (until !== undefined && due > until.getTime())) return;
      await this.advanceToNext();
    }
    throw new Error(`still busy after ${maxSteps} wakes`);
  }

  /** Advances until `promise` is settled and returns its value; throws when nobody sleeps any more or after `maxSteps` wakes. */
  async runUntil<T>(
    promise: Promise<T>,
    { maxSteps = 100_000 }: { maxSteps?: number } = {},
  ): Promise<T> {
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    promise.then(mark, mark);
    await this.settle();
    for (let step = 0; !settled; step++) {
      if (step >= maxSteps) throw new Error(`not settled after ${maxSteps} wakes`);
      if (!(await this.advanceToNext()) && !settled)
        throw new Error('nothing sleeps and the promise is not settled');
    }
    return promise;
  }

  #insert(sleeper: Sleeper): void {
    // Later calls for the same time come after: search from the end for the first that is not due later.
    let index = this.#sleepers.length;
    while (index > 0 && (this.#sleepers[index - 1]?.due ?? 0) > sleeper.due) index--;
    this.#sleepers.splice(index, 0, sleeper);
  }

  #remove(sleeper: Sleeper): void {
    const index = this.#sleepers.indexOf(sleeper);
    if (index >= 0) this.#sleepers.splice(index, 1);
  }
}
