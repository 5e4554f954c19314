// Limits of a running container changed in place. ECS has no such operation: only who holds the engine in its own process can ask.
import { updateContainer } from '../docker/containers.ts';
import { DockerError } from '../docker/engine-api.ts';
import type { Agent } from './agent.ts';
import { engineLimits, type Limits } from './container-spec.ts';

/** May be repeated. What the engine refuses is an outcome. */
export async function resizeContainer(agent: Agent, of: { taskArn: string; container: string }, limits: Limits): Promise<{ failure?: string }> {
  const task = agent.book.tasks.get(of.taskArn);
  const id = task?.containers.find(({ name }) => name === of.container)?.runtimeId;
  if (id === undefined) return { failure: `the task has no container ${of.container}` };
  try {
    await updateContainer(agent.docker, id, engineLimits(limits));
    return {};
  } catch (error) {
    if (!(error instanceof DockerError)) throw error;
    return { failure: error.message };
  }
}
