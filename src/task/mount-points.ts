// What a container of the task sees of the task's volumes.
import type { Container, Pod, Volume, VolumeMount } from '../kinds/pod.ts';
import { wholeUnits } from '../pod/quantity.ts';
import { isFileVolume, isOwnTmpfs, isPartial, partialMountPath, volumeKey } from '../pod/volumes.ts';
import type { ContainerDefinition } from '../ports.ts';

/** The volume that brings supervise into every container. */
export const BIN_VOLUME = 'droppod-bin';

/** The volume of the sockets of containers that join the running task, a directory for each. */
export const ADDED_VOLUME = 'droppod-added';

/** The volume of the socket between podlet and one container. */
export const controlVolume = (container: string): string => `droppod-ctl-${container}`;

type MountPoint = ContainerDefinition['mountPoints'][number];
type Tmpfs = NonNullable<NonNullable<ContainerDefinition['linuxParameters']>['tmpfs']>[number];

const MIB = 1024 * 1024;

/** supervise, its socket, and the container's volumeMounts; a part of a volume is mounted whole, a link shows the part. */
export function mountPoints(pod: Pod, container: Container): MountPoint[] {
  const own: MountPoint[] = [
    { sourceVolume: BIN_VOLUME, containerPath: '/.droppod/bin', readOnly: true },
    // Connecting to the socket needs no right to write; putting another one in its place does.
    { sourceVolume: controlVolume(container.name), containerPath: '/.droppod/ctl', readOnly: true },
  ];
  const points = (container.volumeMounts ?? []).flatMap((mount) => mountPoint(pod, mount));
  const distinct = points.filter((point, index) => points.findIndex(({ containerPath }) => containerPath === point.containerPath) === index);
  return [...own, ...distinct];
}

const volumeOf = (pod: Pod, name: string): Volume | undefined => pod.spec.volumes?.find((volume) => volume.name === name);

function mountPoint(pod: Pod, mount: VolumeMount): MountPoint[] {
  const volume = volumeOf(pod, mount.name);
  if (volume === undefined || isOwnTmpfs(pod, volume)) return [];
  const containerPath = isPartial(mount) ? partialMountPath(pod, mount) : mount.mountPath;
  return [{ sourceVolume: volumeKey(pod, mount.name), containerPath, readOnly: mount.readOnly === true || isFileVolume(volume) }];
}

/** emptyDirs in memory that only this container mounts. Without a limit the container's or the task's memory is the size. */
export function tmpfsMounts(pod: Pod, container: Container, taskMemoryMiB: number): Tmpfs[] {
  return (container.volumeMounts ?? []).flatMap((mount) => {
    const volume = volumeOf(pod, mount.name);
    if (volume === undefined || !isOwnTmpfs(pod, volume)) return [];
    const limits = [volume.emptyDir?.sizeLimit, container.resources?.limits?.['memory']].map(wholeUnits).filter((bytes) => bytes > 0);
    const size = Math.max(1, Math.ceil(Math.min(...limits, taskMemoryMiB * MIB) / MIB));
    const fsGroup = pod.spec.securityContext?.fsGroup;
    // A tmpfs of the kubelet keeps the sticky bit that the kernel gives it; engines forbid programs in theirs unless told otherwise.
    const mode = fsGroup === undefined ? ['mode=1777'] : ['mode=3777', `gid=${fsGroup}`];
    return [{ containerPath: isPartial(mount) ? partialMountPath(pod, mount) : mount.mountPath, size, mountOptions: ['exec', 'suid', 'dev', ...mode, ...(mount.readOnly === true ? ['ro'] : [])] }];
  });
}
