// Times some seconds on: int64 seconds reach past every date that can be written, so they stop at the last one.

/** RFC 3339 ends with the year 9999. */
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59);
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');

/** `from` and so many seconds, within the years that RFC 3339 can write. */
export const later = (from: Date, seconds: number): Date =>
  new Date(Math.min(Math.max(from.getTime() + seconds * 1000, FIRST_MS), LAST_MS));

/** Seconds from now that still end at a date. */
export const secondsLeft = (now: Date): number => Math.floor((LAST_MS - now.getTime()) / 1000);
