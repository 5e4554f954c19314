// Date arithmetic with int64 seconds, which exceed every representable date and therefore stop at the last one.

/** RFC 3339 ends with the year 9999. */
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59);
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');

/** `from` plus so many seconds, within the years of RFC 3339. */
export const later = (from: Date, seconds: number): Date =>
  new Date(Math.min(Math.max(from.getTime() + seconds * 1000, FIRST_MS), LAST_MS));

/** How many seconds after now are still a date. */
export const secondsLeft = (now: Date): number => Math.floor((LAST_MS - now.getTime()) / 1000);
