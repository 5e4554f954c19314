// When a schedule fires next: the first instant at which the zone's clocks show a time that it names. What clocks skip does not fire,
// what they show twice fires twice (robfig/cron does so; the libraries of npm run a skipped time late and a doubled one once).
import type { CalendarSchedule, Schedule } from './parse-schedule.ts';
import { offsetAt } from './time-zone.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const YEARS = 5;

/** The first time after `after`; undefined: none within five years. */
export function nextTime(schedule: Schedule, after: Date, zone = 'UTC'): Date | undefined {
  if ('everySeconds' in schedule)
    return new Date(Math.floor(after.getTime() / 1000) * 1000 + schedule.everySeconds * 1000);
  const from = Math.floor(after.getTime() / MINUTE) * MINUTE + MINUTE;
  const wall = from + offsetAt(zone, from);
  const lastYear = new Date(wall).getUTCFullYear() + YEARS;
  for (let midnight = Math.floor(wall / DAY) * DAY; ; midnight += DAY) {
    const date = new Date(midnight);
    if (date.getUTCFullYear() > lastYear) return undefined;
    if (!matchesDay(schedule, date)) continue;
    const found = firstOfDay(schedule, { midnight, from, zone });
    if (found !== undefined) return new Date(found);
  }
}

function matchesDay(
  { months, daysOfMonth, daysOfWeek, days }: CalendarSchedule,
  date: Date,
): boolean {
  if (!months.has(date.getUTCMonth() + 1)) return false;
  const byMonth = daysOfMonth.has(date.getUTCDate());
  const byWeek = daysOfWeek.has(date.getUTCDay());
  return days === 'both' ? byMonth && byWeek : byMonth || byWeek;
}

/** A day of the zone's calendar: the midnight that its clocks show, read as if it were UTC. */
interface LocalDay {
  midnight: number;
  from: number;
  zone: string;
}

function firstOfDay(
  { hours, minutes }: CalendarSchedule,
  { midnight, from, zone }: LocalDay,
): number | undefined {
  const offsets = [
    ...new Set([offsetAt(zone, midnight - DAY), offsetAt(zone, midnight + 2 * DAY)]),
  ];
  const smallest = Math.min(...offsets);
  let first: number | undefined;
  for (const hour of hours) {
    const hourEnd = midnight + (hour + 1) * 60 * MINUTE - smallest;
    if (hourEnd <= from) continue;
    for (const minute of minutes)
      for (const offset of offsets) {
        const instant = midnight + (hour * 60 + minute) * MINUTE - offset;
        if (instant < from || (first !== undefined && instant >= first)) continue;
        if (offsets.length === 1) return instant;
        if (offsetAt(zone, instant) === offset) first = instant;
      }
  }
  return first;
}
