// The structured log of local mode: all lines in a file, and everything but successes on the terminal as well.
import { join } from 'node:path';
import { systemClock } from '../../src/system-clock.ts';
import { jsonLog } from '../../src/aws/json-log.ts';
import type { Log } from '../../src/ports/log.ts';
import { logFile } from '../log-file.ts';

/** Opens `steps.jsonl` in the directory; `show` prints a line on the server's terminal. */
export function openLocalLog(
  directory: string,
  show: (line: string) => void,
): { log: Log; close(): Promise<void> } {
  const file = logFile(join(directory, 'steps.jsonl'));
  const log = jsonLog(systemClock.now, file.write);
  return {
    log: (level, msg, members = {}) => {
      log(level, msg, members);
      if (level !== 'info') show(`${level}: ${msg} ${JSON.stringify(members)}`);
    },
    close: file.close,
  };
}
