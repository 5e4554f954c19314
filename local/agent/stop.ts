// The end of a task: containers stop in the reverse order of their dependencies, then the task is STOPPED, then everything is removed.
import { removeContainer, stopContainer } from '../docker/containers.ts';
import { DockerError } from '../docker/engine-api.ts';
import { listVolumes, removeVolume } from '../docker/volumes.ts';
import { inBackground, type Agent } from './agent.ts';
import { stopTimeoutSeconds } from './container-spec.ts';
import { isEssential, lookAtExit } from './exits.ts';
import { TASK_LABEL, containerName } from './labels.ts';
import { copyLogs } from './logs/log-copy.ts';
import { containerOf, type StopCode, type Task } from './task.ts';
import { dependencies, type ContainerDefinition } from './task-definition.ts';

const RETRY_MS = 1000;
const RETRIES = 5;
const MAX_RETRY_MS = 30_000;

/** Requests the task's stop: stored at once, carried out in the background. The first reason stays; repeated calls change nothing. */
export async function stopTask(
  agent: Agent,
  task: Task,
  why: { code: StopCode; reason: string },
): Promise<void> {
  if (task.desiredStatus === 'STOPPED') {
    // A repeated request continues a stop that broke off.
    if (task.lastStatus !== 'STOPPED') beginWindDown(agent, task);
    return;
  }
  const stored = agent.book.update(task, (t) => {
    t.desiredStatus = 'STOPPED';
    t.stopCode = why.code;
    t.stoppedReason = why.reason;
    t.stoppingAt = agent.clock.now().toISOString();
    t.lastStatus = t.lastStatus === 'RUNNING' ? 'DEACTIVATING' : 'STOPPING';
  });
  agent.launching.get(task.taskArn)?.abort.abort();
  await stored;
  beginWindDown(agent, task);
}

/** The task ends when one of its essential containers has ended, whatever the exit code. */
export async function stopIfEssentialEnded(agent: Agent, task: Task): Promise<void> {
  const ended = task.containers.some(
    ({ name, lastStatus }) => lastStatus === 'STOPPED' && isEssential(agent, task, name),
  );
  if (ended)
    await stopTask(agent, task, {
      code: 'EssentialContainerExited',
      reason: 'Essential container in task exited',
    });
}

/** Carries out a requested stop in the background; a repeated call does nothing, after a restart it continues. */
export function beginWindDown(agent: Agent, task: Task): void {
  if (agent.stopping.has(task.taskArn)) return;
  agent.stopping.add(task.taskArn);
  inBackground(
    agent,
    `stop of ${task.id}`,
    windDown(agent, task).finally(() => agent.stopping.delete(task.taskArn)),
  );
}

async function windDown(agent: Agent, task: Task): Promise<void> {
  await agent.launching.get(task.taskArn)?.done;
  const { containerDefinitions } = agent.book.definitionOf(task);
  const stops = new Map<string, Promise<void>>();
  const stop = (container: ContainerDefinition): Promise<void> => {
    const known = stops.get(container.name);
    if (known) return known;
    const dependents = containerDefinitions.filter((other) =>
      dependencies(other).includes(container.name),
    );
    const one = Promise.all(dependents.map(stop)).then(() => stopOne(agent, task, container));
    stops.set(container.name, one);
    return one;
  };
  await Promise.all(containerDefinitions.map(stop));
  await agent.book.update(task, (t) => {
    for (const container of t.containers) container.lastStatus = 'STOPPED';
    t.lastStatus = 'STOPPED';
    t.stoppedAt = agent.clock.now().toISOString();
    t.executionStoppedAt ??= t.stoppedAt;
  });
  await cleanUp(agent, task);
}

async function stopOne(agent: Agent, task: Task, container: ContainerDefinition): Promise<void> {
  const { runtimeId, lastStatus } = containerOf(task, container.name);
  if (runtimeId === undefined || lastStatus !== 'RUNNING') return;
  for (let attempt = 1; !agent.closing.aborted; attempt += 1) {
    try {
      await stopContainer(agent.docker, runtimeId, stopTimeoutSeconds(container));
      break;
    } catch (error) {
      if (!(error instanceof DockerError) || attempt >= RETRIES) throw error;
      await agent.clock.sleep(RETRY_MS, agent.closing);
    }
  }
  await lookAtExit(agent, task, { name: container.name, id: runtimeId });
}

/** Copies the logs, then removes containers and volumes of a STOPPED task; may be repeated; retries until it succeeds. */
export async function cleanUp(agent: Agent, task: Task): Promise<void> {
  for (let attempt = 0; !agent.closing.aborted; attempt++) {
    try {
      return await agent.limitCleanUps(() => removeTraces(agent, task));
    } catch (error) {
      // The disk may be full, or the engine away: nothing else would remove the rest before the next start.
      if (attempt === 0 && !agent.closing.aborted)
        agent.log(
          `remains of ${task.id} stay for now: ${error instanceof Error ? error.message : String(error)}`,
        );
      await agent.clock.sleep(Math.min(RETRY_MS * 2 ** attempt, MAX_RETRY_MS), agent.closing);
    }
  }
}

async function removeTraces(agent: Agent, task: Task): Promise<void> {
  if (agent.closing.aborted) return;
  await copyLogs(agent, task);
  await Promise.all(
    task.containers.map(({ name }) => removeContainer(agent.docker, containerName(task, name))),
  );
  for (const volume of await listVolumes(agent.docker, [`${TASK_LABEL}=${task.taskArn}`]))
    await removeVolume(agent.docker, volume);
  await agent.book.update(
    task,
    (t) => {
      t.cleaned = true;
    },
    { quiet: true },
  );
}
