// Ages in kubectl's form (apimachinery `duration.HumanDuration`), and table cells that contain one.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** `whole` units and, if not zero, the rest in the smaller unit: `2m5s`. */
function pair(milliseconds: number, large: [number, string], small: [number, string]): string {
  const whole = Math.floor(milliseconds / large[0]);
  const rest = Math.floor((milliseconds % large[0]) / small[0]);
  return `${whole}${large[1]}${rest === 0 ? '' : `${rest}${small[1]}`}`;
}

/** A duration in at most two units; a negative one is `0s` up to a second, `<invalid>` beyond. */
export function humanDuration(milliseconds: number): string {
  if (milliseconds <= -2 * SECOND) return '<invalid>';
  if (milliseconds < 0) return '0s';
  if (milliseconds < 2 * MINUTE) return `${Math.floor(milliseconds / SECOND)}s`;
  if (milliseconds < 10 * MINUTE) return pair(milliseconds, [MINUTE, 'm'], [SECOND, 's']);
  if (milliseconds < 3 * HOUR) return `${Math.floor(milliseconds / MINUTE)}m`;
  if (milliseconds < 8 * HOUR) return pair(milliseconds, [HOUR, 'h'], [MINUTE, 'm']);
  if (milliseconds < 2 * DAY) return `${Math.floor(milliseconds / HOUR)}h`;
  if (milliseconds < 8 * DAY) return pair(milliseconds, [DAY, 'd'], [HOUR, 'h']);
  if (milliseconds < 2 * YEAR) return `${Math.floor(milliseconds / DAY)}d`;
  if (milliseconds < 8 * YEAR) return pair(milliseconds, [YEAR, 'y'], [DAY, 'd']);
  return `${Math.floor(milliseconds / YEAR)}y`;
}

/** A time between two texts, which is shown as its age at the moment of reading. */
export interface Ago {
  /** Milliseconds since the epoch. */
  at: number;
  before?: string;
  after?: string;
}

/** The content of one table cell; null is shown as nothing. */
export type Cell = string | number | boolean | null | Ago;

export const isAgo = <T>(cell: T | Ago): cell is Ago => typeof cell === 'object' && cell !== null;

/** The age's text at `now`. */
export const agoText = ({ at, before = '', after = '' }: Ago, now: Date): string =>
  `${before}${humanDuration(now.getTime() - at)}${after}`;

/** The age of a timestamp; `<unknown>` where there is none. */
export const age = (timestamp: unknown): string | Ago =>
  typeof timestamp === 'string' ? { at: Date.parse(timestamp) } : '<unknown>';
