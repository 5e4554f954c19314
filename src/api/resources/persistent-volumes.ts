// PersistentVolumes: a finalizer keeps one while a claim is bound to it; an engine volume is deleted with its data.
import type { KubeObject } from '../../kinds/pod.ts';
import { wholeSeconds } from '../../kinds/time.ts';
import { ENGINE_PROVISIONER } from '../../workloads/storage/storage-class.ts';
import {
  defaultVolume,
  validateVolume,
  validateVolumeUpdate,
} from '../../workloads/storage/volume.ts';
import type { StoredVolume } from '../../workloads/storage/volume.ts';
import { age, ageColumn, column, fieldDescription, lazyPrinter, nameColumn } from './columns.ts';
import { modesText } from './persistent-volume-claims.ts';
import { keepStatus, plain, statusOf, text } from './plain.ts';
import type { Strategy } from './strategy.ts';

const PROTECTION = 'kubernetes.io/pv-protection';
const SPEC = 'PersistentVolumeSpec';

const volumeOf = (object: KubeObject): StoredVolume => object as StoredVolume;

const claimText = (object: KubeObject): string => {
  const claim = volumeOf(object).spec?.claimRef;
  return claim === undefined ? '' : `${claim.namespace}/${claim.name}`;
};

export const persistentVolumes: Strategy = {
  ...plain,
  printer: lazyPrinter(
    () => [
      nameColumn(),
      column('Capacity', fieldDescription(SPEC, 'capacity')),
      column('Access Modes', fieldDescription(SPEC, 'accessModes')),
      column('Reclaim Policy', fieldDescription(SPEC, 'persistentVolumeReclaimPolicy')),
      column('Status', fieldDescription('PersistentVolumeStatus', 'phase')),
      column('Claim', fieldDescription(SPEC, 'claimRef')),
      column('StorageClass', 'StorageClass of the pv'),
      column('VolumeAttributesClass', 'VolumeAttributesClass of the pv'),
      column('Reason', fieldDescription('PersistentVolumeStatus', 'reason')),
      ageColumn(),
      column('VolumeMode', fieldDescription(SPEC, 'volumeMode'), 1),
    ],
    (object) => [
      object.metadata.name ?? '',
      text(object, 'spec', 'capacity', 'storage'),
      modesText(volumeOf(object).spec?.accessModes),
      text(object, 'spec', 'persistentVolumeReclaimPolicy'),
      object.metadata.deletionTimestamp ? 'Terminating' : text(object, 'status', 'phase'),
      claimText(object),
      text(object, 'spec', 'storageClassName'),
      text(object, 'spec', 'volumeAttributesClassName') || '<unset>',
      text(object, 'status', 'reason'),
      age(object),
      text(object, 'spec', 'volumeMode') || '<unset>',
    ],
  ),
  defaults: (object) => defaultVolume(volumeOf(object)) as KubeObject,
  admit: ({ metadata, ...object }) => {
    const { finalizers = [] } = metadata;
    const held = finalizers.includes(PROTECTION) ? finalizers : [...finalizers, PROTECTION];
    return Promise.resolve({ ...object, metadata: { ...metadata, finalizers: held } });
  },
  prepareForCreate: (object, { now }) => ({
    ...object,
    status: { phase: 'Pending', lastPhaseTransitionTime: wholeSeconds(now) },
  }),
  validate: (object) => validateVolume(volumeOf(object)),
  prepareForUpdate: keepStatus,
  validateUpdate: (next, old) => validateVolumeUpdate(volumeOf(next), volumeOf(old)),
  resetFields: ['status'],
  returnsDeleted: true,
  removed: async (object, { ports }) => {
    const { csi, persistentVolumeReclaimPolicy: policy } = volumeOf(object).spec ?? {};
    if (csi?.driver === ENGINE_PROVISIONER && policy === 'Delete')
      await ports.engineVolumes?.remove(csi.volumeHandle);
  },
};

/** `/status` of volumes records when the phase changed. */
export const persistentVolumeStatus: Strategy = (() => {
  const status = statusOf(persistentVolumes);
  return {
    ...status,
    prepareForUpdate: async (next, old, call) => {
      const prepared = await status.prepareForUpdate(next, old, call);
      const changed = text(prepared, 'status', 'phase') !== text(old, 'status', 'phase');
      if (!changed) return prepared;
      const lastPhaseTransitionTime = wholeSeconds(call.now);
      return { ...prepared, status: { ...volumeOf(prepared).status, lastPhaseTransitionTime } };
    },
  };
})();
