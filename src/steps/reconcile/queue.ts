// The passes of one process: no key runs twice at once, a change during a run causes one more, a failed run is tried again later.
import type { Clock } from '../../ports/clock.ts';

/** How a failed key is tried again. */
export interface BackOff {
  firstMs: number;
  maxMs: number;
}

export interface QueueOptions<Key> {
  clock: Clock;
  id(key: Key): string;
  /** Resolves with the time of the next look; `failed` or an error: tried again after the back-off. */
  run(key: Key): Promise<{ dueAt?: Date; failed?: boolean }>;
  backOff(key: Key): BackOff;
  /** Errors that are worth a line. */
  onError(key: Key, error: unknown): void;
  /** Keys that run at the same time. */
  atOnce: number;
}

interface Entry<Key> {
  key: Key;
  asked: boolean;
  running: boolean;
  failures: number;
  /** The wait for a time, if there is one. */
  alarm?: { at: number; stop: AbortController };
}

/** No timer waits for longer: an early look costs nothing, and Node's timers end at 24 days. */
const LONGEST_WAIT_MS = 24 * 60 * 60 * 1000;

/** A run that asks for a time in the past must not run without end. */
const OVERDUE_MS = 1_000;

/** A queue of keys; it lives until `close`. */
export class Queue<Key> {
  readonly #options: QueueOptions<Key>;
  readonly #entries = new Map<string, Entry<Key>>();
  readonly #ready: Entry<Key>[] = [];
  #running = 0;
  #idle: (() => void)[] = [];
  #closed = false;

  constructor(options: QueueOptions<Key>) {
    this.#options = options;
  }

  /** Asks for a run as soon as possible; any number of requests before it begins are one. */
  ask(key: Key): void {
    if (this.#closed) return;
    const id = this.#options.id(key);
    const entry = this.#entries.get(id) ?? { key, asked: false, running: false, failures: 0 };
    this.#entries.set(id, entry);
    if (entry.asked) return;
    entry.asked = true;
    if (entry.running) return;
    this.#ready.push(entry);
    this.#start();
  }

  /** Resolves when nothing runs and nothing is to run at once. */
  async settled(): Promise<void> {
    if (this.#running > 0 || this.#ready.length > 0)
      await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Begins nothing any more, and resolves when what runs has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#ready.length = 0;
    for (const { alarm } of this.#entries.values()) alarm?.stop.abort();
    await this.settled();
  }

  #start(): void {
    while (this.#running < this.#options.atOnce) {
      const entry = this.#ready.shift();
      if (entry === undefined) break;
      this.#running++;
      const ended = (): void => this.#ended();
      this.#run(entry).then(ended, ended);
    }
  }

  #ended(): void {
    this.#running--;
    this.#start();
    if (this.#running === 0 && this.#ready.length === 0)
      for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #run(entry: Entry<Key>): Promise<void> {
    entry.asked = false;
    entry.running = true;
    entry.alarm?.stop.abort();
    delete entry.alarm;
    const at = await this.#next(entry);
    entry.running = false;
    if (this.#closed) return;
    if (at !== undefined) this.#wakeAt(entry, at);
    if (entry.asked) this.#ready.push(entry);
    else if (at === undefined) this.#entries.delete(this.#options.id(entry.key));
  }

  /** Runs once; answers when to run again. */
  async #next(entry: Entry<Key>): Promise<number | undefined> {
    const { run, clock, onError, backOff } = this.#options;
    try {
      const { dueAt, failed } = await run(entry.key);
      if (failed !== true) {
        entry.failures = 0;
        return dueAt?.getTime();
      }
    } catch (error) {
      onError(entry.key, error);
    }
    const { firstMs, maxMs } = backOff(entry.key);
    return clock.now().getTime() + Math.min(maxMs, firstMs * 2 ** entry.failures++);
  }

  #wakeAt(entry: Entry<Key>, at: number): void {
    const { clock } = this.#options;
    const alarm = { at, stop: new AbortController() };
    entry.alarm = alarm;
    const left = at - clock.now().getTime();
    const wait = left <= 0 ? OVERDUE_MS : Math.min(LONGEST_WAIT_MS, left);
    const wake = (): void => {
      if (!alarm.stop.signal.aborted) this.ask(entry.key);
    };
    clock.sleep(wait, alarm.stop.signal).then(wake, wake);
  }
}
