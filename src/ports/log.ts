// The installation's log, for its operator: one structured line per step and fault.
import { present } from '../present.ts';

/** Writes a line. `members` appear beside level, msg and time, without input and output, which may be secret. Never throws. */
export type Log = (
  level: 'info' | 'warn' | 'error',
  msg: string,
  members?: { readonly [name: string]: unknown },
) => void;

/** The members of a fault: its name and message, and its stack if it is one of our own errors. */
export const faultMembers = (error: unknown): { error: string; stack?: string } =>
  error instanceof Error
    ? {
        error: `${error.name}: ${error.message}`,
        ...present({ stack: error.name === 'Unavailable' ? undefined : error.stack }),
      }
    : { error: String(error) };
