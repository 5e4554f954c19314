// `droppod down --purge`: removes everything that the directory's droppod has in the engine.
import { ENGINE_LABEL } from '../agent/labels.ts';
import { listContainers, removeContainer } from '../docker/containers.ts';
import { connectDocker, dockerSocketPath } from '../docker/engine-api.ts';
import { listVolumes, removeVolume } from '../docker/volumes.ts';
import { readInstallation } from '../installation.ts';

/** Removes everything that this directory's droppod has in the engine; returns the number of containers. */
export async function purge(directory: string): Promise<number> {
  const installation = readInstallation(directory);
  if (!installation) return 0;
  const docker = connectDocker(dockerSocketPath(process.env['DOCKER_HOST']));
  const label = [`${ENGINE_LABEL}=${installation.id}`];
  const containers = await listContainers(docker, label);
  for (const { Id } of containers) await removeContainer(docker, Id);
  for (const name of await listVolumes(docker, label)) await removeVolume(docker, name);
  docker.close();
  return containers.length;
}
