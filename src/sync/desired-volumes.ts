// Files of configMap, secret, downwardAPI and projected volumes, and the settings of emptyDirs, as the podlet writes them.
import { createHash } from 'node:crypto';
import type { Pod, Volume } from '../kinds/pod.ts';
import { initAndAppContainers } from '../pod/model/containers.ts';
import { nestedMountPoints } from '../pod/volumes/nested-mounts.ts';
import { canonicalQuantity, wholeUnits } from '../pod/model/quantity.ts';
import { volumeFiles, type SourceFile, type VolumeContext } from '../pod/volumes/volume-files.ts';
import { memoryKeys } from '../pod/volumes/mounted-volumes.ts';
import { partsOf, type Part } from '../pod/volumes/volume-parts.ts';
import { isClaimed, isUsed, volumeKey } from '../pod/volumes/volumes.ts';
import { present } from '../present.ts';
import type { DesiredVolume } from '../protocol/messages.ts';

const DEFAULT_FILE_MODE = 0o644;

/** Every volume of the task that the podlet prepares; equal content has an equal version. Unused volumes are left out. */
export function desiredVolumes(
  pod: Pod,
  context: VolumeContext,
): { [volume: string]: DesiredVolume } {
  const memory = memoryKeys(pod);
  const served = (pod.spec.volumes ?? [])
    .filter((volume) => isUsed(pod, volume))
    .flatMap((volume): [string, Content][] => {
      // A tmpfs of one container is not the podlet's to prepare.
      if (volume.emptyDir !== undefined)
        return partsOf(pod, volume)
          .parts.filter(({ key }) => !memory.has(key))
          .map((part) => [part.key, emptyDir(pod, volume, part)]);
      if (isClaimed(volume)) return [[volumeKey(pod, volume.name), claimed(pod, volume)]];
      const content = fileVolume(pod, volume, context);
      return content === undefined ? [] : [[volumeKey(pod, volume.name), content]];
    });
  return Object.fromEntries(served.map(([key, content]) => [key, versioned(content)]));
}

const versioned = (content: Content): DesiredVolume => ({
  version: createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16),
  ...content,
});

type Content = Omit<DesiredVolume, 'version'>;

const groupOf = (pod: Pod): { fsGroup?: number } =>
  present({ fsGroup: pod.spec.securityContext?.fsGroup });

function emptyDir(pod: Pod, volume: Volume, { key }: Part): Content {
  const { medium, sizeLimit = '0' } = volume.emptyDir ?? {};
  const bytes = wholeUnits(sizeLimit);
  return {
    emptyDir: true,
    ...keepOf(pod, key),
    ...present({
      partOf: key === volumeKey(pod, volume.name) ? undefined : volume.name,
      sticky: medium === 'Memory' ? true : undefined,
    }),
    ...groupOf(pod),
    ...present({
      sizeLimit: bytes > 0 ? { bytes, text: canonicalQuantity(sizeLimit) } : undefined,
    }),
  };
}

/** Data that was there before: read-only, it stays even without fsGroup. */
function claimed(pod: Pod, volume: Volume): Content {
  const always = pod.spec.securityContext?.fsGroupChangePolicy !== 'OnRootMismatch';
  return {
    claim: true,
    ...keepOf(pod, volumeKey(pod, volume.name)),
    ...(volume.persistentVolumeClaim?.readOnly === true
      ? {}
      : { ...groupOf(pod), ...(always ? {} : { onRootMismatch: true }) }),
  };
}

function keepOf(pod: Pod, key: string): { keep?: string[] } {
  const keep = nestedMountPoints(pod, key);
  return keep.length > 0 ? { keep } : {};
}

function fileVolume(pod: Pod, volume: Volume, context: VolumeContext): Content | undefined {
  const found = volumeFiles(pod, volume, context);
  if (found === undefined) return undefined;
  if ('missing' in found) return { missing: found.missing };
  const mode = defaultMode(volume);
  const files = found.files.map((file) => placed(pod, file, mode));
  // The kubelet keeps all but configMaps in memory.
  const sticky = volume.configMap === undefined ? { sticky: true } : {};
  return {
    files: files.sort((left, right) => (left.path < right.path ? -1 : 1)),
    ...keepOf(pod, volumeKey(pod, volume.name)),
    ...sticky,
    ...groupOf(pod),
  };
}

function defaultMode({ configMap, secret, downwardAPI, projected }: Volume): number {
  return (configMap ?? secret ?? downwardAPI ?? projected)?.defaultMode ?? DEFAULT_FILE_MODE;
}

type PlacedFile = NonNullable<DesiredVolume['files']>[number];

/** Final mode: fsGroup makes read-only files readable for the group, a token with one known owner is that owner's. */
function placed(pod: Pod, { path, mode, base64, token }: SourceFile, defaults: number): PlacedFile {
  const fsGroup = pod.spec.securityContext?.fsGroup;
  if (token !== true)
    return { path, mode: (mode ?? defaults) | (fsGroup === undefined ? 0 : 0o440), base64 };
  const owner = commonUser(pod);
  const shared = fsGroup === undefined ? 0o600 : 0o640;
  return {
    path,
    mode: owner === undefined && fsGroup === undefined ? defaults : shared,
    ...present({ uid: owner }),
    base64,
  };
}

/** The user that all containers of the pod share by the spec. */
function commonUser(pod: Pod): number | undefined {
  const users = initAndAppContainers(pod).map(
    ({ securityContext }) => securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser,
  );
  const first = users[0];
  return users.every((user) => user === first) ? first : undefined;
}
