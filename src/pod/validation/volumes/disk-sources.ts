// Rules of the volume types of clouds and of network file systems: a pod may name them, whatever can mount them.
import type { FieldError } from '../../../errors.ts';
import { isMap, listOf, own } from '../../../own.ts';
import {
  between,
  invalidEach,
  invalidValue,
  notSupported,
  oneOf,
  required,
} from '../../../validation/field-errors.ts';
import { labelProblems } from '../../../validation/names.ts';
import { textOf, type Members } from '../members.ts';

type Rule = (source: Members, field: string) => FieldError[];

const MAX_LUN = 255;
const MAX_PARTITION = 255;
const MAX_TENANT = 64;
// As loose as Kubernetes' own.
const ISCSI_NAMES: Readonly<Record<string, RegExp>> = {
  iqn: /iqn\.\d{4}-\d{2}\.[A-Za-z\d.-]+:[^,;*&$|\t\n\f\r ]+$/,
  eui: /^eui.[A-Za-z\d]{16}$/,
  naa: /^naa.[A-Za-z\d]{32}$/,
};
const MANAGED_URI =
  '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}';
const BLOB_URI = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd';

/** One Required for each of these members that is empty. */
export const needs =
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

const numberOf = (source: Members, member: string): number | undefined => {
  const value = own(source, member);
  return typeof value === 'number' ? value : undefined;
};

/** The name of a secret that the source has to name where it names one at all. */
export const validateSecretName = (
  source: Members,
  member: string,
  field: string,
): FieldError[] => {
  const reference = own(source, member);
  return isMap(reference) && textOf(reference, 'name') === ''
    ? [required(`${field}.${member}.name`)]
    : [];
};

// Go's names of these two sources differ from their JSON names.
const withPartition =
  (member: string, place = ''): Rule =>
  (source, field) => {
    const at = place === '' ? field : field.replace(/[^.]+$/, place);
    const partition = numberOf(source, 'partition') ?? 0;
    return [
      ...needs(member)(source, at),
      ...(partition < 0 || partition > MAX_PARTITION
        ? [
            invalidValue(
              `${at}.partition`,
              partition,
              `must be between 1 and ${MAX_PARTITION}, inclusive`,
            ),
          ]
        : []),
    ];
  };

function iscsiName(name: string, field: string): FieldError[] {
  const form = own(ISCSI_NAMES, name.slice(0, 3));
  if (form === undefined)
    return [invalidValue(field, name, 'must be valid format starting with iqn, eui, or naa')];
  return form.test(name) ? [] : [invalidValue(field, name, 'must be valid format')];
}

const iscsi: Rule = (source, field) => {
  const name = textOf(source, 'iqn');
  const chap = source['chapAuthDiscovery'] === true || source['chapAuthSession'] === true;
  const initiator = own(source, 'initiatorName');
  return [
    ...needs('targetPortal')(source, field),
    ...(name === '' ? [required(`${field}.iqn`)] : iscsiName(name, `${field}.iqn`)),
    ...between(`${field}.lun`, numberOf(source, 'lun') ?? 0, 0, MAX_LUN),
    ...(chap && !isMap(source['secretRef']) ? [required(`${field}.secretRef`)] : []),
    ...(typeof initiator === 'string' ? iscsiName(initiator, `${field}.initiatorname`) : []),
  ];
};

const flocker: Rule = (source, field) => {
  const name = textOf(source, 'datasetName');
  const uuid = textOf(source, 'datasetUUID');
  return [
    ...(name === '' && uuid === ''
      ? [required(field, 'one of datasetName and datasetUUID is required')]
      : []),
    ...(name !== '' && uuid !== ''
      ? [
          invalidValue(
            field,
            'resource',
            'datasetName and datasetUUID can not be specified simultaneously',
          ),
        ]
      : []),
    ...(name.includes('/')
      ? [invalidValue(`${field}.datasetName`, name, "must not contain '/'")]
      : []),
  ];
};

const fc: Rule = (source, field) => {
  const [names, ids] = [listOf(own(source, 'targetWWNs')), listOf(own(source, 'wwids'))];
  if (names.length === 0 && ids.length === 0)
    return [
      required(`${field}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both'),
    ];
  if (names.length > 0 && ids.length > 0)
    return [
      invalidValue(
        `${field}.targetWWNs`,
        names,
        'targetWWNs and wwids can not be specified simultaneously',
      ),
    ];
  if (names.length === 0) return [];
  const lun = numberOf(source, 'lun');
  return lun === undefined
    ? [required(`${field}.lun`, 'lun is required if targetWWNs is specified')]
    : between(`${field}.lun`, lun, 0, MAX_LUN);
};

const quobyte: Rule = (source, field) => {
  const registry = textOf(source, 'registry');
  const wellFormed = registry
    .split(',')
    .every((pair) => /^[^:]+:[^:]+$/.test(pair.trim()) || /^\[.+\]:\d+$/.test(pair.trim()));
  const problems =
    registry === ''
      ? [
          required(
            `${field}.registry`,
            'must be a host:port pair or multiple pairs separated by commas',
          ),
        ]
      : textOf(source, 'tenant').length > MAX_TENANT
        ? [
            required(
              `${field}.tenant`,
              `must be a UUID and may not exceed a length of ${MAX_TENANT} characters`,
            ),
          ]
        : wellFormed
          ? []
          : [
              invalidValue(
                `${field}.registry`,
                registry,
                'must be a host:port pair or multiple pairs separated by commas',
              ),
            ];
  return [...problems, ...needs('volume')(source, field)];
};

const azureDisk: Rule = (source, field) => {
  const uri = textOf(source, 'diskURI');
  const kind = textOf(source, 'kind') || 'Shared';
  const caching = own(source, 'cachingMode');
  const managed = kind === 'Managed';
  const fits = managed ? uri.startsWith('/subscriptions/') : uri.startsWith('https://');
  return [
    ...needs('diskName', 'diskURI')(source, field),
    ...(typeof caching === 'string'
      ? oneOf(`${field}.cachingMode`, caching, ['None', 'ReadOnly', 'ReadWrite'])
      : []),
    ...oneOf(`${field}.kind`, kind, ['Dedicated', 'Managed', 'Shared']),
    ...(fits ? [] : [notSupported(`${field}.diskURI`, uri, [managed ? MANAGED_URI : BLOB_URI])]),
  ];
};

const flexVolume: Rule = (source, field) => {
  const options = isMap(source['options']) ? source['options'] : {};
  const reserved = Object.keys(options).filter((key) =>
    /^(?:[^/]*\.)?(?:kubernetes|k8s)\.io(?:\/|$)/i.test(key),
  );
  return [
    ...needs('driver')(source, field),
    ...reserved.map((key) =>
      invalidValue(
        `${field}.options[${key}]`,
        key,
        'kubernetes.io and k8s.io namespaces are reserved',
      ),
    ),
  ];
};

const storageos: Rule = (source, field) => {
  const name = textOf(source, 'volumeName');
  const namespace = textOf(source, 'volumeNamespace');
  return [
    ...(name === ''
      ? [required(`${field}.volumeName`)]
      : invalidEach(`${field}.volumeName`, name, labelProblems(name))),
    ...(namespace === ''
      ? []
      : invalidEach(`${field}.volumeNamespace`, namespace, labelProblems(namespace))),
    ...validateSecretName(source, 'secretRef', field),
  ];
};

/** The rules by volume type. */
export const DISK_RULES = {
  gcePersistentDisk: withPartition('pdName', 'persistentDisk'),
  awsElasticBlockStore: withPartition('volumeID'),
  iscsi,
  glusterfs: needs('endpoints', 'path'),
  flocker,
  rbd: needs('monitors', 'image'),
  cinder: (source: Members, field: string): FieldError[] => [
    ...needs('volumeID')(source, field),
    ...validateSecretName(source, 'secretRef', field),
  ],
  cephfs: needs('monitors'),
  fc,
  flexVolume,
  azureFile: needs('secretName', 'shareName'),
  vsphereVolume: needs('volumePath'),
  quobyte,
  photonPersistentDisk: needs('pdID'),
  portworxVolume: needs('volumeID'),
  azureDisk,
  storageos,
  scaleIO: needs('gateway', 'system', 'volumeName'),
} satisfies Record<string, Rule>;
