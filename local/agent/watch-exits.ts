// Turns the engine's `die` and `oom` events into recorded exits; an essential container's exit stops its task.
import { containerEvents, eventTime, type DockerEvent } from '../docker/events.ts';
import { inBackground, type Agent } from './agent.ts';
import { recordDeath, recordOutOfMemory } from './exits.ts';
import { CONTAINER_LABEL, ENGINE_LABEL, TASK_LABEL } from './labels.ts';
import { stopIfEssentialEnded } from './stop.ts';
import type { Task } from './task.ts';

/** Follows the engine's events until the agent closes. Resolves once the first stream is open; calls `onReopen` for each later one. */
export function watchExits(agent: Agent, onReopen: () => void): Promise<void> {
  return new Promise((resolve) => {
    let opened = false;
    const onOpen = (): void => {
      if (opened) onReopen();
      opened = true;
      resolve();
    };
    inBackground(agent, 'events of the engine', follow(agent, onOpen));
  });
}

async function follow(agent: Agent, onOpen: () => void): Promise<void> {
  const source = {
    labels: [`${ENGINE_LABEL}=${agent.engineId}`],
    actions: ['die', 'oom'],
    clock: agent.clock,
    signal: agent.closing,
    onOpen,
  };
  for await (const event of containerEvents(agent.docker, source)) {
    const task = agent.book.tasks.get(event.attributes[TASK_LABEL] ?? '');
    const name = event.attributes[CONTAINER_LABEL] ?? '';
    if (!task?.containers.some((container) => container.name === name)) continue;
    inBackground(
      agent,
      `${event.action} of ${name}`,
      event.action === 'oom'
        ? recordOutOfMemory(agent, task, name)
        : onDie(agent, task, name, event),
    );
  }
}

async function onDie(
  agent: Agent,
  task: Task,
  name: string,
  { id, attributes, timeNano }: DockerEvent,
): Promise<void> {
  await recordDeath(
    agent,
    task,
    { name, id },
    { exitCode: Number(attributes['exitCode']), finishedAt: eventTime(timeNano) },
  );
  await stopIfEssentialEnded(agent, task);
}
