// Creates one container of a launch, with its image; finds a container that an earlier process created.
import { present } from '../../src/present.ts';
import { createContainer, inspectContainer } from '../docker/containers.ts';
import { DockerError, isMissing } from '../docker/engine-api.ts';
import type { Agent } from './agent.ts';
import { containerSpec } from './container-spec.ts';
import { exitOf, hasEnded, recordExit } from './exits.ts';
import { imageDigestOf } from './images/image-name.ts';
import { PULL_POLICY_LABEL, containerName } from './labels.ts';
import { unknownIn } from './lacking-capabilities.ts';
import { LaunchAborted, LaunchFailure, goOn, type Launch } from './launch-step.ts';
import { stopIfEssentialEnded } from './stop.ts';
import { containerOf } from './task.ts';
import type { ContainerDefinition } from './task-definition.ts';

const LOOK_AGAIN_MS = 50;
const MAX_LOOKS = 200;

/** Creates the container, or finds the one that an earlier process created. */
export async function createTaskContainer(
  launch: Launch,
  container: ContainerDefinition,
): Promise<void> {
  goOn(launch);
  const name = containerName(launch.task, container.name);
  const { lacking } = launch.agent;
  let id: string;
  try {
    id = await createWithImage(launch, container, name);
  } catch (error) {
    if (!(error instanceof DockerError)) throw error;
    if (knowsNow(launch.agent, lacking, error)) return createTaskContainer(launch, container);
    if (error.status !== 409)
      throw new LaunchFailure(
        `CannotCreateContainerError: Error response from daemon: ${error.message}`,
        { cause: error },
      );
    return findCreated(launch, container, name);
  }
  noteCreated(launch, container.name, id, imageDigestOf(container.image));
}

/** Whether the error has shown that the engine gives less by itself than was left out: other containers may have shown it meanwhile. */
function knowsNow(agent: Agent, leftOut: readonly string[], error: DockerError): boolean {
  const unknown = unknownIn(error);
  if (unknown === undefined || !leftOut.includes(unknown)) return false;
  agent.lacking = agent.lacking.filter((name) => name !== unknown);
  return true;
}

async function findCreated(
  launch: Launch,
  container: ContainerDefinition,
  name: string,
): Promise<void> {
  const { agent, task } = launch;
  let facts = await inspectContainer(agent.docker, name);
  // The name is taken as soon as a create begins, even if the process died before the engine finished.
  for (let looks = 1; !facts && looks < MAX_LOOKS; looks += 1) {
    await agent.clock.sleep(LOOK_AGAIN_MS, launch.signal);
    goOn(launch);
    facts = await inspectContainer(agent.docker, name);
  }
  if (!facts)
    throw new LaunchFailure(
      `CannotCreateContainerError: ${name} is taken, but there is no such container`,
    );
  noteCreated(launch, container.name, facts.Id, imageDigestOf(container.image) ?? facts.Image);
  if (!hasEnded(facts)) return;
  await recordExit(agent, task, container.name, exitOf(facts));
  await stopIfEssentialEnded(agent, task);
}

function noteCreated(
  { agent, task }: Launch,
  name: string,
  id: string,
  digest: string | undefined,
): void {
  const now = agent.clock.now().toISOString();
  agent.book.note(task, (t) =>
    Object.assign(containerOf(t, name), {
      runtimeId: id,
      createdAt: now,
      ...present({ imageDigest: digest || undefined }),
    }),
  );
}

async function createWithImage(
  launch: Launch,
  container: ContainerDefinition,
  name: string,
): Promise<string> {
  const { agent, task, definition } = launch;
  const spec = containerSpec(task, definition, container, agent);
  // `Always` with a tag asks the registry first; a digest is already resolved, whatever the policy.
  const askFirst =
    container.dockerLabels?.[PULL_POLICY_LABEL] === 'Always' &&
    imageDigestOf(container.image) === undefined;
  if (!askFirst) {
    for (const image of new Set([spec.Image, container.image])) {
      try {
        return await createContainer(agent.docker, name, { ...spec, Image: image });
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    }
  }
  return createContainer(agent.docker, name, {
    ...spec,
    Image: await obtainImage(launch, container),
  });
}

/** The id of the image, which is pulled if its policy says so. */
async function obtainImage(launch: Launch, container: ContainerDefinition): Promise<string> {
  const { agent } = launch;
  const label = container.dockerLabels?.[PULL_POLICY_LABEL];
  const policy = label === 'Always' || label === 'Never' ? label : 'IfNotPresent';
  const outcome = await orAborted(launch, agent.images.resolve(container.image, policy, []));
  if ('failure' in outcome) throw new LaunchFailure(`CannotPullContainerError: ${outcome.message}`);
  goOn(launch);
  return outcome.config.digest;
}

/** A pull continues for others who wait for it; this launch may leave. */
function orAborted<T>({ signal }: Launch, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(new LaunchAborted());
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    work
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', leave))
      .catch(leave);
  });
}
