// Named volumes of the engine. The first container that mounts one creates it; they are found and removed here.
import { isMissing, type Docker } from './engine-api.ts';

/** Its directory on the engine's host; undefined: the engine has no such volume. */
export async function volumeDirectory(docker: Docker, name: string): Promise<string | undefined> {
  try {
    const volume: { Mountpoint: string } = JSON.parse(
      await docker.call('GET', `/volumes/${encodeURIComponent(name)}`),
    );
    return volume.Mountpoint;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** A missing volume is ignored; one in use throws DockerError 409. */
export async function removeVolume(docker: Docker, name: string): Promise<void> {
  try {
    await docker.call('DELETE', `/volumes/${encodeURIComponent(name)}`);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Names of the volumes that carry every one of `labels` (`key` or `key=value`). */
export async function listVolumes(docker: Docker, labels: string[]): Promise<string[]> {
  const answer: { Volumes: { Name: string }[] | null } = JSON.parse(
    await docker.call('GET', '/volumes', { query: { filters: JSON.stringify({ label: labels }) } }),
  );
  return (answer.Volumes ?? []).map(({ Name }) => Name);
}
