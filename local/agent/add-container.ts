// Adds a container to a running task. ECS has no such operation, so only a caller in the same process can ask for it.
import { volumeDirectory } from '../docker/volumes.ts';
import { inBackground, type Agent } from './agent.ts';
import { createTaskContainer } from './create-task-container.ts';
import { startTaskContainer } from './launch.ts';
import { LaunchAborted, LaunchFailure, type Launch } from './launch-step.ts';
import { volumeName } from './labels.ts';
import { containerOf, type Task } from './task.ts';
import type { AddedContainer } from './task-definition.ts';

/** Resolves once it has started, or with the reason why it could not. A repeated call for an existing container waits for the same start. */
export async function addContainer(
  agent: Agent,
  taskArn: string,
  added: AddedContainer,
): Promise<{ failure?: string }> {
  const task = agent.book.tasks.get(taskArn);
  if (!task || task.desiredStatus === 'STOPPED') return { failure: 'the task is not running' };
  if (!task.containers.some(({ name }) => name === added.name)) {
    const noted = await note(agent, task, added);
    if (noted.failure !== undefined) return noted;
    begin(agent, task, added.name);
  }
  await agent.book.when(
    task,
    (t) => t.desiredStatus === 'STOPPED' || containerOf(t, added.name).lastStatus !== 'PENDING',
    agent.closing,
  );
  const { startedAt, reason } = containerOf(task, added.name);
  return startedAt === undefined ? { failure: reason ?? 'the task was stopped' } : {};
}

/** After a restart of the process: containers that were joining continue. */
export function resumeAdded(agent: Agent, task: Task): void {
  for (const { name } of task.added?.containers ?? []) {
    if (containerOf(task, name).lastStatus === 'PENDING') begin(agent, task, name);
  }
}

async function note(
  agent: Agent,
  task: Task,
  { parts, ...container }: AddedContainer,
): Promise<{ failure?: string }> {
  const volumes: { name: string; host: { sourcePath: string } }[] = [];
  for (const { name, volume, path } of parts) {
    const directory = await volumeDirectory(agent.docker, volumeName(task, volume));
    if (directory === undefined) return { failure: `the task has no volume ${volume}` };
    volumes.push({ name, host: { sourcePath: `${directory}/${path}` } });
  }
  if (task.containers.some(({ name }) => name === container.name)) return {};
  await agent.book.update(task, (t) => {
    const { containers = [], volumes: others = [] } = t.added ?? {};
    t.added = { containers: [...containers, container], volumes: [...others, ...volumes] };
    t.containers.push({
      name: container.name,
      containerArn: `${t.taskArn.replace(':task/', ':container/')}/${container.name}`,
      image: container.image,
      lastStatus: 'PENDING',
    });
  });
  return {};
}

/** One at a time: whatever stops the task waits for the last of them. */
function begin(agent: Agent, task: Task, name: string): void {
  const before = agent.launching.get(task.taskArn);
  const abort = new AbortController();
  const done = (before?.done ?? Promise.resolve()).then(() =>
    join(agent, task, name, AbortSignal.any([abort.signal, agent.closing])),
  );
  const entry = { abort, done };
  agent.launching.set(task.taskArn, entry);
  inBackground(
    agent,
    `container ${name} of ${task.id}`,
    done.finally(() => {
      if (agent.launching.get(task.taskArn) === entry) agent.launching.delete(task.taskArn);
    }),
  );
}

async function join(agent: Agent, task: Task, name: string, signal: AbortSignal): Promise<void> {
  const launch: Launch = { agent, task, definition: agent.book.definitionOf(task), signal };
  const container = launch.definition.containerDefinitions.find(
    (candidate) => candidate.name === name,
  );
  if (!container) return;
  try {
    await createTaskContainer(launch, container);
    await startTaskContainer(launch, container);
    await agent.book.update(task, () => undefined, { quiet: true });
  } catch (error) {
    if (error instanceof LaunchAborted) return;
    if (!(error instanceof LaunchFailure)) throw error;
    await agent.book.update(task, (t) =>
      Object.assign(containerOf(t, name), {
        lastStatus: 'STOPPED',
        reason: error.message,
        finishedAt: agent.clock.now().toISOString(),
      }),
    );
  }
}
