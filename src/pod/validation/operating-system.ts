// Rules of `spec.os`: which members the other system's pods may not have.
import type { FieldError } from '../../errors.ts';
import type { PodSpec } from '../../kinds/pod.ts';
import { isMap, own } from '../../own.ts';
import { forbiddenValue, notSupported, required } from '../../validation/field-errors.ts';
import { contextsOf, type Members } from './members.ts';

/** Members of the pod's security context and of the spec itself, in kube-apiserver's order. */
const POD_LINUX = [
  'securityContext.appArmorProfile',
  'securityContext.seLinuxOptions',
  'hostUsers',
  'hostPID',
  'hostIPC',
  'securityContext.seccompProfile',
  'securityContext.fsGroup',
  'securityContext.fsGroupChangePolicy',
  'securityContext.sysctls',
  'shareProcessNamespace',
  'securityContext.runAsUser',
  'securityContext.runAsGroup',
  'securityContext.supplementalGroups',
  'securityContext.supplementalGroupsPolicy',
  'securityContext.seLinuxChangePolicy',
];
/** Of these only true counts. */
const FLAGS = ['hostPID', 'hostIPC'];
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
  if (!name) return [required('spec.os.name')];
  if (name === 'windows') return windowsProblems(spec);
  return name === 'linux'
    ? linuxProblems(spec)
    : [notSupported('spec.os', name, ['linux', 'windows'])];
}

const members = (value: unknown): Members => (isMap(value) ? value : {});

const prefixed = (context: Members): Members =>
  Object.fromEntries(
    Object.entries(context).map(([member, value]) => [`securityContext.${member}`, value]),
  );

function windowsProblems(spec: PodSpec): FieldError[] {
  const given = { ...members(spec), ...prefixed(members(spec.securityContext)) };
  const paths = [
    ...POD_LINUX.filter((member) =>
      FLAGS.includes(member) ? own(given, member) === true : own(given, member) !== undefined,
    ).map((member) => `spec.${member}`),
    ...contextsOf(spec).flatMap(([path, context]) =>
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
    ...contextsOf(spec),
  ];
  return all
    .filter(([, context]) => context['windowsOptions'] !== undefined)
    .map(([path]) =>
      forbiddenValue(`${path}.windowsOptions`, 'windows options cannot be set for a linux pod'),
    );
}
