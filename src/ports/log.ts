// The log of the installation, for whoever runs it: one structured line per step and fault.

/** Writes a line. `members` stand beside level, msg and time; they hold no input and no output, which may be secret. Never throws. */
export type Log = (
  level: 'info' | 'warn' | 'error',
  msg: string,
  members?: { readonly [name: string]: unknown },
) => void;

/** The members of a fault: its name and message, and its stack where it is an error of ours. */
export const faultMembers = (error: unknown): { error: string; stack?: string } =>
  error instanceof Error
    ? {
        error: `${error.name}: ${error.message}`,
        ...(error.name === 'Unavailable' || error.stack === undefined
          ? {}
          : { stack: error.stack }),
      }
    : { error: String(error) };
