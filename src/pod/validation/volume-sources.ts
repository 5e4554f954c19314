// Rules of each volume type. The order of VOLUME_TYPES is the order in which Kubernetes looks for them.
import type { FieldError } from '../../errors.ts';
import type { Pod } from '../../kinds/pod.ts';
import { isMap, own } from '../../own.ts';
import {
  forbiddenValue,
  invalidEach,
  invalidValue,
  oneOf,
  required,
} from '../../validation/field-errors.ts';
import { relativePathProblems, subdomainProblems } from '../../validation/names.ts';
import { parseQuantity } from '../model/quantity.ts';
import { listOf, textOf, type Members } from './members.ts';
import {
  validateDownwardItems,
  validateItems,
  validateMode,
  validateProjected,
} from './volume-files.ts';

type Rule = (source: Members, field: string, pod: Pod) => FieldError[];

const needs =
  (...members: string[]): Rule =>
  (source, field) =>
    members
      .filter((member) => isMissing(own(source, member)))
      .map((member) => required(`${field}.${member}`));
const isMissing = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  (Array.isArray(value) && value.length === 0);

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
      ...needs('repository')(source, field, NO_POD),
      ...invalidEach(`${field}.directory`, directory, relativePathProblems(directory)),
    ];
  },
  gcePersistentDisk: needs('pdName'),
  awsElasticBlockStore: needs('volumeID'),
  secret: (source, field) => [
    ...needs('secretName')(source, field, NO_POD),
    ...validateMode(source, 'defaultMode', field),
    ...validateItems(source, field),
  ],
  nfs: (source, field) => {
    const path = textOf(source, 'path');
    const errors = needs('server', 'path')(source, field, NO_POD);
    return path === '' || path.startsWith('/')
      ? errors
      : [...errors, invalidValue(`${field}.path`, path, 'must be an absolute path')];
  },
  iscsi: needs('targetPortal', 'iqn'),
  glusterfs: needs('endpoints', 'path'),
  flocker: () => [],
  persistentVolumeClaim: needs('claimName'),
  rbd: needs('monitors', 'image'),
  cinder: needs('volumeID'),
  cephfs: needs('monitors'),
  downwardAPI: (source, field) => [
    ...validateMode(source, 'defaultMode', field),
    ...validateDownwardItems(source, field),
  ],
  fc: () => [],
  flexVolume: needs('driver'),
  azureFile: needs('secretName', 'shareName'),
  configMap: (source, field) => [
    ...needs('name')(source, field, NO_POD),
    ...validateMode(source, 'defaultMode', field),
    ...validateItems(source, field),
  ],
  vsphereVolume: needs('volumePath'),
  quobyte: needs('registry', 'volume'),
  photonPersistentDisk: needs('pdID'),
  portworxVolume: needs('volumeID'),
  azureDisk: needs('diskName', 'diskURI'),
  storageos: () => [],
  projected: (source, field) => [
    ...validateMode(source, 'defaultMode', field),
    ...validateProjected(source, field),
  ],
  scaleIO: needs('gateway', 'system', 'volumeName'),
  csi: (source, field) => {
    const driver = textOf(source, 'driver');
    if (driver === '') return [required(`${field}.driver`)];
    const long =
      driver.length > DRIVER_LENGTH ? [`must be no more than ${DRIVER_LENGTH} characters`] : [];
    return invalidEach(`${field}.driver`, driver, [
      ...long,
      ...subdomainProblems(driver.toLowerCase()),
    ]);
  },
  ephemeral: (source, field) =>
    isMap(source['volumeClaimTemplate'])
      ? validateClaim(source['volumeClaimTemplate'], field)
      : [required(`${field}.volumeClaimTemplate`)],
  image: (source, field) => [
    ...needs('reference')(source, field, NO_POD),
    ...oneOf(`${field}.pullPolicy`, textOf(source, 'pullPolicy'), PULL_POLICIES),
  ],
};

const NO_POD: Pod = { metadata: {}, spec: { containers: [] }, status: {} };

function validateClaim(template: Members, field: string): FieldError[] {
  const spec = isMap(template['spec']) ? template['spec'] : {};
  const path = `${field}.volumeClaimTemplate.spec`;
  const errors: FieldError[] = [];
  if (listOf(spec, 'accessModes').length === 0)
    errors.push(required(`${path}.accessModes`, 'at least 1 access mode is required'));
  const resources = isMap(spec['resources']) ? spec['resources'] : {};
  const requests = isMap(resources['requests']) ? resources['requests'] : {};
  if (requests['storage'] === undefined) errors.push(required(`${path}.resources[storage]`));
  return errors;
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
