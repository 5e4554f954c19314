// Step Functions, narrowed to the pod machine.
import type { Json } from './json.ts';

/** An execution as Step Functions describes it. `error` and `cause` say why one FAILED: the error's name, and JSON or text about it. */
interface ExecutionState {
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  error?: string;
  cause?: string;
}

/** Step Functions, narrowed to the pod machine. */
export interface Executions {
  /** Same name and input while it runs: the same execution. If a closed one has that name: `alreadyExists`. */
  start(name: string, input: Json): Promise<'started' | 'alreadyExists'>;
  /** TaskTimedOut, TaskDoesNotExist and InvalidToken count as answered. */
  succeed(token: string, output: Json): Promise<void>;
  /** Best effort; an unknown or ended execution is not an error. */
  stop(name: string, cause: string): Promise<void>;
  /** undefined: unknown. */
  describe(name: string): Promise<ExecutionState | undefined>;
}
