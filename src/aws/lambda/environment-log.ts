// The log of a Lambda environment: its standard output becomes the log stream.
import { systemClock } from '../../system-clock.ts';
import { jsonLog } from '../json-log.ts';

/** Prints lines of JSON. */
export const environmentLog = jsonLog(systemClock.now, (line) => console.log(line));
