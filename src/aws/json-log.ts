// JSON log lines, whose members CloudWatch Logs Insights (or jq) finds by name.
import type { Log } from '../ports/log.ts';

/** A log that writes each line by `write`. */
export const jsonLog =
  (now: () => Date, write: (line: string) => void): Log =>
  (level, msg, members = {}) =>
    write(JSON.stringify({ level, msg, time: now(), ...members }));
