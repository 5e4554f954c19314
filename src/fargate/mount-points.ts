// A task container's mounts of the task's volumes.
import type { Container, Pod } from '../kinds/pod.ts';
import { containerView, type ViewedMount } from '../pod/volumes/container-view.ts';
import { pathTree } from '../pod/model/path-tree.ts';
import { wholeUnits } from '../pod/model/quantity.ts';
import type { ContainerDefinition } from '../ports/tasks.ts';

/** The volume that brings supervise into every container. */
export const BIN_VOLUME = 'droppod-bin';

/** The volume for the sockets of containers that join the running task, with a directory for each. */
export const ADDED_VOLUME = 'droppod-added';

/** The volume for the socket between the podlet and one container. */
export const controlVolume = (container: string): string => `droppod-ctl-${container}`;

/** The path of a volume in the podlet. */
export const podletPath = (key: string): string => `/.droppod/v/${key}`;

type MountPoint = ContainerDefinition['mountPoints'][number];
type Tmpfs = NonNullable<NonNullable<ContainerDefinition['linuxParameters']>['tmpfs']>[number];

const MIB = 1024 * 1024;

/** supervise, its socket, and the container's volumeMounts. */
export function mountPoints(pod: Pod, container: Container): MountPoint[] {
  return [
    { sourceVolume: BIN_VOLUME, containerPath: '/.droppod/bin', readOnly: true },
    // A connection to the socket needs no write access; replacing the socket would.
    { sourceVolume: controlVolume(container.name), containerPath: '/.droppod/ctl', readOnly: true },
    ...containerView(pod, container)
      .mounts.filter(({ memory }) => !memory)
      .map(({ key, path, readOnly }) => ({ sourceVolume: key, containerPath: path, readOnly })),
  ];
}

/** emptyDirs in memory that only this container mounts. Without a limit, the container's or the task's memory is the size. */
export function tmpfsMounts(pod: Pod, container: Container, taskMemoryMiB: number): Tmpfs[] {
  return containerView(pod, container)
    .mounts.filter(({ memory }) => memory)
    .map(({ path, readOnly, volume }) => {
      const limits = [volume?.emptyDir?.sizeLimit, container.resources?.limits?.['memory']]
        .map(wholeUnits)
        .filter((bytes) => bytes > 0);
      const size = Math.max(1, Math.ceil(Math.min(...limits, taskMemoryMiB * MIB) / MIB));
      const fsGroup = pod.spec.securityContext?.fsGroup;
      // The kubelet's tmpfs keeps the kernel's sticky bit; engines forbid executing programs in theirs unless an option allows it.
      const mode = fsGroup === undefined ? ['mode=1777'] : ['mode=3777', `gid=${fsGroup}`];
      return {
        containerPath: path,
        size,
        mountOptions: ['exec', 'suid', 'dev', ...mode, ...(readOnly ? ['ro'] : [])],
      };
    });
}

/**
 * Mount points that the podlet creates, since it starts first and may write: an engine cannot create them inside a volume
 * that the container mounts read-only.
 */
export function madeMountPoints(pod: Pod, containers: readonly Container[]): MountPoint[] {
  const made = containers.flatMap((container) => {
    const { mounts } = containerView(pod, container);
    const nearest = nextInside(mounts);
    return mounts
      .filter(
        ({ readOnly, memory, volume }) =>
          readOnly && !memory && volume !== undefined && volume.hostPath === undefined,
      )
      .flatMap((outer) =>
        (nearest.get(outer.path) ?? []).map((inner): MountPoint => ({
          sourceVolume:
            inner.memory || inner.volume?.hostPath !== undefined ? BIN_VOLUME : inner.key,
          containerPath: `${podletPath(outer.key)}${inner.path.slice(outer.path.length)}`,
          readOnly: true,
        })),
      );
  });
  // The first of equal paths counts.
  const byPath = new Map<string, MountPoint>();
  for (const mount of made)
    if (!byPath.has(mount.containerPath)) byPath.set(mount.containerPath, mount);
  return [...byPath.values()];
}

/** For each mount's path, the mounts directly inside it, with no other in between. */
function nextInside(mounts: readonly ViewedMount[]): ReadonlyMap<string, ViewedMount[]> {
  const tree = pathTree(mounts.map(({ path }) => path));
  const inside = new Map<string, ViewedMount[]>();
  for (const mount of mounts) {
    const outer = tree.above(mount.path);
    if (outer === undefined || outer === '/') continue;
    const known = inside.get(outer);
    if (known === undefined) inside.set(outer, [mount]);
    else known.push(mount);
  }
  return inside;
}
