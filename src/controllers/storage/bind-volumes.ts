// persistent-volume-binder for volumes: their phase, and what happens to one whose claim is gone.
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../kinds/pod.ts';
import { ENGINE_PROVISIONER } from '../../workloads/storage/storage-class.ts';
import type { Controller, Outcome, World, Write } from '../controller.ts';
import { volumeIn } from './match-volume.ts';

const CLAIMS = 'persistentvolumeclaims';
const VOLUMES = 'persistentvolumes';
const PROTECTION = 'kubernetes.io/pv-protection';

function phaseOf(volume: KubeObject, world: World): string {
  const reference = volumeIn(volume).spec?.claimRef;
  // Pre-bound to a claim that does not exist yet, or to none.
  if (!reference?.uid) return 'Available';
  const claim = world
    .list(CLAIMS)
    .find(
      ({ metadata }) =>
        metadata.namespace === reference.namespace && metadata.name === reference.name,
    );
  return claim?.metadata.uid === reference.uid ? 'Bound' : 'Released';
}

function withPhase(volume: KubeObject, phase: string): Write[] {
  const status = { ...volumeIn(volume).status, phase };
  return isDeepStrictEqual(status, volumeIn(volume).status)
    ? []
    : [{ verb: 'updateStatus', resource: VOLUMES, object: { ...volume, status } }];
}

/** A volume that is being deleted goes once no claim uses it. */
function unprotected(volume: KubeObject): Write[] {
  const { finalizers = [] } = volume.metadata;
  if (!finalizers.includes(PROTECTION)) return [];
  const kept = finalizers.filter((name) => name !== PROTECTION);
  return [
    {
      verb: 'update',
      resource: VOLUMES,
      object: { ...volume, metadata: { ...volume.metadata, finalizers: kept } },
    },
  ];
}

function reconcile(volume: KubeObject, world: World): Outcome {
  const phase = phaseOf(volume, world);
  if (volume.metadata.deletionTimestamp !== undefined)
    return { writes: phase === 'Bound' ? [] : unprotected(volume) };
  const writes = withPhase(volume, phase);
  const { persistentVolumeReclaimPolicy: policy, csi, claimRef } = volumeIn(volume).spec ?? {};
  if (phase !== 'Released' || policy !== 'Delete') return { writes };
  // Volumes of other drivers are deleted by those drivers.
  return csi?.driver === ENGINE_PROVISIONER
    ? { writes: [...writes, { verb: 'delete', resource: VOLUMES, object: volume }] }
    : { writes: claimRef === undefined ? [] : writes };
}

/** A claim concerns the volume that names it. */
const concerns = (changed: KubeObject, volumes: readonly KubeObject[]): string[] =>
  volumes.flatMap((volume) => {
    const reference = volumeIn(volume).spec?.claimRef;
    const { name, namespace } = changed.metadata;
    return reference?.name === name && reference?.namespace === namespace && volume.metadata.name
      ? [volume.metadata.name]
      : [];
  });

export const volumeBinder: Controller = {
  name: 'pv-protection-controller',
  resource: VOLUMES,
  reads: [CLAIMS],
  concerns,
  reconcile,
};
