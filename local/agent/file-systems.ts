// File systems that outlive their tasks. Here each is a volume of the engine, which comes into being with the first task that mounts it.
import { DockerError } from '../docker/engine-api.ts';
import { removeVolume } from '../docker/volumes.ts';
import type { Agent } from './agent.ts';
import { fileSystemVolume } from './labels.ts';

/** Containers of an ended task may still have it for a while. */
const RETRY_MS = 2_000;
const RETRIES = 60;

/** Removes a file system with its data, once no container has it any more; a missing one is left alone. */
export async function removeFileSystem(agent: Agent, fileSystemId: string): Promise<void> {
  const volume = fileSystemVolume(agent.engineId, fileSystemId);
  for (let attempt = 0; !agent.closing.aborted; attempt++) {
    try {
      return await removeVolume(agent.docker, volume);
    } catch (error) {
      const inUse = error instanceof DockerError && error.status === 409;
      if (!inUse || attempt === RETRIES) throw error;
      await agent.clock.sleep(RETRY_MS, agent.closing);
    }
  }
}
