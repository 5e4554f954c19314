// Changes the limits of a running container in place. ECS has no such operation, so only a caller in the same process can ask for it.
import { memoryUsage, updateContainer } from '../docker/containers.ts';
import { DockerError } from '../docker/engine-api.ts';
import type { Agent } from './agent.ts';
import { engineLimits, type Limits } from './container-spec.ts';

/** May be repeated. A refusal by the engine is a return value. */
export async function resizeContainer(
  agent: Agent,
  of: { taskArn: string; container: string },
  limits: Limits,
): Promise<{ failure?: string }> {
  const task = agent.book.tasks.get(of.taskArn);
  const id = task?.containers.find(({ name }) => name === of.container)?.runtimeId;
  if (id === undefined) return { failure: `the task has no container ${of.container}` };
  try {
    const refused = await belowUsage(agent, { id, container: of.container }, limits);
    if (refused !== undefined) return { failure: refused };
    await updateContainer(agent.docker, id, engineLimits(limits));
    return {};
  } catch (error) {
    if (!(error instanceof DockerError)) throw error;
    return { failure: error.message };
  }
}

/** The kernel would free memory by killing: the kubelet refuses a memory limit below the memory in use, with this message. */
async function belowUsage(
  { docker }: Agent,
  { id, container }: { id: string; container: string },
  { memoryBytes }: Limits,
): Promise<string | undefined> {
  if (!memoryBytes) return undefined;
  const usage = await memoryUsage(docker, id);
  if (usage === undefined || usage < memoryBytes) return undefined;
  return `cannot decrease memory limits: attempting to set container "${container}" memory limit (${memoryBytes}) below current usage (${usage})`;
}
