// When a schedule fires next: the first instant at which the zone's clocks show a matching time. croner computes the clock times; times
// that clocks skip do not fire, and repeated ones fire twice (as in robfig/cron; croner itself runs a skipped time late).
import { createRequire } from 'node:module';
import type * as Croner from 'croner';
import type { CalendarSchedule, Schedule } from './parse-schedule.ts';
import { offsetAt } from './time-zone.ts';

const load = createRequire(import.meta.url);
let croner: typeof Croner | undefined;
/** Loaded with the first schedule. */
const cronerPackage = (): typeof Croner => (croner ??= load('croner') as typeof Croner);

const MINUTE = 60_000;
const DAY = 86_400_000;
const YEARS = 5;

/** The first time after `after`; undefined: none within five years. */
export function nextTime(schedule: Schedule, after: Date, zone = 'UTC'): Date | undefined {
  if ('everySeconds' in schedule)
    return new Date(Math.floor(after.getTime() / 1000) * 1000 + schedule.everySeconds * 1000);
  const from = Math.floor(after.getTime() / MINUTE) * MINUTE + MINUTE;
  const first = Math.min(...offsetsAround(zone, from));
  const lastYear = new Date(from + first).getUTCFullYear() + YEARS;
  let found: number | undefined;
  for (let wall = nextWall(schedule, from + first - MINUTE); ; wall = nextWall(schedule, wall)) {
    if (wall === undefined || new Date(wall).getUTCFullYear() > lastYear) break;
    const offsets = offsetsAround(zone, wall);
    // After clocks are set back, a later clock time may come earlier, by at most the difference of the offsets.
    if (found !== undefined && wall - Math.max(...offsets) >= found) break;
    for (const offset of offsets) {
      const instant = wall - offset;
      const isShown = instant >= from && offsetAt(zone, instant) === offset;
      if (isShown && (found === undefined || instant < found)) found = instant;
    }
    if (offsets.length === 1 && found !== undefined) break;
  }
  return found === undefined ? undefined : new Date(found);
}

/** The possible offsets of a zone at a clock time: one, or two on a day when the clocks change. */
const offsetsAround = (zone: string, wall: number): number[] => [
  ...new Set([offsetAt(zone, wall - DAY), offsetAt(zone, wall + DAY)]),
];

const MAX_CRONS = 256;
const crons = new Map<string, Croner.Cron>();

function cronOf({ pattern, days }: CalendarSchedule): Croner.Cron {
  const key = `${days} ${pattern}`;
  const known = crons.get(key);
  if (known) return known;
  const { Cron } = cronerPackage();
  const cron = new Cron(pattern, {
    timezone: 'UTC',
    mode: '5-part',
    legacyMode: days === 'either',
  });
  const [oldest] = crons.keys();
  if (crons.size >= MAX_CRONS && oldest !== undefined) crons.delete(oldest);
  crons.set(key, cron);
  return cron;
}

/** What a pattern answered last: a controller asks for the same few times again at each look. */
const answers = new WeakMap<Croner.Cron, Map<number, number | undefined>>();
const MAX_ANSWERS = 8;

/** The next matching clock time; both are written as if the zone were UTC. */
function nextWall(schedule: CalendarSchedule, after: number): number | undefined {
  const cron = cronOf(schedule);
  const known = answers.get(cron) ?? new Map<number, number | undefined>();
  answers.set(cron, known);
  for (const [from, next] of known)
    if (from <= after && next !== undefined && after < next) return next;
  const found = cron.nextRun(new Date(after))?.getTime();
  const [oldest] = known.keys();
  if (known.size >= MAX_ANSWERS && oldest !== undefined) known.delete(oldest);
  known.set(after, found);
  return found;
}
