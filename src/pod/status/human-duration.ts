// Ages as kubectl shows them (apimachinery `duration.HumanDuration`).

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** `whole` units and, where not zero, the rest in the smaller unit: `2m5s`. */
function pair(milliseconds: number, large: [number, string], small: [number, string]): string {
  const whole = Math.floor(milliseconds / large[0]);
  const rest = Math.floor((milliseconds % large[0]) / small[0]);
  return `${whole}${large[1]}${rest === 0 ? '' : `${rest}${small[1]}`}`;
}

/** A duration in at most two units; up to a second below zero is `0s`, more is `<invalid>`. */
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

/** Age of a timestamp; `<unknown>` where there is none. */
export function age(timestamp: string | undefined, now: Date): string {
  return timestamp === undefined
    ? '<unknown>'
    : humanDuration(now.getTime() - Date.parse(timestamp));
}
