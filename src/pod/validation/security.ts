// Rules of the security contexts of containers and pod.
import type { FieldError } from '../../errors.ts';
import type { Container, PodSpec } from '../../kinds/pod.ts';
import { repeats } from '../../repeats.ts';
import {
  between,
  duplicate,
  invalidEach,
  invalidValue,
  notSupported,
  oneOf,
  required,
} from '../../validation/field-errors.ts';
import { relativePathProblems } from '../../validation/names.ts';
import { validateWindowsOptions } from './windows-options.ts';

type Context = NonNullable<Container['securityContext']>;
type Profile = { type?: string; localhostProfile?: string };

const MAX_ID = 2147483647;
const PROFILES = ['Localhost', 'RuntimeDefault', 'Unconfined'];
const SYSCTL = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;
const SYSCTL_TEXT =
  'must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$';
const SYSCTL_LENGTH = 253;

const validateId = (field: string, id: number | undefined): FieldError[] =>
  id === undefined ? [] : between(field, id, 0, MAX_ID);

function validateAppArmor(profile: Profile | undefined, field: string): FieldError[] {
  const wrong = typeProblems(profile, field, 'appArmorProfile');
  if (!profile || wrong.length > 0) return wrong;
  const { type, localhostProfile } = profile;
  const own = `${field}.localhostProfile`;
  if (type === 'Localhost')
    return localhostProfile ? [] : [required(own, 'must be set when AppArmor type is Localhost')];
  return localhostProfile === undefined
    ? []
    : [invalidValue(own, localhostProfile, 'can only be set when AppArmor type is Localhost')];
}

function typeProblems(profile: Profile | undefined, field: string, member: string): FieldError[] {
  if (!profile) return [];
  const { type } = profile;
  if (!type) return [required(`${field}.type`, `type is required when ${member} is set`)];
  return PROFILES.includes(type) ? [] : [notSupported(`${field}.type`, type, PROFILES)];
}

/** Problems of a seccomp profile, whose file lies below the kubelet's folder. */
function validateSeccomp(profile: Profile | undefined, field: string): FieldError[] {
  const errors = typeProblems(profile, field, 'seccompProfile');
  if (!profile) return errors;
  const { type = '', localhostProfile } = profile;
  const own = `${field}.localhostProfile`;
  if (type !== 'Localhost') {
    if (localhostProfile !== undefined)
      errors.push(
        invalidValue(
          own,
          { Type: type, LocalhostProfile: localhostProfile },
          'can only be set when seccomp type is Localhost',
        ),
      );
  } else if (localhostProfile === undefined) {
    errors.push(required(own, 'must be set when seccomp type is Localhost'));
  } else {
    errors.push(...invalidEach(own, localhostProfile, relativePathProblems(localhostProfile)));
  }
  return errors;
}

/** Problems of one container's security context; `userNamespace` is true where `hostUsers` is false. */
export function validateContainerSecurity(
  context: Context,
  field: string,
  userNamespace: boolean,
): FieldError[] {
  return [
    ...validateId(`${field}.runAsUser`, context.runAsUser),
    ...validateId(`${field}.runAsGroup`, context.runAsGroup),
    ...validateProcMount(context, `${field}.procMount`, userNamespace),
    ...validateSeccomp(context.seccompProfile, `${field}.seccompProfile`),
    ...validateEscalation(context, field),
    ...validateWindowsOptions(context.windowsOptions, field),
    ...validateAppArmor(context.appArmorProfile, `${field}.appArmorProfile`),
  ];
}

function validateProcMount(
  { procMount }: Context,
  field: string,
  userNamespace: boolean,
): FieldError[] {
  if (procMount === undefined) return [];
  const errors = oneOf(field, procMount, ['Default', 'Unmasked']);
  return procMount === 'Unmasked' && !userNamespace
    ? [...errors, invalidValue(field, procMount, '`hostUsers` must be false to use `Unmasked`')]
    : errors;
}

function validateEscalation(context: Context, field: string): FieldError[] {
  if (context.allowPrivilegeEscalation !== false) return [];
  const errors: FieldError[] = [];
  const cannot = (what: string): void => {
    errors.push(
      invalidValue(
        field,
        internalForm(context),
        `cannot set \`allowPrivilegeEscalation\` to false and ${what}`,
      ),
    );
  };
  if (context.privileged) cannot('`privileged` to true');
  for (const capability of context.capabilities?.add ?? []) {
    if (capability === 'CAP_SYS_ADMIN') cannot('`capabilities.Add` CAP_SYS_ADMIN');
  }
  return errors;
}

// Kubernetes shows its internal structure here, with Go's names.
function internalForm(context: Context): Record<string, unknown> {
  const { capabilities, seLinuxOptions: labels } = context;
  const profile = (of: Profile | undefined): unknown =>
    of ? { Type: of.type ?? '', LocalhostProfile: of.localhostProfile ?? null } : null;
  return {
    Capabilities: capabilities
      ? { Add: capabilities.add ?? null, Drop: capabilities.drop ?? null }
      : null,
    Privileged: context.privileged ?? null,
    SELinuxOptions: labels
      ? {
          User: labels.user ?? '',
          Role: labels.role ?? '',
          Type: labels.type ?? '',
          Level: labels.level ?? '',
        }
      : null,
    WindowsOptions: context.windowsOptions ?? null,
    RunAsUser: context.runAsUser ?? null,
    RunAsGroup: context.runAsGroup ?? null,
    RunAsNonRoot: context.runAsNonRoot ?? null,
    ReadOnlyRootFilesystem: context.readOnlyRootFilesystem ?? null,
    AllowPrivilegeEscalation: context.allowPrivilegeEscalation ?? null,
    ProcMount: context.procMount ?? null,
    SeccompProfile: profile(context.seccompProfile),
    AppArmorProfile: profile(context.appArmorProfile),
  };
}

/** Problems of the pod's security context. */
export function validatePodSecurity(spec: PodSpec): FieldError[] {
  const context = spec.securityContext;
  const field = 'spec.securityContext';
  if (!context) return [];
  const policies = {
    supplementalGroupsPolicy: undefined,
    seLinuxChangePolicy: undefined,
    ...context,
  };
  return [
    ...validateId(`${field}.fsGroup`, context.fsGroup),
    ...validateId(`${field}.runAsUser`, context.runAsUser),
    ...validateId(`${field}.runAsGroup`, context.runAsGroup),
    ...(context.supplementalGroups ?? []).flatMap((group, index) =>
      validateId(`${field}.supplementalGroups[${index}]`, group),
    ),
    ...(spec.shareProcessNamespace && spec.hostPID
      ? [
          invalidValue(
            `${field}.shareProcessNamespace`,
            true,
            'ShareProcessNamespace and HostPID cannot both be enabled',
          ),
        ]
      : []),
    ...validateSysctls(spec, `${field}.sysctls`),
    ...(context.fsGroupChangePolicy === undefined
      ? []
      : oneOf(`${field}.fsGroupChangePolicy`, context.fsGroupChangePolicy, [
          'Always',
          'OnRootMismatch',
        ])),
    ...validateSeccomp(context.seccompProfile, `${field}.seccompProfile`),
    ...validateWindowsOptions(context.windowsOptions, field),
    ...validateAppArmor(context.appArmorProfile, `${field}.appArmorProfile`),
    ...(policies.supplementalGroupsPolicy === undefined
      ? []
      : oneOf(`${field}.supplementalGroupsPolicy`, policies.supplementalGroupsPolicy, [
          'Merge',
          'Strict',
        ])),
    ...(policies.seLinuxChangePolicy === undefined
      ? []
      : oneOf(`${field}.seLinuxChangePolicy`, policies.seLinuxChangePolicy, ['Recursive'])),
  ];
}

function validateSysctls(spec: PodSpec, field: string): FieldError[] {
  const sysctls = spec.securityContext?.sysctls ?? [];
  const second = repeats(sysctls.map(({ name }) => name));
  return sysctls.flatMap(({ name }, index) => {
    const own = `${field}[${index}].name`;
    if (!name) return [required(own)];
    const errors =
      name.length <= SYSCTL_LENGTH && SYSCTL.test(name)
        ? []
        : [invalidValue(own, name, SYSCTL_TEXT)];
    // A name in the form with slashes counts as the one with dots only for the namespace, not for duplicates (measured).
    if (second.has(index)) errors.push(duplicate(own, name));
    const dotted = name.replaceAll('/', '.');
    if (spec.hostNetwork && dotted.startsWith('net.'))
      errors.push(invalidValue(own, name, "may not be specified when 'hostNetwork' is true"));
    if (spec.hostIPC && /^(kernel\.(shm|msg|sem)|fs\.mqueue\.)/.test(dotted))
      errors.push(invalidValue(own, name, "may not be specified when 'hostIPC' is true"));
    return errors;
  });
}
