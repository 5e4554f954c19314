// Errors of the language: a name that Retry and Catch may list, and a cause for humans.
import type { Json } from './json.ts';

/** A failure inside an execution. Both texts may be absent, as a Fail state allows. */
export class StateError extends Error {
  override readonly name = 'StateError';
  constructor(
    readonly error: string | undefined,
    override readonly cause: string | undefined,
    /** No Retry or Catch applies to it. */
    readonly terminal = false,
  ) {
    super(`${error ?? 'error'}: ${cause ?? ''}`);
  }

  /** The value of `$states.errorOutput`. A timeout without a cause shows the empty string, as on AWS. */
  get output(): Json {
    return {
      Error: this.error ?? null,
      Cause: this.cause ?? (this.error === undefined ? null : ''),
    };
  }
}

/** The execution was stopped, or the interpreter is closing: exit without writing anything. */
export class Aborted extends Error {
  override readonly name = 'Aborted';
}

const TIMEOUTS: readonly string[] = ['States.Timeout', 'States.HeartbeatTimeout'];

/** Whether an ErrorEquals list names `error`, by the rules of AWS's reserved names. */
export function matches(
  errorEquals: readonly string[],
  { error = '', terminal }: StateError,
): boolean {
  if (terminal) return false;
  return errorEquals.some((name) => {
    if (name === error) return true;
    if (name === 'States.ALL') return error !== 'States.Runtime';
    if (name === 'States.TaskFailed')
      return !TIMEOUTS.includes(error) && error !== 'States.Runtime';
    return name === 'States.Timeout' && error === 'States.HeartbeatTimeout';
  });
}
