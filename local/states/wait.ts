// The Wait state: waits until an absolute time that the journal keeps.
import type { Outcome, WaitState } from './machine.ts';
import { leave } from './leave.ts';
import { wholeNumber } from './number-field.ts';
import type { ThreadRun } from './thread-run.ts';

const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;
const DAYS_PER_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Waits; after a restart only for the remaining time. */
export async function wait(run: ThreadRun, state: WaitState): Promise<Outcome> {
  const { thread } = run;
  if (thread.phase.at !== 'waiting') {
    thread.phase = { at: 'waiting', until: await deadline(run, state) };
    await run.save();
  }
  await run.sleepUntil(thread.phase.until);
  return leave(run, state, thread.input);
}

async function deadline(run: ThreadRun, state: WaitState): Promise<number> {
  const seconds = await wholeNumber(run, state.Seconds, 'Seconds');
  if (seconds !== undefined) return run.now() + seconds * 1000;
  const text = await run.evaluate(state.Timestamp ?? '', 'Timestamp');
  const time = typeof text === 'string' ? parseTimestamp(text) : undefined;
  if (time === undefined) {
    throw run.evaluationFailed(
      `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${typeof text === 'string' ? text : JSON.stringify(text)}`,
      'Timestamp',
    );
  }
  return time;
}

/** Epoch ms of an RFC 3339 time with an offset; undefined: not one. */
export function parseTimestamp(text: string): number | undefined {
  if (!TIMESTAMP.test(text)) return undefined;
  const [month = 0, day = 0] = [Number(text.slice(5, 7)), Number(text.slice(8, 10))];
  if (day < 1 || day > (DAYS_PER_MONTH[month - 1] ?? 0)) return undefined;
  const time = Date.parse(text.replace(',', '.'));
  return Number.isNaN(time) ? undefined : time;
}
