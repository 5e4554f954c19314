// Defaults and rules of a PersistentVolume.
import { isDeepStrictEqual } from 'node:util';
import type { PersistentVolume } from 'kubernetes-types/core/v1';
import type { FieldError } from '../../errors.ts';
import {
  forbiddenValue,
  invalidEach,
  invalidValue,
  notSupported,
  required,
  tooLong,
} from '../../validation/field-errors.ts';
import { validateNodeSelector } from '../../pod/validation/affinity.ts';
import { labelProblems, subdomainProblems } from '../../validation/names.ts';
import { validateObjectMeta } from '../../validation/object-meta.ts';
import {
  validateAccessModes,
  validateClassName,
  validateSize,
  validateVolumeMode,
} from '../../pod/validation/volumes/claim-spec.ts';

export type StoredVolume = PersistentVolume;
export type VolumeSpec = NonNullable<StoredVolume['spec']>;

const RECLAIM_POLICIES = ['Delete', 'Recycle', 'Retain'];
/** The members of the spec that say where the data is. */
const SOURCES = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'flocker',
  'nfs',
  'rbd',
  'quobyte',
  'cephfs',
  'iscsi',
  'cinder',
  'fc',
  'flexVolume',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'scaleIO',
  'local',
  'storageos',
  'csi',
] as const;

/** The volume with its defaults. */
export function defaultVolume(volume: StoredVolume): StoredVolume {
  const spec = volume.spec ?? {};
  return {
    ...volume,
    spec: {
      ...spec,
      ...(spec.hostPath && { hostPath: { ...spec.hostPath, type: spec.hostPath.type ?? '' } }),
      persistentVolumeReclaimPolicy: spec.persistentVolumeReclaimPolicy ?? 'Retain',
      volumeMode: spec.volumeMode ?? 'Filesystem',
    },
  };
}

const sourcesOf = (spec: VolumeSpec): { [name: string]: unknown } =>
  Object.fromEntries(
    SOURCES.flatMap((name) => (spec[name] === undefined ? [] : [[name, spec[name]]])),
  );

/** Problems of a volume, metadata included. */
export const validateVolume = ({ metadata, spec = {} }: StoredVolume): FieldError[] => [
  ...validateObjectMeta(metadata ?? {}, { namespaced: false, name: 'subdomain' }),
  ...validateAccessModes(spec.accessModes ?? [], 'spec.accessModes', ''),
  ...validateCapacity(spec.capacity ?? {}),
  ...(RECLAIM_POLICIES.includes(spec.persistentVolumeReclaimPolicy ?? '')
    ? []
    : [
        notSupported(
          'spec.persistentVolumeReclaimPolicy',
          spec.persistentVolumeReclaimPolicy,
          RECLAIM_POLICIES,
        ),
      ]),
  ...validateSource(spec),
  ...validateClassName(spec.storageClassName, 'spec.storageClassName'),
  ...validateVolumeMode(spec.volumeMode, 'spec.volumeMode'),
];

function validateCapacity(capacity: { [name: string]: string }): FieldError[] {
  const names = Object.keys(capacity);
  const size = capacity['storage'];
  return [
    ...(names.length === 0 ? [required('spec.capacity')] : []),
    ...(size === undefined || names.length > 1
      ? [notSupported('spec.capacity', capacity, ['storage'])]
      : []),
    ...(size === undefined ? [] : validateSize(size, 'spec.capacity[storage]')),
  ];
}

function validateSource(spec: VolumeSpec): FieldError[] {
  const names = Object.keys(sourcesOf(spec));
  const [first, ...more] = names;
  if (first === undefined) return [required('spec', 'must specify a volume type')];
  const errors = more.map((name) =>
    forbiddenValue(`spec.${name}`, 'may not specify more than 1 volume type'),
  );
  for (const name of ['hostPath', 'local'] as const) {
    const source = spec[name];
    if (source === undefined) continue;
    if (!source.path) errors.push(required(`spec.${name}.path`));
    else if (source.path.split('/').includes('..'))
      errors.push(invalidValue(`spec.${name}.path`, source.path, "must not contain '..'"));
  }
  if (spec.local !== undefined && spec.nodeAffinity === undefined)
    errors.push(required('spec.nodeAffinity', 'Local volume requires node affinity'));
  if (spec.csi !== undefined) {
    const { driver, volumeHandle } = spec.csi;
    errors.push(
      ...(driver
        ? [
            ...(driver.length > MAX_DRIVER ? [tooLong('spec.csi.driver', MAX_DRIVER)] : []),
            ...invalidEach('spec.csi.driver', driver, subdomainProblems(driver.toLowerCase())),
          ]
        : [required('spec.csi.driver')]),
      ...(volumeHandle ? [] : [required('spec.csi.volumeHandle')]),
      ...secretProblems(spec.csi),
    );
  }
  return [...errors, ...nodeProblems(spec)];
}

const MAX_DRIVER = 63;
const CSI_SECRETS = [
  'controllerPublishSecretRef',
  'controllerExpandSecretRef',
  'nodePublishSecretRef',
  'nodeExpandSecretRef',
] as const;

const secretProblems = (csi: NonNullable<VolumeSpec['csi']>): FieldError[] =>
  CSI_SECRETS.flatMap((member) => {
    const secret = csi[member];
    const part = (
      name: 'name' | 'namespace',
      problems: (text: string) => string[],
    ): FieldError[] =>
      secret?.[name]
        ? invalidEach(`spec.csi.${member}.${name}`, secret[name], problems(secret[name]))
        : [required(`spec.csi.${member}.${name}`)];
    return secret === undefined
      ? []
      : [...part('name', subdomainProblems), ...part('namespace', labelProblems)];
  });

function nodeProblems({ nodeAffinity }: VolumeSpec): FieldError[] {
  if (nodeAffinity === undefined) return [];
  return nodeAffinity.required === undefined
    ? [required('spec.nodeAffinity.required', 'must specify required node constraints')]
    : validateNodeSelector(nodeAffinity.required, 'spec.nodeAffinity.required');
}

/** Problems of an update: the source is immutable. */
export function validateVolumeUpdate(next: StoredVolume, old: StoredVolume): FieldError[] {
  const errors = validateVolume(next);
  if (!isDeepStrictEqual(sourcesOf(next.spec ?? {}), sourcesOf(old.spec ?? {})))
    errors.push(
      forbiddenValue(
        'spec.persistentvolumesource',
        'spec.persistentvolumesource is immutable after creation',
      ),
    );
  if (next.spec?.volumeMode !== old.spec?.volumeMode)
    errors.push(invalidValue('volumeMode', next.spec?.volumeMode ?? null, 'field is immutable'));
  return errors;
}
