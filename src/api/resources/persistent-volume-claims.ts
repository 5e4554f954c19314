// PersistentVolumeClaims: fills in the default class; a finalizer keeps a claim while a pod uses it.
import { forbidden } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { claimsChanged } from '../../steps/settle/reschedule.ts';
import {
  defaultClaimSpec,
  sameSources,
  isSmaller,
  validateClaim,
  validateClaimUpdate,
} from '../../workloads/storage/claim.ts';
import type { Claim } from '../../workloads/storage/claim.ts';
import { defaultClass } from '../../workloads/storage/storage-class.ts';
import type { StorageClass } from '../../workloads/storage/storage-class.ts';
import type { Call } from '../call.ts';
import { age, ageColumn, column, fieldDescription, lazyPrinter, nameColumn } from './columns.ts';
import { keepStatus, member, plain, statusOf, text } from './plain.ts';
import type { Strategy } from './strategy.ts';

const PROTECTION = 'kubernetes.io/pvc-protection';
const SPEC = 'PersistentVolumeClaimSpec';
const STATUS = 'PersistentVolumeClaimStatus';
const SHORT: [string, string][] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
];

const claimOf = (object: KubeObject): Claim => object as Claim;
const classesOf = async ({ ports }: Call): Promise<StorageClass[]> =>
  (await ports.store.listObjects({ resource: 'storageclasses.storage.k8s.io' }))
    .objects as unknown as StorageClass[];

/** Access modes in kubectl's short form and order. */
export const modesText = (modes: readonly string[] | undefined): string =>
  SHORT.flatMap(([mode, short]) => (modes?.includes(mode) ? [short] : [])).join(',');

async function admit(object: KubeObject, call: Call): Promise<KubeObject> {
  const { metadata } = object;
  const finalizers = metadata.finalizers ?? [];
  const held = {
    ...object,
    metadata: {
      ...metadata,
      finalizers: finalizers.includes(PROTECTION) ? finalizers : [...finalizers, PROTECTION],
    },
  };
  const named =
    claimOf(object).spec?.storageClassName !== undefined ||
    metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] !== undefined;
  const found = named ? undefined : defaultClass(await classesOf(call));
  return found === undefined
    ? held
    : { ...held, spec: { ...claimOf(held).spec, storageClassName: found.metadata?.name } };
}

/** A bound claim may grow where its class allows it. */
async function prepareForUpdate(
  next: KubeObject,
  old: KubeObject,
  call: Call,
): Promise<KubeObject> {
  const [after, before] = [next, old].map(
    (object) => claimOf(object).spec?.resources?.requests?.['storage'] ?? '0',
  );
  if (claimOf(old).status?.phase === 'Bound' && isSmaller(before ?? '', after ?? '')) {
    const name = claimOf(old).spec?.storageClassName;
    const found = (await classesOf(call)).find(({ metadata }) => metadata?.name === name);
    if (found?.allowVolumeExpansion !== true)
      throw forbidden(
        'persistentvolumeclaims',
        call.name,
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      );
  }
  return keepStatus(next, old);
}

const sizeText = (object: KubeObject): string =>
  text(object, 'spec', 'volumeName') && text(object, 'status', 'capacity', 'storage');

export const persistentVolumeClaims: Strategy = {
  ...plain,
  printer: lazyPrinter(
    () => [
      nameColumn(),
      column('Status', fieldDescription(STATUS, 'phase')),
      column('Volume', fieldDescription(SPEC, 'volumeName')),
      column('Capacity', fieldDescription(STATUS, 'capacity')),
      column('Access Modes', fieldDescription(STATUS, 'accessModes')),
      column('StorageClass', 'StorageClass of the pvc'),
      column('VolumeAttributesClass', 'VolumeAttributesClass of the pvc'),
      ageColumn(),
      column('VolumeMode', fieldDescription(SPEC, 'volumeMode'), 1),
    ],
    (object) => [
      object.metadata.name ?? '',
      object.metadata.deletionTimestamp ? 'Terminating' : text(object, 'status', 'phase'),
      text(object, 'spec', 'volumeName'),
      sizeText(object),
      text(object, 'spec', 'volumeName') && modesText(claimOf(object).status?.accessModes),
      text(object, 'spec', 'storageClassName'),
      text(object, 'spec', 'volumeAttributesClassName') || '<unset>',
      age(object),
      text(object, 'spec', 'volumeMode') || '<unset>',
    ],
  ),
  defaults: (object) => ({
    ...object,
    spec: defaultClaimSpec(claimOf(object).spec ?? {}),
    status: { phase: 'Pending', ...(member(object, 'status') as object | undefined) },
  }),
  admit,
  prepareForCreate: (object) => ({
    ...object,
    spec: sameSources(claimOf(object).spec ?? {}),
    status: { phase: 'Pending' },
  }),
  validate: (object) => validateClaim(claimOf(object)),
  prepareForUpdate,
  validateUpdate: (next, old) => validateClaimUpdate(claimOf(next), claimOf(old)),
  resetFields: ['status'],
  returnsDeleted: true,
  created: (_object, { ports }) => claimsChanged(ports),
};

/** `/status` of claims: once bound, pods that wait for the claim continue. */
export const persistentVolumeClaimStatus: Strategy = {
  ...statusOf(persistentVolumeClaims),
  updated: (object, old, { ports }) =>
    text(object, 'status', 'phase') === text(old, 'status', 'phase')
      ? Promise.resolve()
      : claimsChanged(ports),
};
