// Limits of a running container changed in place. ECS has no such operation: only who holds the engine in its own process can ask.
import { memoryUsage, updateContainer } from '../docker/containers.ts';
import { DockerError } from '../docker/engine-api.ts';
import type { Agent } from './agent.ts';
import { engineLimits, type Limits } from './container-spec.ts';

/** May be repeated. What the engine refuses is an outcome. */
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

/** The kernel would make room by killing: the kubelet refuses a memory limit below what is in use, in these words. */
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
