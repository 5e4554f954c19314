// The parts of the Amazon States Language (query language JSONata) that the interpreter runs, as types.
import type { Json, JsonObject } from './json.ts';

/** A value in which strings of the form `{% … %}` are JSONata expressions. */
export type Template = Json;

/** A set of states that runs from StartAt to an end: a machine, a branch, an item processor. */
export interface Flow {
  StartAt: string;
  States: { [name: string]: State };
}

/** A whole definition. */
export interface Machine extends Flow {
  Comment?: string;
  QueryLanguage?: 'JSONata';
  TimeoutSeconds?: number;
}

export interface Retrier {
  ErrorEquals: string[];
  IntervalSeconds?: number;
  MaxAttempts?: number;
  BackoffRate?: number;
  MaxDelaySeconds?: number;
  JitterStrategy?: 'FULL' | 'NONE';
}

export interface Catcher {
  ErrorEquals: string[];
  Next: string;
  Output?: Template;
  Assign?: { [name: string]: Template };
}

interface Leaving {
  Comment?: string;
  Next?: string;
  End?: true;
  Output?: Template;
  Assign?: { [name: string]: Template };
}

interface Guarded extends Leaving {
  Retry?: Retrier[];
  Catch?: Catcher[];
}

interface PassState extends Leaving {
  Type: 'Pass';
}

export interface TaskState extends Guarded {
  Type: 'Task';
  Resource: string;
  Arguments?: Template;
  TimeoutSeconds?: number | string;
  HeartbeatSeconds?: number | string;
}

interface ChoiceRule {
  Condition: Template;
  Next: string;
  Output?: Template;
  Assign?: { [name: string]: Template };
}

export interface ChoiceState {
  Type: 'Choice';
  Comment?: string;
  Choices: ChoiceRule[];
  Default?: string;
  Output?: Template;
  Assign?: { [name: string]: Template };
}

export interface WaitState extends Leaving {
  Type: 'Wait';
  Seconds?: number | string;
  Timestamp?: string;
}

interface SucceedState {
  Type: 'Succeed';
  Comment?: string;
  Output?: Template;
}

export interface FailState {
  Type: 'Fail';
  Comment?: string;
  Error?: string;
  Cause?: string;
}

export interface ParallelState extends Guarded {
  Type: 'Parallel';
  Branches: Flow[];
  Arguments?: Template;
}

export interface MapState extends Guarded {
  Type: 'Map';
  ItemProcessor: Flow;
  Items?: Template;
  ItemSelector?: Template;
  MaxConcurrency?: number | string;
  ToleratedFailureCount?: number | string;
  ToleratedFailurePercentage?: number | string;
}

export type State =
  | PassState
  | TaskState
  | ChoiceState
  | WaitState
  | SucceedState
  | FailState
  | ParallelState
  | MapState;

/** The states that may have Retry and Catch. */
export type GuardedState = TaskState | ParallelState | MapState;

/** What a state leaves behind: its output, the variables it set, and the next state (undefined: the flow is over). */
export interface Outcome {
  output: Json;
  assigned?: JsonObject;
  next?: string;
}
