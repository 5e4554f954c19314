// Rules of each volume type. The order of VOLUME_TYPES is the order in which Kubernetes looks for them.
import type { FieldError } from '../../../errors.ts';
import type { Pod } from '../../../kinds/pod.ts';
import { isMap, own } from '../../../own.ts';
import type { ObjectMeta } from '../../../kinds/pod.ts';
import { validateAnnotations, validateLabels } from '../../../validation/object-meta.ts';
import {
  forbiddenValue,
  invalidEach,
  invalidValue,
  oneOf,
  required,
  tooLong,
} from '../../../validation/field-errors.ts';
import { relativePathProblems, subdomainProblems } from '../../../validation/names.ts';
import { parseQuantity } from '../../model/quantity.ts';
import { validateClaimSpec } from './claim-spec.ts';
import type { ClaimSpec } from './claim-spec.ts';
import { DISK_RULES, needs, validateSecretName } from './disk-sources.ts';
import { textOf, type Members } from '../members.ts';
import {
  validateDownwardItems,
  validateItems,
  validateMode,
  validateProjected,
} from './volume-files.ts';

type Rule = (source: Members, field: string, pod: Pod) => FieldError[];

const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const DRIVER_LENGTH = 63;

/** Problems of a path on a machine: no backsteps. */
const backstepProblems = (path: string): string[] =>
  path.split('/').includes('..') ? ["must not contain '..'"] : [];

const RULES: Record<string, Rule> = {
  emptyDir: (source, field) => {
    const limit =
      source['sizeLimit'] === undefined ? undefined : parseQuantity(String(source['sizeLimit']));
    return limit && limit.digits < 0n
      ? [forbiddenValue(`${field}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')]
      : [];
  },
  hostPath: (source, field) => {
    const path = textOf(source, 'path');
    const errors =
      path === ''
        ? [required(`${field}.path`)]
        : invalidEach(`${field}.path`, path, backstepProblems(path));
    return [...errors, ...oneOf(`${field}.type`, textOf(source, 'type'), HOST_PATH_TYPES)];
  },
  gitRepo: (source, field) => {
    const directory = textOf(source, 'directory');
    return [
      ...needs('repository')(source, field),
      ...invalidEach(`${field}.directory`, directory, relativePathProblems(directory)),
    ];
  },
  gcePersistentDisk: DISK_RULES.gcePersistentDisk,
  awsElasticBlockStore: DISK_RULES.awsElasticBlockStore,
  secret: (source, field) => [
    ...needs('secretName')(source, field),
    ...validateMode(source, 'defaultMode', field),
    ...validateItems(source, field),
  ],
  nfs: (source, field) => {
    const path = textOf(source, 'path');
    const errors = needs('server', 'path')(source, field);
    return path.startsWith('/')
      ? errors
      : [...errors, invalidValue(`${field}.path`, path, 'must be an absolute path')];
  },
  iscsi: DISK_RULES.iscsi,
  glusterfs: DISK_RULES.glusterfs,
  flocker: DISK_RULES.flocker,
  persistentVolumeClaim: needs('claimName'),
  rbd: DISK_RULES.rbd,
  cinder: DISK_RULES.cinder,
  cephfs: DISK_RULES.cephfs,
  downwardAPI: (source, field) => [
    ...validateMode(source, 'defaultMode', field),
    ...validateDownwardItems(source, field),
  ],
  fc: DISK_RULES.fc,
  flexVolume: DISK_RULES.flexVolume,
  azureFile: DISK_RULES.azureFile,
  configMap: (source, field) => [
    ...needs('name')(source, field),
    ...validateMode(source, 'defaultMode', field),
    ...validateItems(source, field),
  ],
  vsphereVolume: DISK_RULES.vsphereVolume,
  quobyte: DISK_RULES.quobyte,
  photonPersistentDisk: DISK_RULES.photonPersistentDisk,
  portworxVolume: DISK_RULES.portworxVolume,
  azureDisk: DISK_RULES.azureDisk,
  storageos: DISK_RULES.storageos,
  projected: (source, field) => [
    ...validateMode(source, 'defaultMode', field),
    ...validateProjected(source, field),
  ],
  scaleIO: DISK_RULES.scaleIO,
  csi: (source, field) => {
    const driver = textOf(source, 'driver');
    const secret = isMap(source['nodePublishSecretRef'])
      ? source['nodePublishSecretRef']
      : undefined;
    const name = secret === undefined ? '' : textOf(secret, 'name');
    return [
      ...driverProblems(driver, `${field}.driver`),
      ...(name === ''
        ? validateSecretName(source, 'nodePublishSecretRef', field)
        : invalidEach(`${field}.name`, name, subdomainProblems(name))),
    ];
  },
  ephemeral: (source, field) =>
    isMap(source['volumeClaimTemplate'])
      ? validateClaim(source['volumeClaimTemplate'], field)
      : [required(`${field}.volumeClaimTemplate`)],
  image: (source, field) => [
    ...needs('reference')(source, field),
    ...oneOf(`${field}.pullPolicy`, textOf(source, 'pullPolicy'), PULL_POLICIES),
  ],
};

function driverProblems(driver: string, field: string): FieldError[] {
  if (driver === '') return [required(field)];
  return [
    ...(driver.length > DRIVER_LENGTH ? [tooLong(field, DRIVER_LENGTH)] : []),
    ...invalidEach(field, driver, subdomainProblems(driver.toLowerCase())),
  ];
}

const CLAIM_META = ['labels', 'annotations'];

function validateClaim(template: Members, field: string): FieldError[] {
  const path = `${field}.volumeClaimTemplate`;
  const metadata: Members = isMap(template['metadata']) ? template['metadata'] : {};
  const { labels, annotations } = metadata as ObjectMeta;
  return [
    ...validateAnnotations(annotations, `${path}.metadata.annotations`),
    ...validateLabels(labels, `${path}.metadata.labels`),
    ...Object.keys(metadata)
      .filter((member) => !CLAIM_META.includes(member) && own(metadata, member) !== '')
      .map((member) => forbiddenValue(`${path}.metadata.${member}`, 'cannot be set')),
    ...validateClaimSpec(
      (isMap(template['spec']) ? template['spec'] : {}) as ClaimSpec,
      `${path}.spec`,
    ),
  ];
}

/** All volume types in Kubernetes' order. */
export const VOLUME_TYPES: readonly string[] = Object.keys(RULES);

/** Problems of one source of a known type. */
export function validateSource(
  type: string,
  source: unknown,
  field: string,
  pod: Pod,
): FieldError[] {
  const rule = own(RULES, type);
  return rule && isMap(source) ? rule(source, `${field}.${type}`, pod) : [];
}
