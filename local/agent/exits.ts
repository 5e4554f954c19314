// Ends of containers: each is recorded once, and the first report counts. stop.ts decides what follows for the task.
import { present } from '../../src/present.ts';
import { isMissing } from '../docker/engine-api.ts';
import { inspectContainer, type ContainerFacts } from '../docker/containers.ts';
import type { Agent } from './agent.ts';
import { containerOf, type Task } from './task.ts';

export interface Exit {
  /** Absent: no longer known. */
  exitCode?: number;
  outOfMemory?: boolean;
  reason?: string;
  /** RFC3339. */
  finishedAt: string;
}

/** The exit code of a process that KILL ended. */
const KILLED = 137;

const OUT_OF_MEMORY = 'OutOfMemoryError: Container killed due to memory usage';

/** Notes the engine's `oom`, which a busy engine reports only after the end that it caused. */
export async function recordOutOfMemory(agent: Agent, task: Task, name: string): Promise<void> {
  const { lastStatus, exitCode, reason } = containerOf(task, name);
  const late = lastStatus === 'STOPPED' && exitCode === KILLED && reason === undefined;
  await agent.book.update(
    task,
    (t) =>
      Object.assign(containerOf(t, name), {
        outOfMemory: true,
        ...present({ reason: late ? OUT_OF_MEMORY : undefined }),
      }),
    { quiet: !late },
  );
}

/** Whether the container has run and ended. A container under forced removal has ended before the engine says `exited`. */
export function hasEnded(facts: ContainerFacts): boolean {
  return ['exited', 'dead', 'removing'].includes(facts.State.Status);
}

/** The exit according to an ended container's facts. */
export function exitOf(facts: ContainerFacts): Exit {
  const { ExitCode, OOMKilled, FinishedAt } = facts.State;
  // OOMKilled is also set when only a child was killed; the main process then ends with another code.
  return {
    exitCode: ExitCode,
    outOfMemory: OOMKilled && ExitCode === KILLED,
    finishedAt: FinishedAt,
  };
}

/** Records that a container of the task has ended; repeated calls are ignored. */
export async function recordExit(
  agent: Agent,
  task: Task,
  name: string,
  exit: Exit,
): Promise<void> {
  if (containerOf(task, name).lastStatus === 'STOPPED') return;
  const essential = isEssential(agent, task, name);
  await agent.book.update(task, (t) => {
    const outOfMemory =
      exit.outOfMemory || (exit.exitCode === KILLED && containerOf(t, name).outOfMemory);
    const reason = outOfMemory ? OUT_OF_MEMORY : exit.reason;
    Object.assign(containerOf(t, name), {
      lastStatus: 'STOPPED',
      finishedAt: exit.finishedAt,
      ...present({ exitCode: exit.exitCode, reason: reason || undefined }),
    });
    if (essential) t.executionStoppedAt ??= exit.finishedAt;
  });
}

/** Checks whether the container has ended and records it; a container that is gone has ended with an unknown code. */
export async function lookAtExit(
  agent: Agent,
  task: Task,
  { name, id }: { name: string; id: string },
): Promise<void> {
  const facts = await inspectContainer(agent.docker, id);
  if (!facts)
    await recordExit(agent, task, name, {
      reason: 'ContainerRuntimeError: the container was removed',
      finishedAt: agent.clock.now().toISOString(),
    });
  else if (hasEnded(facts)) await recordExit(agent, task, name, exitOf(facts));
}

/** Records the end that a `die` event reports; an inspection only adds whether KILL or a lack of memory caused it. */
export async function recordDeath(
  agent: Agent,
  task: Task,
  { name, id }: { name: string; id: string },
  exit: Exit,
): Promise<void> {
  const facts =
    exit.exitCode === KILLED
      ? await inspectContainer(agent.docker, id).catch((error: unknown) => {
          if (!isMissing(error))
            agent.log(`why container ${name} was killed is not known: ${String(error)}`);
          return undefined;
        })
      : undefined;
  await recordExit(
    agent,
    task,
    name,
    facts && hasEnded(facts)
      ? exitOf(facts)
      : { ...exit, outOfMemory: facts?.State.OOMKilled ?? false },
  );
}

/** Whether the task ends when this container ends. */
export function isEssential(agent: Agent, task: Task, name: string): boolean {
  return agent.book
    .definitionOf(task)
    .containerDefinitions.some((container) => container.name === name && container.essential);
}
