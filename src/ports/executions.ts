// Step Functions, narrowed to the pod machine.
import type { Json } from './json.ts';

/** Step Functions, narrowed to the pod machine. */
export interface Executions {
  /** Same name and input while it runs: the same execution. A closed one of that name answers `alreadyExists`. */
  start(name: string, input: Json): Promise<'started' | 'alreadyExists'>;
  /** TaskTimedOut, TaskDoesNotExist and InvalidToken count as answered. */
  succeed(token: string, output: Json): Promise<void>;
  /** Best effort; an unknown or ended execution is not an error. */
  stop(name: string, cause: string): Promise<void>;
  /** undefined: unknown. */
  describe(
    name: string,
  ): Promise<'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | undefined>;
}
