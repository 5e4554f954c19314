// The end of the log in one process: follows it, fills holes, and wakes all waiters at once. One tail serves all watches.
import { endWait } from '../end-wait.ts';
import { setMaxListeners } from 'node:events';
import { CompactedError, Unavailable } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { ChangesOptions, LogEntry } from '../ports/store.ts';
import type { Counter } from './counter.ts';
import { EXPIRE_MS, isStale, MARK_MS, moveMark, moveStaleMark, storeMark } from './counter.ts';
import type { Line } from './log.ts';
import { lineWrite, range, readLine, readLines, toEntry } from './log.ts';
import type { Numbers } from './numbers.ts';
import type { Table } from './table.ts';

/** How long a number may be missing before a reader buries it (docs/design/store.md). */
const HOLE_MS = 500;

/** Pause between two looks at a hole. */
const HOLE_POLL_MS = 20;

/** How many lines are kept in memory for watches. */
const BUFFER_LINES = 2_000;

/** Of how many of them the parsed entries are kept: watches read a line soon after it was written, or much later. */
const PARSED_LINES = 64;

/** How many lines are read at once. */
const PAGE = 100;

/** How many entries are returned at once. */
const MAX_ENTRIES = 500;

export interface TailOptions {
  table: Table;
  numbers: Numbers;
  clock: Clock;
  /** Pause between polls while somebody waits: `first` while things happen, up to `idle`. */
  pollMs: { first: number; idle: number };
  /** This process announces numbers above this one itself, so they are not polled for until they are overdue. Absent: it announces none. */
  announcedAbove?: number;
}

type Only = NonNullable<ChangesOptions['only']>;

interface HeldLine {
  line: Line;
  entry?: Promise<LogEntry | undefined>;
}

/** Wakes everybody who waits for a hole to close: as many as read at once. */
function stirring(): AbortController {
  const stir = new AbortController();
  setMaxListeners(0, stir.signal);
  return stir;
}

interface Waiter {
  after: number;
  wake: AbortController;
}

/** Every number up to `settled` is final: an entry or a tombstone. */
export class Tail {
  readonly #options: TailOptions;
  readonly #lines: HeldLine[] = [];
  readonly #ready = new Map<number, Line>();
  readonly #holes = new Map<number, number>();
  readonly #waiters = new Set<Waiter>();
  #settled: number | undefined;
  #compactedTo = 0;
  /** The last mark that this process stored. */
  #mark: Counter | undefined;
  #advancing: Promise<number> | undefined;
  #following = false;
  /** Present while somebody waits for it. */
  #stir: AbortController | undefined;

  constructor(options: TailOptions) {
    this.#options = options;
  }

  /** Settles every number up to the counter's and returns that: a version without holes below it. */
  async settle(): Promise<number> {
    const counter = await this.#options.numbers.last();
    await this.settleTo(counter.number, HOLE_MS, counter);
    return counter.number;
  }

  /** A version without holes below it, by one read: what this process knows, or the stored mark. */
  async mark(): Promise<number> {
    await this.#start(await this.#options.numbers.last());
    return this.#settled ?? 0;
  }

  /** Waits until all numbers up to `target` are settled, burying those that are missing for `holeMs`. */
  async settleTo(target: number, holeMs = HOLE_MS, counter?: Counter): Promise<void> {
    let known = counter;
    while ((this.#settled ?? -1) < target) {
      await this.#advance(known);
      known = undefined;
      if ((this.#settled ?? -1) >= target) return;
      await this.#buryOldHoles(target, holeMs);
      if ((this.#settled ?? -1) < target)
        await this.#options.clock.sleep(HOLE_POLL_MS, this.#stirred());
    }
  }

  /** Takes in a line that this process wrote, read or buried. */
  announce(line: Line): void {
    if (this.#settled === undefined || line.number <= this.#settled) return;
    this.#ready.set(line.number, line);
    if (!this.#drain()) this.#stirUp();
  }

  /** Buries a number if it is unused. Returns the line that exists now; undefined for a fresh tombstone. */
  async bury(number: number): Promise<Line | undefined> {
    const outcome = await this.#options.table.transact([lineWrite({ number }, this.expires())]);
    const line = outcome === 'written' ? { number } : await readLine(this.#options.table, number);
    if (line) this.announce(line);
    return outcome === 'written' ? undefined : line;
  }

  /** Epoch seconds after which an item written now may expire. */
  expires(afterMs = EXPIRE_MS): number {
    return Math.ceil((this.#options.clock.now().getTime() + afterMs) / 1000);
  }

  /** Entries after `after`; waits up to `waitMs` for the first. */
  async changes(
    after: number,
    { waitMs, signal, only = () => true }: ChangesOptions,
  ): Promise<{ entries: LogEntry[]; upTo: number }> {
    if (this.#settled === undefined || (waitMs <= 0 && after >= this.#settled))
      await this.#advance();
    if (after >= (this.#settled ?? 0) && waitMs > 0 && !signal?.aborted)
      await this.#wait(after, waitMs, signal);
    if (after < this.#compactedTo)
      throw new CompactedError(`version ${after} is older than ${this.#compactedTo}`);
    const settled = this.#settled ?? 0;
    if (after >= settled) return { entries: [], upTo: after };
    const start = settled - this.#lines.length;
    return after >= start
      ? this.#fromMemory(after - start, only)
      : this.#fromTable(after, Math.min(start, after + MAX_ENTRIES), only);
  }

  /** Moves the stored mark if `counter`, which was read while taking a number, shows that it is due. */
  async keepMark(counter: Counter): Promise<void> {
    const nowMs = this.#options.clock.now().getTime();
    const known =
      this.#mark && this.#mark.settledAt > counter.settledAt
        ? { ...this.#mark, number: counter.number }
        : counter;
    if (nowMs - known.settledAt < MARK_MS) return;
    this.#mark = { ...known, settledAt: nowMs };
    const before = known.number - 1;
    if (isStale({ ...known, number: before }, nowMs))
      return this.#store(moveStaleMark(known, before, nowMs));
    await this.settleTo(known.number);
    await this.#store(moveMark(known, known.number, nowMs));
  }

  /** Gives up the log up to `number`. */
  async compact(number: number): Promise<void> {
    await this.settleTo(number);
    const counter = this.#mark ?? (await this.#options.numbers.last());
    const mark = moveMark(
      counter,
      Math.max(number, counter.settled),
      this.#options.clock.now().getTime(),
    );
    await this.#store({ ...mark, compactedTo: Math.max(mark.compactedTo, number) });
  }

  async #store(mark: Counter): Promise<void> {
    await storeMark(this.#options.table, mark);
    this.#mark = mark;
    this.#compactedTo = Math.max(this.#compactedTo, mark.compactedTo);
  }

  /** `known`: a counter that was just read. */
  #advance(known?: Counter): Promise<number> {
    this.#advancing ??= this.#advanceOnce(known).finally(() => (this.#advancing = undefined));
    return this.#advancing;
  }

  async #advanceOnce(known?: Counter): Promise<number> {
    const counter = known ?? (await this.#options.numbers.last());
    await this.#start(counter);
    while ((this.#settled ?? 0) < counter.number) {
      const from = (this.#settled ?? 0) + 1;
      const missing = range(from, Math.min(counter.number, from + PAGE - 1)).filter(
        (number) => !this.#ready.has(number) && !this.#isAwaited(number),
      );
      for (const line of await readLines(this.#options.table, missing))
        if (line.number > (this.#settled ?? 0)) this.#ready.set(line.number, line);
      if (!this.#drain()) break;
    }
    return counter.number;
  }

  #isAwaited(number: number): boolean {
    if (number <= (this.#options.announcedAbove ?? Infinity)) return false;
    const nowMs = this.#options.clock.now().getTime();
    const since = this.#holes.get(number) ?? nowMs;
    this.#holes.set(number, since);
    return nowMs - since < HOLE_MS;
  }

  async #start(counter: Counter): Promise<void> {
    this.#compactedTo = Math.max(this.#compactedTo, counter.compactedTo);
    if (this.#settled !== undefined) return this.#jump(counter.settled);
    const nowMs = this.#options.clock.now().getTime();
    if (isStale(counter, nowMs)) await this.#store(moveStaleMark(counter, counter.number, nowMs));
    this.#settled ??= isStale(counter, nowMs) ? counter.number : counter.settled;
  }

  /** After a long sleep: what others have settled meanwhile is read from the table by those who ask for it, if anybody does. */
  #jump(settled: number): void {
    if (settled - (this.#settled ?? settled) <= PAGE) return;
    this.#settled = settled;
    this.#lines.length = 0;
    for (const numbers of [this.#ready, this.#holes])
      for (const number of [...numbers.keys()]) if (number <= settled) numbers.delete(number);
    this.#wakeWaiters(settled);
  }

  #wakeWaiters(settled: number): void {
    for (const waiter of [...this.#waiters]) if (waiter.after < settled) endWait(waiter.wake);
    this.#stirUp();
  }

  /** Moves consecutive lines to the settled ones; returns whether there were any. */
  #drain(): boolean {
    const before = this.#settled ?? 0;
    let settled = before;
    for (let line = this.#ready.get(settled + 1); line; line = this.#ready.get(settled + 1)) {
      this.#ready.delete(++settled);
      this.#holes.delete(settled);
      this.#lines.push({ line });
      delete this.#lines.at(-1 - PARSED_LINES)?.entry;
    }
    this.#settled = settled;
    if (this.#lines.length > 2 * BUFFER_LINES)
      this.#lines.splice(0, this.#lines.length - BUFFER_LINES);
    if (settled === before) return false;
    this.#wakeWaiters(settled);
    return true;
  }

  async #buryOldHoles(target: number, holeMs = HOLE_MS): Promise<void> {
    const nowMs = this.#options.clock.now().getTime();
    for (let number = (this.#settled ?? 0) + 1; number <= target; number++) {
      if (this.#ready.has(number)) continue;
      const since = this.#holes.get(number) ?? nowMs;
      this.#holes.set(number, since);
      if (nowMs - since >= holeMs) await this.bury(number);
    }
  }

  async #wait(after: number, waitMs: number, signal: AbortSignal | undefined): Promise<void> {
    const waiter = { after, wake: new AbortController() };
    const abort = (): void => endWait(waiter.wake);
    signal?.addEventListener('abort', abort);
    this.#waiters.add(waiter);
    const following = this.#follow();
    await Promise.race([
      this.#options.clock.sleep(waitMs, waiter.wake.signal),
      following.then(() => new Promise<void>(() => undefined)),
    ]).finally(() => {
      this.#waiters.delete(waiter);
      signal?.removeEventListener('abort', abort);
      abort();
      if (this.#waiters.size === 0) this.#stirUp();
    });
  }

  /** Polls the log while somebody waits; only the caller that starts it sees its errors. */
  async #follow(): Promise<void> {
    if (this.#following) return;
    this.#following = true;
    const { clock, pollMs } = this.#options;
    try {
      for (let pause = pollMs.first; this.#waiters.size > 0;) {
        const before = this.#settled;
        const last = await this.#advance();
        const hole = last > (this.#settled ?? 0);
        if (hole) await this.#buryOldHoles(last);
        pause = this.#settled !== before ? pollMs.first : Math.min(pause * 1.5, pollMs.idle);
        if (this.#waiters.size > 0) await clock.sleep(hole ? HOLE_POLL_MS : pause, this.#stirred());
      }
    } catch (cause) {
      for (const waiter of [...this.#waiters]) endWait(waiter.wake);
      throw cause instanceof Error ? cause : new Unavailable(String(cause));
    } finally {
      this.#following = false;
    }
  }

  #stirred(): AbortSignal {
    return (this.#stir ??= stirring()).signal;
  }

  #stirUp(): void {
    const stir = this.#stir;
    this.#stir = undefined;
    if (stir) endWait(stir);
  }

  async #fromMemory(offset: number, only: Only): Promise<{ entries: LogEntry[]; upTo: number }> {
    const slice = this.#lines.slice(offset, offset + MAX_ENTRIES);
    const upTo = slice.at(-1)?.line.number ?? 0;
    const wanted = slice.filter(({ line }) => line.entry !== undefined && only(line.entry.key));
    const entries = await Promise.all(wanted.map((held) => held.entry ?? this.#parse(held)));
    return { entries: entries.filter((entry) => entry !== undefined), upTo };
  }

  /** One parse for all watches. A body in parts is read for it: a read that failed is not kept, or no watch got past the line. */
  #parse(held: HeldLine): Promise<LogEntry | undefined> {
    const entry = toEntry(this.#options.table, held.line);
    held.entry = entry;
    // Whoever waits for it gets the error.
    entry.catch(() => delete held.entry);
    return entry;
  }

  async #fromTable(
    after: number,
    upTo: number,
    only: Only,
  ): Promise<{ entries: LogEntry[]; upTo: number }> {
    const { table, numbers } = this.#options;
    const lines = await readLines(table, range(after + 1, upTo));
    const { compactedTo } = await numbers.last();
    // Below the settled mark there are no holes: a missing entry has expired.
    if (after < compactedTo || lines.length < upTo - after)
      throw new CompactedError(`the log no longer reaches back to version ${after}`);
    const wanted = lines
      .filter(({ entry }) => entry !== undefined && only(entry.key))
      .sort((a, b) => a.number - b.number);
    const entries = await Promise.all(wanted.map((line) => toEntry(table, line)));
    return { entries: entries.filter((entry) => entry !== undefined), upTo };
  }
}
