// Which run of a CronJob is due: only the most recent of the missed ones, whose number is only estimated.
import type { Schedule } from './parse-schedule.ts';
import { nextTime } from './next-time.ts';

const MANY = 100;
/** The controller looks slightly late, so that clock differences do not make it look too early. */
const DELTA_MS = 100;

export interface Timing {
  schedule: Schedule;
  zone: string;
  /** The last run's scheduled time, or else the creation. */
  since: Date;
  now: Date;
}

export interface Due {
  /** The scheduled time to run; undefined: none. */
  time?: Date;
  missed: 'none' | 'few' | 'many';
}

/** What is due since `since`; `never`: the schedule has no second time. */
export function dueTime({ schedule, zone, since, now }: Timing): Due | 'never' {
  const next = (after: Date): Date | undefined => nextTime(schedule, after, zone);
  const first = next(since);
  if (first !== undefined && now < first) return { missed: 'none' };
  const second = first && next(first);
  if (first === undefined || second === undefined) return 'never';
  if (now < second) return { time: first, missed: 'none' };
  const seconds = Math.round((second.getTime() - first.getTime()) / 1000);
  const elapsed = Math.trunc((now.getTime() - first.getTime()) / 1000);
  const missed = Math.trunc(elapsed / seconds) + 1;
  // Starts one interval before the estimate, for schedules with uneven intervals.
  let time: Date | undefined;
  let at = next(new Date(first.getTime() + (missed - 2) * seconds * 1000));
  while (at !== undefined && at <= now) {
    time = at;
    at = next(at);
  }
  const many = missed > MANY ? 'many' : missed > 0 ? 'few' : 'none';
  return time === undefined ? { missed: many } : { time, missed: many };
}

/** When to look again: slightly after the run that follows the due one. */
export function nextLook(timing: Timing): Date | undefined {
  const due = dueTime(timing);
  const from =
    due === 'never'
      ? timing.now
      : (due.time ?? (due.missed === 'none' ? timing.since : timing.now));
  const next = nextTime(timing.schedule, from, timing.zone);
  return next && new Date(next.getTime() + DELTA_MS);
}
