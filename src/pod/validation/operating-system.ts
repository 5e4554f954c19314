// Rules of `spec.os`: which members the other system's pods may not have.
import type { FieldError } from '../../errors.ts';
import type { PodSpec } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import { forbiddenValue, notSupported, required } from '../../validation/field-errors.ts';
import { isObject, type Members } from './members.ts';

const POD_LINUX = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
  'supplementalGroupsPolicy',
];
const CONTAINER_LINUX = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
];

/** Problems of `spec.os` and of members that do not go with it. */
export function validateOs(spec: PodSpec): FieldError[] {
  const name = spec.os?.name;
  if (!spec.os) return [];
  if (!name) return [required('spec.os.name', 'cannot be empty')];
  if (name === 'windows') return windowsProblems(spec);
  return name === 'linux'
    ? linuxProblems(spec)
    : [notSupported('spec.os', name, ['linux', 'windows'])];
}

const members = (value: unknown): Members => (isObject(value) ? value : {});
const contexts = (spec: PodSpec): [string, Members][] =>
  (['containers', 'initContainers'] as const).flatMap((list) =>
    (spec[list] ?? []).map(({ securityContext }, index): [string, Members] => [
      `spec.${list}[${index}].securityContext`,
      members(securityContext),
    ]),
  );

function windowsProblems(spec: PodSpec): FieldError[] {
  const pod = members(spec.securityContext);
  const shared = (['hostUsers', 'hostPID', 'hostIPC'] as const)
    .filter((member) => spec[member])
    .map((member) => `spec.${member}`);
  const paths = [
    ...POD_LINUX.filter((member) => own(pod, member) !== undefined).map(
      (member) => `spec.securityContext.${member}`,
    ),
    ...shared,
    ...(spec.shareProcessNamespace ? ['spec.securityContext.shareProcessNamespace'] : []),
    ...contexts(spec).flatMap(([path, context]) =>
      CONTAINER_LINUX.filter((member) => own(context, member) !== undefined).map(
        (member) => `${path}.${member}`,
      ),
    ),
  ];
  return paths.map((path) => forbiddenValue(path, 'cannot be set for a windows pod'));
}

function linuxProblems(spec: PodSpec): FieldError[] {
  const all: [string, Members][] = [
    ['spec.securityContext', members(spec.securityContext)],
    ...contexts(spec),
  ];
  return all
    .filter(([, context]) => context['windowsOptions'] !== undefined)
    .map(([path]) =>
      forbiddenValue(`${path}.windowsOptions`, 'windows options cannot be set for a linux pod'),
    );
}
