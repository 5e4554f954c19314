// The lines of a run that are still to come. A log may hold them only some time after they were written (Logs.lateMs): what ends
// the wait are the marks that supervise writes at the run's end, and that time where there are none.
import { present } from '../present.ts';
import type { Clock } from '../ports/clock.ts';
import type { Position } from './log-position.ts';
import { knowsStart, lastLines, linesOf } from './read-run.ts';
import type { Reading, RunSource } from './read-run.ts';
import type { RunLine } from './split-runs.ts';

export interface Followed extends RunSource {
  clock: Pick<Clock, 'now' | 'sleep'>;
}

/** Resolves with the time at which the run ended (milliseconds), or any time once the signal aborts. */
export type Ending = (signal: AbortSignal) => Promise<number>;

/** The run's lines after the position until its end has reached the log, or can be expected no more. */
export async function* followLines(
  source: Followed,
  position: Position,
  ending: Ending,
  signal: AbortSignal,
): AsyncGenerator<RunLine> {
  const taskArn = source.tasks.at(-1);
  if (taskArn === undefined || position.ended) return;
  const done = new AbortController();
  const late = new AbortController();
  const over = ending(AbortSignal.any([signal, done.signal]));
  // An error of `over` reaches the caller at the `await` below.
  over
    .then((at) => sleepUntil(source.clock, at + source.logs.lateMs, done.signal))
    .then(
      () => late.abort(),
      () => late.abort(),
    );
  try {
    yield* newLines(source, position, {
      taskArn,
      follow: true,
      signal: AbortSignal.any([signal, late.signal]),
    });
    if (signal.aborted || position.ended) return;
    await over;
    yield* newLines(source, position, { taskArn, follow: false });
  } finally {
    done.abort();
  }
}

/** The last lines of a run, with those that are on their way where it has just ended. */
export async function lastLinesOf(
  source: Followed,
  count: number,
  ending: Ending,
  signal: AbortSignal,
): Promise<RunLine[]> {
  const { lines, position } = await lastLines(source, count);
  for await (const line of followLines(source, position, ending, signal)) {
    lines.push(line);
    if (lines.length > 2 * count) lines.splice(0, lines.length - count);
  }
  return count === 0 ? [] : lines.slice(-count);
}

async function sleepUntil(
  clock: Followed['clock'],
  at: number,
  signal: AbortSignal,
): Promise<void> {
  const wait = at - clock.now().getTime();
  if (wait > 0) await clock.sleep(wait, signal);
}

async function* newLines(
  source: RunSource,
  position: Position,
  reading: Reading,
): AsyncGenerator<RunLine> {
  const isNew = position.pass();
  const since = knowsStart(source) ? position.since : undefined;
  for await (const line of linesOf(source, { ...reading, ...present({ since }) }, position)) {
    if (!isNew(line)) continue;
    position.note(line);
    yield line;
  }
}
