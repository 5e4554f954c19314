// The volumes of a pod under the names by which task definition and podlet know them.
import type { Container, EnvVar, EphemeralContainer, Pod, Volume, VolumeMount } from '../kinds/pod.ts';
import { initAndAppContainers } from './containers.ts';

const TOKEN_VOLUME = 'kube-api-access';

/**
 * A volume's name without what differs from pod to pod: admission gives the token volume a random ending, and pods of
 * one shape share a task definition. The podlet mounts the volume at `/.droppod/v/<key>`.
 */
export function volumeKey(pod: Pod, name: string): string {
  const random = /^kube-api-access-[a-z0-9]{5}$/.test(name);
  const alike = (pod.spec.volumes ?? []).filter((volume) => volume.name.startsWith(TOKEN_VOLUME)).length;
  return random && alike === 1 ? TOKEN_VOLUME : name;
}

/** The volume's content is written from API objects; containers see it read-only. */
export const isFileVolume = (volume: Volume): boolean =>
  volume.configMap !== undefined || volume.secret !== undefined || volume.downwardAPI !== undefined || volume.projected !== undefined;

/** Where a container has a volume from which it shows only a part (subPath); a link leads there from the mount path. */
export const partialMountPath = (pod: Pod, mount: VolumeMount): string =>
  `/.droppod/m/${volumeKey(pod, mount.name)}${mount.readOnly === true ? '-ro' : ''}`;

/** The mount shows a part of its volume only. */
export const isPartial = ({ subPath, subPathExpr }: VolumeMount): boolean => (subPath ?? '') !== '' || (subPathExpr ?? '') !== '';

/** The containers that mount a volume, each with its mounts. */
export function mountsOfVolume(pod: Pod, name: string): { container: Container | EphemeralContainer; mounts: VolumeMount[] }[] {
  return initAndAppContainers(pod).flatMap((container) => {
    const mounts = (container.volumeMounts ?? []).filter((mount) => mount.name === name);
    return mounts.length === 0 ? [] : [{ container, mounts }];
  });
}

/** Variables are read from a file of this volume: the podlet must have it. */
const holdsVariables = (pod: Pod, name: string): boolean =>
  initAndAppContainers(pod).some(({ env = [] }) => env.some(({ valueFrom }: EnvVar) => valueFrom?.fileKeyRef?.volumeName === name));

/** An emptyDir in memory that exactly one container mounts, once: it can be that container's own tmpfs. */
export function isOwnTmpfs(pod: Pod, volume: Volume): boolean {
  if (volume.emptyDir?.medium !== 'Memory' || holdsVariables(pod, volume.name)) return false;
  const users = mountsOfVolume(pod, volume.name);
  return users.length === 1 && users[0]?.mounts.length === 1;
}
