// Starts a task: the primary container first, the others beside it as soon as its network exists.
// Every step finds what an earlier process has done (containers have fixed names), so a launch may be repeated.
// See docs/design/local.md.
import { setMaxListeners } from 'node:events';
import { inspectContainer, removeContainer, startContainer } from '../docker/containers.ts';
import { DockerError } from '../docker/engine-api.ts';
import { inBackground, type Agent } from './agent.ts';
import { createTaskContainer } from './create-task-container.ts';
import { asksTooMuch, lackingHere } from './lacking-capabilities.ts';
import { LaunchAborted, LaunchFailure, goOn, type Launch } from './launch-step.ts';
import { stopTask } from './stop.ts';
import { containerOf, type Task } from './task.ts';
import { dependencies, primaryContainer, type ContainerDefinition } from './task-definition.ts';

/** Starts a stored task in the background. Any failure ends in the task's status. */
export function beginLaunch(agent: Agent, task: Task): void {
  const abort = new AbortController();
  const launch: Launch = {
    agent,
    task,
    definition: agent.book.definitionOf(task),
    signal: AbortSignal.any([abort.signal, agent.closing]),
  };
  // Each container of the task waits on it.
  setMaxListeners(0, launch.signal);
  const done = agent
    .limitLaunches(() => run(launch))
    .catch(async (error: unknown) => {
      if (error instanceof LaunchAborted || agent.closing.aborted) return;
      await stopTask(agent, task, {
        code: 'TaskFailedToStart',
        reason:
          error instanceof LaunchFailure
            ? error.message
            : `InternalError: ${error instanceof Error ? error.message : String(error)}`,
      });
    })
    .finally(() => agent.launching.delete(task.taskArn));
  agent.launching.set(task.taskArn, { abort, done });
  inBackground(agent, `launch of ${task.id}`, done);
}

async function run(launch: Launch): Promise<void> {
  const { agent, task, definition } = launch;
  goOn(launch);
  inBackground(
    agent,
    `task ${task.id}`,
    agent.book.update(task, (t) => {
      t.lastStatus = 'PENDING';
      t.pullStartedAt ??= agent.clock.now().toISOString();
    }),
  );
  const primary = primaryContainer(definition.containerDefinitions);
  if (!primary)
    throw new LaunchFailure(
      'CannotCreateContainerError: no essential container without dependencies',
    );
  const others = definition.containerDefinitions.filter((container) => container !== primary);
  await createTaskContainer(launch, primary);
  // The others' network mode names the primary; it need not run before they are created.
  const created = new Map(
    others.map((container) => [container.name, createTaskContainer(launch, container)]),
  );
  let pulledAt: string | undefined;
  const settled = Promise.allSettled(created.values()).then(() => {
    pulledAt = agent.clock.now().toISOString();
  });
  try {
    await startTaskContainer(launch, primary);
    await Promise.all([learnAddress(launch, primary), startOthers(launch, others, created)]);
  } finally {
    // No create may be in progress when a failure removes the containers.
    await settled;
  }
  goOn(launch);
  await agent.book.update(task, (t) => {
    t.lastStatus = 'RUNNING';
    if (pulledAt !== undefined) t.pullStoppedAt ??= pulledAt;
    t.startedAt = agent.clock.now().toISOString();
  });
}

async function startOthers(
  launch: Launch,
  others: ContainerDefinition[],
  created: Map<string, Promise<void>>,
): Promise<void> {
  const started = new Map<string, Promise<void>>();
  const startOne = (container: ContainerDefinition): Promise<void> => {
    const known = started.get(container.name);
    if (known) return known;
    const first = others.filter((other) => dependencies(container).includes(other.name));
    const one = (async () => {
      await created.get(container.name);
      await Promise.all(first.map(startOne));
      await awaitEnds(launch, container);
      await startTaskContainer(launch, container);
    })();
    started.set(container.name, one);
    return one;
  };
  // Waits for all, so that no start is in progress when a failure stops the task.
  const outcomes = await Promise.allSettled(others.map(startOne));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Waits for containers that must end before this one starts; if one fails or exceeds its startTimeout, the task ends. */
async function awaitEnds(
  { agent, task, definition, signal }: Launch,
  container: ContainerDefinition,
): Promise<void> {
  for (const { containerName, condition } of container.dependsOn ?? []) {
    if (condition === 'START') continue;
    const seconds = definition.containerDefinitions.find(
      ({ name }) => name === containerName,
    )?.startTimeout;
    const over = new AbortController();
    const until = AbortSignal.any([signal, over.signal]);
    const ended = agent.book.when(
      task,
      (t) =>
        t.desiredStatus === 'STOPPED' || containerOf(t, containerName).lastStatus === 'STOPPED',
      until,
    );
    await (seconds === undefined
      ? ended
      : Promise.race([ended, agent.clock.sleep(seconds * 1000, until)]));
    over.abort();
    if (signal.aborted || task.desiredStatus === 'STOPPED') throw new LaunchAborted();
    const { lastStatus, exitCode } = containerOf(task, containerName);
    if (lastStatus !== 'STOPPED')
      throw new LaunchFailure(
        `container ${containerName} did not end within ${seconds} s, and ${container.name} depends on it`,
      );
    if (condition === 'SUCCESS' && exitCode !== 0)
      throw new LaunchFailure(
        `dependency container ${containerName} of ${container.name} has not ended successfully${exitCode === undefined ? '' : `: exit code ${exitCode}`}`,
      );
  }
}

/**
 * Starts a created container. If it cannot start, an essential one ends the task, any other ends only itself. `again`: it was made a
 * second time, without what the engine lacks.
 */
export async function startTaskContainer(
  launch: Launch,
  container: ContainerDefinition,
  again = false,
): Promise<void> {
  const { agent, task } = launch;
  goOn(launch);
  const { runtimeId, lastStatus } = containerOf(task, container.name);
  if (lastStatus !== 'PENDING' || runtimeId === undefined) return;
  try {
    await startContainer(agent.docker, runtimeId);
  } catch (error) {
    if (!(error instanceof DockerError)) throw error;
    if (!again && container.privileged && asksTooMuch(error)) {
      agent.lacking = lackingHere();
      if (agent.lacking.length > 0) return startAnew(launch, container, runtimeId);
    }
    const reason = `CannotStartContainerError: Error response from daemon: ${error.message}`;
    await agent.book.update(task, (t) =>
      Object.assign(containerOf(t, container.name), {
        lastStatus: 'STOPPED',
        reason,
        finishedAt: agent.clock.now().toISOString(),
      }),
    );
    if (container.essential) throw new LaunchFailure(reason, { cause: error });
    return;
  }
  const now = agent.clock.now().toISOString();
  agent.book.note(task, (t) => {
    const started = containerOf(t, container.name);
    started.startedAt ??= now;
    // Its end may have been reported before the answer to its start.
    if (started.lastStatus === 'PENDING') started.lastStatus = 'RUNNING';
  });
}

/** Replaces a created container by one that is made with what the agent knows of the engine now. */
async function startAnew(
  launch: Launch,
  container: ContainerDefinition,
  runtimeId: string,
): Promise<void> {
  await removeContainer(launch.agent.docker, runtimeId);
  await createTaskContainer(launch, container);
  return startTaskContainer(launch, container, true);
}

/** The pod's address, for DescribeTasks and the metadata endpoint. */
export async function learnAddress(
  { agent, task }: Pick<Launch, 'agent' | 'task'>,
  primary: ContainerDefinition,
): Promise<void> {
  const { runtimeId } = containerOf(task, primary.name);
  const facts =
    runtimeId === undefined ? undefined : await inspectContainer(agent.docker, runtimeId);
  const address = Object.values(facts?.NetworkSettings.Networks ?? {}).find(
    (network) => network?.IPAddress,
  )?.IPAddress;
  if (!facts || !address) return;
  const change = (t: Task): void => {
    t.privateIp = address;
    containerOf(t, primary.name).imageDigest ??= facts.Image;
  };
  if (task.lastStatus === 'RUNNING') await agent.book.update(task, change, { quiet: true });
  else agent.book.note(task, change);
}
