// The queue of looks in one process: no id runs twice at once, a change during a run causes one more run, a failed run is retried.
import { endWait } from '../../end-wait.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Look } from './watcher.ts';

export interface QueueOptions {
  clock: Clock;
  /** Errors that are worth logging. */
  onError(look: Look, error: unknown): void;
  /** How many looks run concurrently. */
  atOnce: number;
}

interface Entry {
  look: Look;
  asked: boolean;
  running: boolean;
  failures: number;
  /** The wait for a time, if any. */
  alarm?: AbortController;
}

/** client-go's rate limiter for items that fail. */
const BACK_OFF = { firstMs: 5, maxMs: 1_000_000 };

/** The longest timer: waking early costs nothing, and Node's timers end at 24 days. */
const LONGEST_WAIT_MS = 24 * 60 * 60 * 1000;

/** A run that asks for a time in the past must not repeat without a pause. */
const OVERDUE_MS = 1_000;

/** A queue of looks, until `close`. */
export class Queue {
  readonly #options: QueueOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #ready: Entry[] = [];
  #running = 0;
  #idle: (() => void)[] = [];
  #closed = false;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Requests a run as soon as possible; all requests before it starts count as one. */
  ask(look: Look): void {
    if (this.#closed) return;
    const entry = this.#entries.get(look.id) ?? { look, asked: false, running: false, failures: 0 };
    this.#entries.set(look.id, entry);
    if (entry.asked) return;
    entry.asked = true;
    if (entry.running) return;
    this.#ready.push(entry);
    this.#start();
  }

  /** Resolves when nothing is running or due at once. */
  async settled(): Promise<void> {
    if (this.#running > 0 || this.#ready.length > 0)
      await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Starts nothing any more, and resolves when running looks have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#ready.length = 0;
    for (const { alarm } of this.#entries.values()) if (alarm) endWait(alarm);
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

  async #run(entry: Entry): Promise<void> {
    entry.asked = false;
    entry.running = true;
    if (entry.alarm) endWait(entry.alarm);
    delete entry.alarm;
    const at = await this.#next(entry);
    entry.running = false;
    if (this.#closed) return;
    if (at !== undefined) this.#wakeAt(entry, at);
    if (entry.asked) this.#ready.push(entry);
    else if (at === undefined) this.#entries.delete(entry.look.id);
  }

  /** Runs once; returns when to run again. */
  async #next(entry: Entry): Promise<number | undefined> {
    const { clock, onError } = this.#options;
    const { look } = entry;
    try {
      const { dueAt, failed, next = [] } = await look.run();
      for (const one of next) this.ask(one);
      if (failed !== true) {
        entry.failures = 0;
        return dueAt?.getTime();
      }
    } catch (error) {
      onError(look, error);
    }
    const { firstMs, maxMs } = look.backOff ?? BACK_OFF;
    return clock.now().getTime() + Math.min(maxMs, firstMs * 2 ** entry.failures++);
  }

  #wakeAt(entry: Entry, at: number): void {
    const { clock } = this.#options;
    const alarm = new AbortController();
    entry.alarm = alarm;
    const left = at - clock.now().getTime();
    const wait = left <= 0 ? OVERDUE_MS : Math.min(LONGEST_WAIT_MS, left);
    const wake = (): void => {
      if (!alarm.signal.aborted) this.ask(entry.look);
    };
    clock.sleep(wait, alarm.signal).then(wake, wake);
  }
}
