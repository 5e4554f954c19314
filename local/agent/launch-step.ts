// State that the steps of one launch share, and the two ways in which a launch ends early.
import type { Agent } from './agent.ts';
import type { Task } from './task.ts';
import type { TaskDefinition } from './task-definition.ts';

/** A failure that ends the task; `message` is ECS's stoppedReason. */
export class LaunchFailure extends Error {
  override readonly name = 'LaunchFailure';
}

/** A newer request (stop, close) ended this launch. */
export class LaunchAborted extends Error {
  override readonly name = 'LaunchAborted';
}

/** One attempt to start a task; `signal` aborts when the task must stop or the engine closes. */
export interface Launch {
  agent: Agent;
  task: Task;
  definition: TaskDefinition;
  signal: AbortSignal;
}

/** Call before each step that changes the engine; throws LaunchAborted. */
export function goOn({ task, signal }: Launch): void {
  if (signal.aborted || task.desiredStatus === 'STOPPED') throw new LaunchAborted();
}
