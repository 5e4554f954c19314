// Files of configMap, secret, downwardAPI and projected volumes, and the settings of emptyDirs, as the podlet writes them.
import { createHash } from 'node:crypto';
import type { Pod, Volume } from '../kinds/pod.ts';
import { initAndAppContainers } from '../pod/containers.ts';
import { nestedMountPoints } from '../pod/nested-mounts.ts';
import { canonicalQuantity, wholeUnits } from '../pod/quantity.ts';
import { volumeFiles, type SourceFile, type VolumeContext } from '../pod/volume-files.ts';
import { isOwnTmpfs, volumeKey } from '../pod/volumes.ts';
import type { DesiredVolume } from './messages.ts';

const DEFAULT_FILE_MODE = 0o644;

/** Every volume of the pod by its volumeKey; equal content has an equal version. */
export function desiredVolumes(pod: Pod, context: VolumeContext): { [volume: string]: DesiredVolume } {
  const served = (pod.spec.volumes ?? []).flatMap((volume): [string, DesiredVolume][] => {
    const desired = desiredVolume(pod, volume, context);
    return desired === undefined ? [] : [[volumeKey(pod, volume.name), desired]];
  });
  return Object.fromEntries(served);
}

function desiredVolume(pod: Pod, volume: Volume, context: VolumeContext): DesiredVolume | undefined {
  const content = volume.emptyDir === undefined ? fileVolume(pod, volume, context) : emptyDir(pod, volume);
  if (content === undefined) return undefined;
  return { version: createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16), ...content };
}

type Content = Omit<DesiredVolume, 'version'>;

const groupOf = (pod: Pod): { fsGroup?: number } => {
  const fsGroup = pod.spec.securityContext?.fsGroup;
  return fsGroup === undefined ? {} : { fsGroup };
};

function emptyDir(pod: Pod, volume: Volume): Content | undefined {
  // A tmpfs of one container is not the podlet's to prepare.
  if (isOwnTmpfs(pod, volume)) return undefined;
  const { medium, sizeLimit = '0' } = volume.emptyDir ?? {};
  const bytes = wholeUnits(sizeLimit);
  const keep = nestedMountPoints(pod, volume.name);
  return {
    emptyDir: true,
    ...(keep.length > 0 ? { keep } : {}),
    ...(medium === 'Memory' ? { sticky: true } : {}),
    ...groupOf(pod),
    ...(bytes > 0 ? { sizeLimit: { bytes, text: canonicalQuantity(sizeLimit) } } : {}),
  };
}

function fileVolume(pod: Pod, volume: Volume, context: VolumeContext): Content | undefined {
  const found = volumeFiles(pod, volume, context);
  if (found === undefined) return undefined;
  if ('missing' in found) return { missing: found.missing };
  const mode = defaultMode(volume);
  const files = found.files.map((file) => placed(pod, file, mode));
  // The kubelet keeps all but configMaps in memory.
  const sticky = volume.configMap === undefined ? { sticky: true } : {};
  return { files: files.sort((left, right) => (left.path < right.path ? -1 : 1)), ...sticky, ...groupOf(pod) };
}

function defaultMode({ configMap, secret, downwardAPI, projected }: Volume): number {
  return (configMap ?? secret ?? downwardAPI ?? projected)?.defaultMode ?? DEFAULT_FILE_MODE;
}

type PlacedFile = NonNullable<DesiredVolume['files']>[number];

/** Final mode: fsGroup makes read-only files readable for the group, a token with one known owner is his alone. */
function placed(pod: Pod, { path, mode, base64, token }: SourceFile, defaults: number): PlacedFile {
  const fsGroup = pod.spec.securityContext?.fsGroup;
  if (token !== true) return { path, mode: (mode ?? defaults) | (fsGroup === undefined ? 0 : 0o440), base64 };
  if (fsGroup !== undefined) return { path, mode: 0o640, base64 };
  const owner = commonUser(pod);
  return owner === undefined ? { path, mode: defaults, base64 } : { path, mode: 0o600, uid: owner, base64 };
}

/** The user that all containers of the pod share by the spec. */
function commonUser(pod: Pod): number | undefined {
  const users = initAndAppContainers(pod).map(({ securityContext }) => securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser);
  const first = users[0];
  return users.every((user) => user === first) ? first : undefined;
}
