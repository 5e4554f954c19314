// A task's start: the primary container first, the others beside it as soon as its network is there.
// Every step finds what an earlier process has done (containers have fixed names), so a launch may be run again.
import { createContainer, inspectContainer, startContainer } from '../docker/containers.ts';
import { DockerError, isMissing } from '../docker/engine-api.ts';
import { inBackground, type Agent } from './agent.ts';
import { containerSpec } from './container-spec.ts';
import { exitOf, hasEnded, recordExit } from './exits.ts';
import { imageDigestOf } from './image-name.ts';
import { PULL_POLICY_LABEL, containerName } from './labels.ts';
import { stopIfEssentialEnded, stopTask } from './stop.ts';
import { containerOf, type Task } from './task.ts';
import { dependencies, primaryContainer, type ContainerDefinition, type TaskDefinition } from './task-definition.ts';

/** An outcome that ends the task; `message` is ECS's stoppedReason. */
class LaunchFailure extends Error {
  override readonly name = 'LaunchFailure';
}

/** A newer wish (stop, close) ended this launch. */
class LaunchAborted extends Error {
  override readonly name = 'LaunchAborted';
}

const LOOK_AGAIN_MS = 50;
const MAX_LOOKS = 200;

interface Launch {
  agent: Agent;
  task: Task;
  definition: TaskDefinition;
  signal: AbortSignal;
}

/** Starts a stored task in the background. Whatever goes wrong ends in the task's status. */
export function beginLaunch(agent: Agent, task: Task): void {
  const abort = new AbortController();
  const launch: Launch = { agent, task, definition: agent.book.definitionOf(task), signal: AbortSignal.any([abort.signal, agent.closing]) };
  const done = agent
    .limitLaunches(() => run(launch))
    .catch(async (error: unknown) => {
      if (error instanceof LaunchAborted || agent.closing.aborted) return;
      await stopTask(agent, task, { code: 'TaskFailedToStart', reason: error instanceof LaunchFailure ? error.message : `InternalError: ${error instanceof Error ? error.message : String(error)}` });
    })
    .finally(() => agent.launching.delete(task.taskArn));
  agent.launching.set(task.taskArn, { abort, done });
  inBackground(agent, `launch of ${task.id}`, done);
}

async function run(launch: Launch): Promise<void> {
  const { agent, task, definition } = launch;
  goOn(launch);
  inBackground(agent, `task ${task.id}`, agent.book.update(task, (t) => {
    t.lastStatus = 'PENDING';
    t.pullStartedAt ??= agent.clock.now().toISOString();
  }));
  const primary = primaryContainer(definition.containerDefinitions);
  if (!primary) throw new LaunchFailure('CannotCreateContainerError: no essential container without dependencies');
  const others = definition.containerDefinitions.filter((container) => container !== primary);
  await create(launch, primary);
  // The engine names the primary in the others' network mode; it need not run before they start.
  const created = new Map(others.map((container) => [container.name, create(launch, container)]));
  const settled = Promise.allSettled(created.values());
  try {
    await start(launch, primary);
    await Promise.all([learnAddress(launch, primary), startOthers(launch, others, created)]);
  } finally {
    // No create may be in flight when a failure removes the containers.
    await settled;
  }
  goOn(launch);
  await agent.book.update(task, (t) => {
    t.lastStatus = 'RUNNING';
    t.startedAt = agent.clock.now().toISOString();
  });
}

function goOn({ task, signal }: Launch): void {
  if (signal.aborted || task.desiredStatus === 'STOPPED') throw new LaunchAborted();
}

async function startOthers(launch: Launch, others: ContainerDefinition[], created: Map<string, Promise<void>>): Promise<void> {
  const started = new Map<string, Promise<void>>();
  const startOne = (container: ContainerDefinition): Promise<void> => {
    const known = started.get(container.name);
    if (known) return known;
    const first = others.filter((other) => dependencies(container).includes(other.name));
    const one = (async () => {
      await created.get(container.name);
      await Promise.all(first.map(startOne));
      await start(launch, container);
    })();
    started.set(container.name, one);
    return one;
  };
  // All are waited for, so that no start is in flight when a failure stops the task.
  const outcomes = await Promise.allSettled(others.map(startOne));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Creates the container, or finds the one that an earlier process created. */
async function create(launch: Launch, container: ContainerDefinition): Promise<void> {
  const { agent, task } = launch;
  goOn(launch);
  const name = containerName(task, container.name);
  let id: string;
  try {
    id = await createWithImage(launch, container, name);
  } catch (error) {
    if (!(error instanceof DockerError)) throw error;
    if (error.status !== 409) throw new LaunchFailure(`CannotCreateContainerError: Error response from daemon: ${error.message}`, { cause: error });
    return findCreated(launch, container, name);
  }
  noteCreated(launch, container.name, id, imageDigestOf(container.image));
}

async function findCreated(launch: Launch, container: ContainerDefinition, name: string): Promise<void> {
  const { agent, task } = launch;
  let facts = await inspectContainer(agent.docker, name);
  // The name is taken as soon as a create begins; a process that died in between left it to the engine.
  for (let looks = 1; !facts && looks < MAX_LOOKS; looks += 1) {
    await agent.clock.sleep(LOOK_AGAIN_MS, launch.signal);
    goOn(launch);
    facts = await inspectContainer(agent.docker, name);
  }
  if (!facts) throw new LaunchFailure(`CannotCreateContainerError: ${name} is taken, but there is no such container`);
  noteCreated(launch, container.name, facts.Id, imageDigestOf(container.image) ?? facts.Image);
  if (!hasEnded(facts)) return;
  await recordExit(agent, task, container.name, exitOf(facts));
  await stopIfEssentialEnded(agent, task);
}

function noteCreated({ agent, task }: Launch, name: string, id: string, digest: string | undefined): void {
  const now = agent.clock.now().toISOString();
  const change = agent.book.update(task, (t) => Object.assign(containerOf(t, name), { runtimeId: id, createdAt: now, ...(digest ? { imageDigest: digest } : {}) }), { quiet: true });
  inBackground(agent, `task ${task.id}`, change);
}

async function createWithImage(launch: Launch, container: ContainerDefinition, name: string): Promise<string> {
  const { agent, task, definition } = launch;
  const spec = containerSpec(task, definition, container, agent);
  // `Always` with a tag asks the registry first; a digest is what was resolved, whatever the policy.
  const askFirst = container.dockerLabels?.[PULL_POLICY_LABEL] === 'Always' && imageDigestOf(container.image) === undefined;
  if (!askFirst) {
    for (const image of new Set([spec.Image, container.image])) {
      try {
        return await createContainer(agent.docker, name, { ...spec, Image: image });
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    }
  }
  return createContainer(agent.docker, name, { ...spec, Image: await obtainImage(launch, container) });
}

/** The id of the image, pulled where its policy allows. */
async function obtainImage(launch: Launch, container: ContainerDefinition): Promise<string> {
  const { agent } = launch;
  const label = container.dockerLabels?.[PULL_POLICY_LABEL];
  const policy = label === 'Always' || label === 'Never' ? label : 'IfNotPresent';
  const outcome = await orAborted(launch, agent.images.resolve(container.image, policy, []));
  if ('failure' in outcome) throw new LaunchFailure(`CannotPullContainerError: ${outcome.message}`);
  goOn(launch);
  return outcome.config.digest;
}

/** A pull goes on for others who wait for it; this launch need not. */
function orAborted<T>({ signal }: Launch, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(new LaunchAborted());
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave)).catch(leave);
  });
}

/** Starts a created container. One that cannot start ends the task if it is essential, else only itself. */
async function start(launch: Launch, container: ContainerDefinition): Promise<void> {
  const { agent, task } = launch;
  goOn(launch);
  const { runtimeId, lastStatus } = containerOf(task, container.name);
  if (lastStatus !== 'PENDING' || runtimeId === undefined) return;
  try {
    await startContainer(agent.docker, runtimeId);
  } catch (error) {
    if (!(error instanceof DockerError)) throw error;
    const reason = `CannotStartContainerError: Error response from daemon: ${error.message}`;
    await agent.book.update(task, (t) => Object.assign(containerOf(t, container.name), { lastStatus: 'STOPPED', reason, finishedAt: agent.clock.now().toISOString() }));
    if (container.essential) throw new LaunchFailure(reason, { cause: error });
    return;
  }
  const now = agent.clock.now().toISOString();
  const change = agent.book.update(task, (t) => {
    const started = containerOf(t, container.name);
    started.startedAt ??= now;
    // Its end may have been told before the answer to its start.
    if (started.lastStatus === 'PENDING') started.lastStatus = 'RUNNING';
  }, { quiet: true });
  inBackground(agent, `task ${task.id}`, change);
}

/** The pod's address, for DescribeTasks and the metadata endpoint. */
export async function learnAddress({ agent, task }: Pick<Launch, 'agent' | 'task'>, primary: ContainerDefinition): Promise<void> {
  const { runtimeId } = containerOf(task, primary.name);
  const facts = runtimeId === undefined ? undefined : await inspectContainer(agent.docker, runtimeId);
  const address = Object.values(facts?.NetworkSettings.Networks ?? {}).find((network) => network?.IPAddress)?.IPAddress;
  if (facts && address) await agent.book.update(task, (t) => {
    t.privateIp = address;
    containerOf(t, primary.name).imageDigest ??= facts.Image;
  }, { quiet: true });
}
