// A pod's volumes under the names that runtime and podlet use, and their mounts.
import { posix } from 'node:path';
import type {
  Container,
  EnvVar,
  EphemeralContainer,
  Pod,
  Volume,
  VolumeMount,
} from '../../kinds/pod.ts';
import { initAndAppContainers } from '../model/containers.ts';
import { oncePerSpec } from '../model/once-per-spec.ts';

const TOKEN_VOLUME = 'kube-api-access';

/**
 * A volume's name without the part that differs between pods: admission gives the token volume a random ending, and pods of
 * one shape share a definition in the runtime. The podlet mounts the volume at `/.droppod/v/<key>`.
 */
export function volumeKey(pod: Pod, name: string): string {
  const random = /^kube-api-access-[a-z0-9]{5}$/.test(name);
  return random && tokenVolumes(pod) === 1 ? TOKEN_VOLUME : name;
}

/** Whether it is the volume that admission adds. */
export const isTokenVolume = (pod: Pod, { name }: Volume): boolean =>
  volumeKey(pod, name) === TOKEN_VOLUME;

const tokenVolumes = oncePerSpec(
  (pod) => (pod.spec.volumes ?? []).filter((volume) => volume.name.startsWith(TOKEN_VOLUME)).length,
);

// The first of several volumes with one name counts.
const volumesByName = oncePerSpec(
  (pod) =>
    new Map(
      (pod.spec.volumes ?? []).map((volume): [string, Volume] => [volume.name, volume]).reverse(),
    ),
);

/** The pod's volume of that name. */
export const volumeOf = (pod: Pod, name: string): Volume | undefined =>
  volumesByName(pod).get(name);

/** Whether the volume's content is written from API objects; containers see it read-only. */
export const isFileVolume = (volume: Volume): boolean =>
  volume.configMap !== undefined ||
  volume.secret !== undefined ||
  volume.downwardAPI !== undefined ||
  volume.projected !== undefined;

/** Whether its data belongs to a claim: it was there before the pod, and stays. */
export const isClaimed = ({ persistentVolumeClaim, ephemeral }: Volume): boolean =>
  persistentVolumeClaim !== undefined || ephemeral !== undefined;

/** The name of the volume's claim; undefined: it has none. A generic ephemeral volume's is made for the pod. */
export const claimName = (
  { metadata }: Pick<Pod, 'metadata'>,
  { name, persistentVolumeClaim, ephemeral }: Volume,
): string | undefined =>
  persistentVolumeClaim?.claimName ??
  (ephemeral === undefined ? undefined : `${metadata.name ?? ''}-${name}`);

/** Whether the mount shows only a part of its volume. */
export const isPartial = ({ subPath, subPathExpr }: VolumeMount): boolean =>
  (subPath ?? '') !== '' || (subPathExpr ?? '') !== '';

/** A mount's path in its container: a relative path starts at the root (kubelet makeMounts). */
export const mountPathOf = ({ mountPath }: VolumeMount): string =>
  posix.join('/', mountPath).replace(/(?!^)\/+$/, '');

/** The path of a mount's part inside the volume; '' is the whole. */
export const partOf = ({ subPath }: VolumeMount): string =>
  posix
    .join('/', subPath ?? '')
    .slice(1)
    .replace(/\/+$/, '');

/** `path` relative to `root` if it is below it, else undefined; every path is below ''. */
export const within = (path: string, root: string): string | undefined => {
  const prefix = root === '' || root === '/' ? root : `${root}/`;
  return path !== root && path.startsWith(prefix) ? path.slice(prefix.length) : undefined;
};

/** In nearly every image /var/run is a link to /run, so both names may mean one directory. */
export const sameDirectory = (path: string): string => path.replace(/^\/var\/run(?=\/|$)/, '/run');

/** One mount of a volume, with its container's place in the order of start. */
export interface Use {
  container: Container | EphemeralContainer;
  order: number;
  /** Whether the container ends before any later one begins. */
  runsFirst: boolean;
  mount: VolumeMount;
}

const usesByVolume = oncePerSpec((pod) => {
  const uses = new Map<string, Use[]>();
  const inits = pod.spec.initContainers?.length ?? 0;
  for (const [order, container] of initAndAppContainers(pod).entries()) {
    const runsFirst = order < inits && container.restartPolicy !== 'Always';
    for (const mount of container.volumeMounts ?? []) {
      const known = uses.get(mount.name) ?? [];
      known.push({ container, order, runsFirst, mount });
      uses.set(mount.name, known);
    }
  }
  return uses;
});

/** Every mount of a volume in the containers that a pod is created with. */
export const usesOf = (pod: Pod, name: string): readonly Use[] => usesByVolume(pod).get(name) ?? [];

const volumesOfVariables = oncePerSpec(
  (pod) =>
    new Set(
      initAndAppContainers(pod).flatMap(({ env = [] }) =>
        env.flatMap(({ valueFrom }: EnvVar) => valueFrom?.fileKeyRef?.volumeName ?? []),
      ),
    ),
);

/** Whether variables are read from a file of this volume: then the podlet must have it. */
export const holdsVariables = (pod: Pod, name: string): boolean =>
  volumesOfVariables(pod).has(name);

const volumesOfEphemeral = oncePerSpec(
  (pod) =>
    new Set(
      (pod.spec.ephemeralContainers ?? []).flatMap(({ volumeMounts = [] }) =>
        volumeMounts.map((mount) => mount.name),
      ),
    ),
);

/** Unused volumes are not prepared (kubelet: "Volume is not used in the pod, ignore it"). */
export const isUsed = (pod: Pod, { name }: Volume): boolean =>
  usesOf(pod, name).length > 0 || holdsVariables(pod, name) || volumesOfEphemeral(pod).has(name);
