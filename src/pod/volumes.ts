// The volumes of a pod under the names by which task definition and podlet know them, and who mounts them where.
import { posix } from 'node:path';
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

/** The pod's volume of that name. */
export const volumeOf = (pod: Pod, name: string): Volume | undefined => pod.spec.volumes?.find((volume) => volume.name === name);

/** The volume's content is written from API objects; containers see it read-only. */
export const isFileVolume = (volume: Volume): boolean =>
  volume.configMap !== undefined || volume.secret !== undefined || volume.downwardAPI !== undefined || volume.projected !== undefined;

/** The mount shows a part of its volume only. */
export const isPartial = ({ subPath, subPathExpr }: VolumeMount): boolean => (subPath ?? '') !== '' || (subPathExpr ?? '') !== '';

/** Where a mount lies in its container: a relative path counts from the root (kubelet makeMounts). */
export const mountPathOf = ({ mountPath }: VolumeMount): string => posix.join('/', mountPath).replace(/(?!^)\/+$/, '');

/** The path of a mount's part inside the volume; '' is the whole. */
export const partOf = ({ subPath }: VolumeMount): string => posix.join('/', subPath ?? '').slice(1).replace(/\/+$/, '');

/** `path` relative to `root` where it lies below it; '' is no root but everything's. */
export const within = (path: string, root: string): string | undefined => {
  const prefix = root === '' || root === '/' ? root : `${root}/`;
  return path !== root && path.startsWith(prefix) ? path.slice(prefix.length) : undefined;
};

/** In nearly every image /var/run is a link to /run: both names may mean one directory. */
export const sameDirectory = (path: string): string => path.replace(/^\/var\/run(?=\/|$)/, '/run');

/** One mount of a volume, with its container's place in the order of start. */
export interface Use {
  container: Container | EphemeralContainer;
  order: number;
  /** It ends before anything after it begins. */
  runsFirst: boolean;
  mount: VolumeMount;
}

/** Every mount of a volume by the containers that a pod is made with. */
export function usesOf(pod: Pod, name: string): Use[] {
  const inits = pod.spec.initContainers ?? [];
  return initAndAppContainers(pod).flatMap((container, order) => (container.volumeMounts ?? []).filter((mount) => mount.name === name)
    .map((mount) => ({ container, order, runsFirst: inits.includes(container) && container.restartPolicy !== 'Always', mount })));
}

/** Variables are read from a file of this volume: the podlet must have it. */
export const holdsVariables = (pod: Pod, name: string): boolean =>
  initAndAppContainers(pod).some(({ env = [] }) => env.some(({ valueFrom }: EnvVar) => valueFrom?.fileKeyRef?.volumeName === name));

/** Volumes that nothing uses are not asked for (kubelet: "Volume is not used in the pod, ignore it"). */
export const isUsed = (pod: Pod, { name }: Volume): boolean =>
  usesOf(pod, name).length > 0 || holdsVariables(pod, name) || (pod.spec.ephemeralContainers ?? []).some(({ volumeMounts = [] }) => volumeMounts.some((mount) => mount.name === name));
