// Parses a schedule, checked as by the Go library robfig/cron (clients see its messages), into fields of numbers only.

/** `days` says how day of month and day of week combine. */
export interface CalendarSchedule {
  /** Five fields, each `*` or a list of numbers. */
  pattern: string;
  /** `either`: both are restricted, and one match is enough. */
  days: 'both' | 'either';
}

export type Schedule = CalendarSchedule | { everySeconds: number };

interface Bounds {
  low: number;
  high: number;
  names?: readonly string[];
}

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const WEEKDAYS = 'sun mon tue wed thu fri sat'.split(' ');

const MINUTES: Bounds = { low: 0, high: 59 };
const HOURS: Bounds = { low: 0, high: 23 };
const DAYS_OF_MONTH: Bounds = { low: 1, high: 31 };
const MONTHS_OF_YEAR: Bounds = { low: 1, high: 12, names: MONTHS };
const DAYS_OF_WEEK: Bounds = { low: 0, high: 6, names: WEEKDAYS };

/** What the shorthands mean. */
const DESCRIPTORS = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
]);

class Unreadable extends Error {}

/** The schedule, or the library's message. A leading time zone is not parsed here: `zonedSchedule` removes it. */
export function parseSchedule(text: string): Schedule | { problem: string } {
  try {
    if (text === '') throw new Unreadable('empty spec string');
    if (text.startsWith('@every '))
      return { everySeconds: everySeconds(text, text.slice('@every '.length)) };
    if (text.startsWith('@') && !DESCRIPTORS.has(text))
      throw new Unreadable(`unrecognized descriptor: ${text}`);
    return parseCalendar(DESCRIPTORS.get(text) ?? text);
  } catch (error) {
    if (error instanceof Unreadable) return { problem: error.message };
    throw error;
  }
}

/** Schedules from before Kubernetes 1.27 may start with their time zone. */
export function zonedSchedule(text: string): { zone?: string; schedule: string } {
  const found = /^(?:CRON_)?TZ=([^ ]*) +(.*)$/.exec(text);
  return found ? { zone: found[1] ?? '', schedule: (found[2] ?? '').trim() } : { schedule: text };
}

function parseCalendar(text: string): CalendarSchedule {
  const fields = text.split(/\s+/).filter((field) => field !== '');
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] = fields;
  if (fields.length !== 5)
    throw new Unreadable(
      `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`,
    );
  const minutes = parseField(minute, MINUTES);
  const hours = parseField(hour, HOURS);
  const daysOfMonth = parseField(dayOfMonth, DAYS_OF_MONTH);
  const months = parseField(month, MONTHS_OF_YEAR);
  const daysOfWeek = parseField(dayOfWeek, DAYS_OF_WEEK);
  const written = [minutes, hours, daysOfMonth, months, daysOfWeek].map(({ numbers, star }) =>
    star ? '*' : [...numbers].join(','),
  );
  return {
    pattern: written.join(' '),
    days: daysOfMonth.star || daysOfWeek.star ? 'both' : 'either',
  };
}

interface Field {
  numbers: Set<number>;
  /** `*` or `?` without a step. */
  star: boolean;
}

function parseField(text: string, bounds: Bounds): Field {
  const numbers: number[] = [];
  let anywhere = false;
  for (const part of text.split(',').filter((entry) => entry !== '')) {
    const { first, last, step, star } = parseRange(part, bounds);
    for (let number = first; number <= last; number += step) numbers.push(number);
    anywhere ||= star;
  }
  return { numbers: new Set(numbers.sort((a, b) => a - b)), star: anywhere };
}

interface Range {
  first: number;
  last: number;
  step: number;
  star: boolean;
}

function parseRange(text: string, bounds: Bounds): Range {
  const [range = '', stepText, ...slashes] = text.split('/');
  const [low = '', high, ...hyphens] = range.split('-');
  const all = low === '*' || low === '?';
  if (!all && hyphens.length > 0) throw new Unreadable(`too many hyphens: ${text}`);
  const first = all ? bounds.low : parseNumber(low, bounds.names);
  let last = all ? bounds.high : high === undefined ? first : parseNumber(high, bounds.names);
  if (slashes.length > 0) throw new Unreadable(`too many slashes: ${text}`);
  const step = stepText === undefined ? 1 : parseNumber(stepText);
  if (stepText !== undefined && high === undefined) last = bounds.high;
  if (first < bounds.low)
    throw new Unreadable(`beginning of range (${first}) below minimum (${bounds.low}): ${text}`);
  if (last > bounds.high)
    throw new Unreadable(`end of range (${last}) above maximum (${bounds.high}): ${text}`);
  if (first > last)
    throw new Unreadable(`beginning of range (${first}) beyond end of range (${last}): ${text}`);
  if (step === 0) throw new Unreadable(`step of range should be a positive number: ${text}`);
  return { first, last, step, star: all && step === 1 };
}

function parseNumber(text: string, names?: readonly string[]): number {
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  if (named >= 0) return names === MONTHS ? named + 1 : named;
  if (!/^[+-]?\d+$/.test(text))
    throw new Unreadable(
      `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  const number = Number(text);
  if (!Number.isSafeInteger(number))
    throw new Unreadable(
      `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: value out of range`,
    );
  if (number < 0) throw new Unreadable(`negative number (${number}) not allowed: ${text}`);
  return number;
}

const UNIT_SECONDS = new Map([
  ['ns', 1e-9],
  ['us', 1e-6],
  ['µs', 1e-6],
  ['μs', 1e-6],
  ['ms', 1e-3],
  ['s', 1],
  ['m', 60],
  ['h', 3600],
]);

/** A Go duration in whole seconds, at least one. */
function everySeconds(descriptor: string, text: string): number {
  const refuse = (detail: string): Unreadable =>
    new Unreadable(`failed to parse duration ${descriptor}: time: ${detail}`);
  const shown = JSON.stringify(text);
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  let rest = text.slice(sign.length);
  if (rest === '0') return 1;
  if (rest === '') throw refuse(`invalid duration ${shown}`);
  let seconds = 0;
  while (rest !== '') {
    const number = /^(\d+\.?\d*|\.\d+)/.exec(rest)?.[0];
    if (number === undefined) throw refuse(`invalid duration ${shown}`);
    const unit = /^[^\d.]*/.exec(rest.slice(number.length))?.[0] ?? '';
    if (unit === '') throw refuse(`missing unit in duration ${shown}`);
    const factor = UNIT_SECONDS.get(unit);
    if (factor === undefined)
      throw refuse(`unknown unit ${JSON.stringify(unit)} in duration ${shown}`);
    seconds += Number(number) * factor;
    rest = rest.slice(number.length + unit.length);
  }
  return Math.max(1, sign === '-' ? 1 : Math.floor(seconds));
}
