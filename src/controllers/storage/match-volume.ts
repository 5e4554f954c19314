// Which volume a claim gets: the smallest free one that meets its requirements (controller/volume/persistentvolume index.go).
import type { KubeObject } from '../../kinds/pod.ts';
import { isEverything, selects } from '../../pod/placement/selection.ts';
import { isSmaller } from '../../workloads/storage/claim.ts';
import type { Claim } from '../../workloads/storage/claim.ts';
import type { StoredVolume } from '../../workloads/storage/volume.ts';

export const claimIn = (object: KubeObject): Claim => object as Claim;
export const volumeIn = (object: KubeObject): StoredVolume => object as StoredVolume;

export const sizeOf = (volume: KubeObject): string =>
  volumeIn(volume).spec?.capacity?.['storage'] ?? '0';

export const requestOf = (claim: KubeObject): string =>
  claimIn(claim).spec?.resources?.requests?.['storage'] ?? '0';

/** Whether the volume names this claim: by its uid, or by its name alone. */
export function isFor(volume: KubeObject, claim: KubeObject): boolean {
  const reference = volumeIn(volume).spec?.claimRef;
  return (
    reference !== undefined &&
    reference.namespace === claim.metadata.namespace &&
    reference.name === claim.metadata.name &&
    (!reference.uid || reference.uid === claim.metadata.uid)
  );
}

/** Why the volume does not fit this claim; undefined: it does. */
export function mismatch(volume: KubeObject, claim: KubeObject): string | undefined {
  const { spec = {} } = volumeIn(volume);
  const wanted = claimIn(claim).spec ?? {};
  if (isSmaller(sizeOf(volume), requestOf(claim))) return 'requested PV is too small';
  if ((spec.storageClassName ?? '') !== (wanted.storageClassName ?? ''))
    return 'storageClassName does not match';
  if ((spec.volumeMode ?? 'Filesystem') !== (wanted.volumeMode ?? 'Filesystem'))
    return 'incompatible volumeMode';
  return (wanted.accessModes ?? []).every((mode) => spec.accessModes?.includes(mode))
    ? undefined
    : 'incompatible accessMode';
}

/** The claim's volume among all; undefined: none fits. One that names the claim is preferred, then the smallest. */
export function matchVolume(
  claim: KubeObject,
  volumes: readonly KubeObject[],
): KubeObject | undefined {
  const { selector } = claimIn(claim).spec ?? {};
  const fitting = volumes.filter(
    (volume) =>
      volume.metadata.deletionTimestamp === undefined && mismatch(volume, claim) === undefined,
  );
  const named = fitting.find((volume) => isFor(volume, claim));
  if (named !== undefined) return named;
  return fitting
    .filter(
      (volume) =>
        volumeIn(volume).spec?.claimRef === undefined &&
        volumeIn(volume).status?.phase === 'Available' &&
        (selector === undefined ||
          isEverything(selector) ||
          selects(selector, volume.metadata.labels)),
    )
    .reduce<KubeObject | undefined>(
      (least, volume) =>
        least === undefined || isSmaller(sizeOf(volume), sizeOf(least)) ? volume : least,
      undefined,
    );
}
