// What the interpreter needs from outside: time, randomness, a journal on disk, and something that carries out tasks.
import type { Clock } from '../../src/ports/clock.ts';
import type { Json } from './json.ts';

/** One change of the journal; null deletes the key. */
export interface JournalEntry {
  key: string;
  value: Json;
}

/** Sorted keys with JSON values. What `write` has acknowledged survives a crash of the process. */
export interface Journal {
  /** Writes all entries or none; writes take effect in the order of the calls. */
  write(entries: readonly JournalEntry[]): Promise<void>;
  read(key: string): Promise<Json | undefined>;
  /** Entries whose key starts with `prefix`, by key. */
  list(prefix: string): Promise<JournalEntry[]>;
  close(): Promise<void>;
}

/** A Task state's call. The signal aborts when the answer is no longer awaited (timeout, failed branch, StopExecution). */
export interface TaskCall {
  execution: string;
  state: string;
  resource: string;
  /** Evaluated Arguments, or the state's input where it has none. */
  args: Json;
  /** Present for `.waitForTaskToken`; the call's own result then only means that it was submitted. */
  token?: string;
  retryCount: number;
  signal: AbortSignal;
}

/** Carries out a task; throws StateError for a failure that the machine may retry or catch. */
export type TaskPort = (call: TaskCall) => Promise<Json>;

/** How an execution ended, in the shape of EventBridge's "Step Functions Execution Status Change" detail. */
export type ExecutionChange = {
  executionArn: string;
  stateMachineArn: string;
  name: string;
  status: ClosedStatus;
  startDate: number;
  stopDate: number;
  input: string | null;
  output: string | null;
  error: string | null;
  cause: string | null;
};

/** Every status of a closed execution. */
export type ClosedStatus = 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** Everything an interpreter needs. */
export interface StatesPorts {
  clock: Clock;
  /** Uniform in [0, 1). */
  random: () => number;
  uuid: () => string;
  journal: Journal;
  tasks: TaskPort;
  /** Called at least once per execution, after its end is in the journal. */
  onExecutionEnd?: (change: ExecutionChange) => void | Promise<void>;
  /** A fault of the interpreter or its journal. The execution it hits fails, or stays as the journal has it. */
  onFault?: (error: unknown) => void;
}
