// Reports go up at every change, responses come down; the API may hold a request open, so that a newer one overtakes it.
// See docs/design/sync.md.
import type { Desired, Report } from '../src/protocol/messages.ts';
import type { Clock } from '../src/ports/clock.ts';
import { SyncRefused } from './ports.ts';

/** Within a burst changes are reported at once, beyond it one report per gap. */
const BURST = 10;
const GAP_MS = 50;
/** The shortest interval for an API that responds at once and asks for more at once. */
const SHORTEST_PAUSE_MS = 20;
/** How long a change may wait for the one that follows it: a pod's start is one report then, not three. */
const SOON_MS = 500;
const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 5_000;
/** A held request, one that overtook it, and one more in flight. */
const MOST_REQUESTS = 3;

export interface SyncLoopOptions {
  clock: Clock;
  random(): number;
  sync(report: Report, signal: AbortSignal): Promise<Desired>;
  /** The report of this moment. */
  report(sequence: number): Report;
  /** A response newer than all before. */
  onAnswer(desired: Desired, report: Report): void;
  onRefused(): void;
  /** Handles the errors of work that nobody awaits. */
  own(where: string, work: Promise<unknown>): void;
}

export class SyncLoop {
  private sequence = 0;
  private answered = 0;
  private tokens = BURST;
  private refilledAt: number;
  private retryMs = FIRST_RETRY_MS;
  private dirty = true;
  /** When a change that may wait is reported by itself. */
  private dirtyAt = Infinity;
  private nextAt = 0;
  private wake = new AbortController();
  private readonly requests: AbortController[] = [];
  constructor(private readonly options: SyncLoopOptions) {
    this.refilledAt = options.clock.now().getTime();
  }

  /** Something changed: report it soon. */
  changed(): void {
    this.dirty = true;
    this.wake.abort();
  }

  /** Something changed that another change will follow: reported with that, or by itself after a moment. */
  changedSoon(): void {
    this.dirtyAt = Math.min(this.dirtyAt, this.options.clock.now().getTime() + SOON_MS);
    this.wake.abort();
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.stop());
    while (!signal.aborted) {
      const wait = this.due();
      if (wait <= 0) {
        this.send();
        continue;
      }
      this.wake = new AbortController();
      if (wait === Infinity)
        await new Promise((resolve) => this.wake.signal.addEventListener('abort', resolve));
      else await this.options.clock.sleep(wait, this.wake.signal);
    }
  }

  private stop(): void {
    this.wake.abort();
    for (const request of this.requests) request.abort();
  }

  /** Milliseconds until the next report; Infinity while a request is held open and nothing changed. */
  private due(): number {
    const now = this.options.clock.now().getTime();
    if (now < this.nextAt && this.retryMs > FIRST_RETRY_MS) return this.nextAt - now;
    if (this.dirty || now >= this.dirtyAt) return this.tokensAt(now) >= 1 ? 0 : GAP_MS;
    const idle = this.requests.length > 0 ? Infinity : Math.max(0, this.nextAt - now);
    return Math.min(idle, this.dirtyAt - now);
  }

  private tokensAt(now: number): number {
    this.tokens = Math.min(BURST, this.tokens + (now - this.refilledAt) / GAP_MS);
    this.refilledAt = now;
    return this.tokens;
  }

  private send(): void {
    this.dirty = false;
    this.dirtyAt = Infinity;
    this.tokens -= 1;
    this.sequence += 1;
    const report = this.options.report(this.sequence);
    const request = new AbortController();
    this.requests.push(request);
    if (this.requests.length > MOST_REQUESTS) this.requests[0]?.abort();
    this.options.own(
      'an answer of the API',
      this.options.sync(report, request.signal).then(
        (desired) => this.take(desired, report, request),
        (error: unknown) => this.fail(error, request),
      ),
    );
  }

  private take(desired: Desired, report: Report, request: AbortController): void {
    this.forget(request);
    this.retryMs = FIRST_RETRY_MS;
    this.wake.abort();
    if (report.sequence <= this.answered) return;
    this.answered = report.sequence;
    this.nextAt =
      this.options.clock.now().getTime() + Math.max(desired.syncAgainMs, SHORTEST_PAUSE_MS);
    this.options.onAnswer(desired, report);
  }

  private fail(error: unknown, request: AbortController): void {
    this.forget(request);
    if (error instanceof SyncRefused) this.options.onRefused();
    // A request that was overtaken and cut off is no sign of a problem.
    if (request.signal.aborted) return;
    this.retryMs = Math.min(this.retryMs * 2, LONGEST_RETRY_MS);
    this.nextAt =
      this.options.clock.now().getTime() + this.retryMs * (0.5 + this.options.random() / 2);
    this.dirty = true;
    this.wake.abort();
  }

  private forget(request: AbortController): void {
    const at = this.requests.indexOf(request);
    if (at >= 0) this.requests.splice(at, 1);
  }
}
