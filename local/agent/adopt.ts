// After a restart of the process: finds containers by their label and reconnects them with their tasks, in both directions.
// See docs/design/local.md.
import { inspectContainer, listContainers, removeContainer } from '../docker/containers.ts';
import { inBackground, type Agent } from './agent.ts';
import { hasEnded, lookAtExit } from './exits.ts';
import { resumeAdded } from './add-container.ts';
import { CONTAINER_LABEL, ENGINE_LABEL, TASK_LABEL } from './labels.ts';
import { beginLaunch, learnAddress } from './launch.ts';
import { beginWindDown, cleanUp, stopIfEssentialEnded } from './stop.ts';
import type { Task } from './task.ts';
import { primaryContainer } from './task-definition.ts';
import { watchExits } from './watch-exits.ts';

/** Loads the stored tasks, inspects every container and continues where the last process stopped. Call once, before serving. */
export async function adopt(agent: Agent): Promise<void> {
  await watchExits(agent, () =>
    inBackground(
      agent,
      'look at containers',
      lookAtAll(agent).then(() => goOnEnding(agent)),
    ),
  );
  await removeStrangers(agent);
  await lookAtAll(agent);
  for (const task of agent.book.tasks.values()) goOn(agent, task);
  agent.book.publishAll();
}

/** Containers of this engine without a task: their create was in progress when the task was forgotten. */
async function removeStrangers(agent: Agent): Promise<void> {
  const found = await listContainers(agent.docker, [`${ENGINE_LABEL}=${agent.engineId}`]);
  for (const { Id, Labels } of found) {
    if (!agent.book.tasks.has(Labels[TASK_LABEL] ?? '')) await removeContainer(agent.docker, Id);
  }
}

/** Events may have been lost (process or engine was away): records ended containers and notes running ones. */
async function lookAtAll(agent: Agent): Promise<void> {
  const found = await listContainers(agent.docker, [`${ENGINE_LABEL}=${agent.engineId}`]);
  const ids = new Map(
    found.map(({ Id, Labels }) => [
      `${Labels[TASK_LABEL] ?? ''} ${Labels[CONTAINER_LABEL] ?? ''}`,
      Id,
    ]),
  );
  for (const task of agent.book.tasks.values()) {
    if (task.lastStatus !== 'STOPPED') await look(agent, task, ids);
  }
}

async function look(agent: Agent, task: Task, ids: Map<string, string>): Promise<void> {
  for (const container of task.containers) {
    const id = container.runtimeId ?? ids.get(`${task.taskArn} ${container.name}`);
    if (id === undefined || container.lastStatus === 'STOPPED') continue;
    if (container.lastStatus === 'PENDING')
      await lookAtPending(agent, task, { name: container.name, id });
    else await lookAtExit(agent, task, { name: container.name, id });
  }
  await stopIfEssentialEnded(agent, task);
}

/** A create or start was in progress: only the engine knows how far it came. */
async function lookAtPending(
  agent: Agent,
  task: Task,
  { name, id }: { name: string; id: string },
): Promise<void> {
  const facts = await inspectContainer(agent.docker, id);
  const container = task.containers.find((candidate) => candidate.name === name);
  if (!facts || !container) return;
  await agent.book.update(
    task,
    () => {
      container.runtimeId = facts.Id;
      if (facts.State.Status !== 'created') container.startedAt ??= facts.State.StartedAt;
      if (facts.State.Running) container.lastStatus = 'RUNNING';
    },
    { quiet: true },
  );
  if (hasEnded(facts)) await lookAtExit(agent, task, { name, id: facts.Id });
}

/** Ends tasks whose end was interrupted because the engine was away. */
function goOnEnding(agent: Agent): void {
  for (const task of agent.book.tasks.values()) {
    if (task.desiredStatus === 'STOPPED' && !agent.stopping.has(task.taskArn)) goOn(agent, task);
  }
}

function goOn(agent: Agent, task: Task): void {
  if (task.lastStatus === 'STOPPED') {
    if (!task.cleaned) inBackground(agent, `remains of ${task.id}`, cleanUp(agent, task));
  } else if (task.desiredStatus === 'STOPPED') {
    beginWindDown(agent, task);
  } else if (task.lastStatus !== 'RUNNING') {
    beginLaunch(agent, task);
  } else {
    resumeAdded(agent, task);
    if (task.privateIp !== undefined) return;
    const primary = primaryContainer(agent.book.definitionOf(task).containerDefinitions);
    if (primary)
      inBackground(agent, `address of ${task.id}`, learnAddress({ agent, task }, primary));
  }
}
