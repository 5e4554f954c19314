// What an update of a pod may change: through the pod itself, through /status, through /ephemeralcontainers.
import type { FieldError } from '../../errors.ts';
import type { Pod, PodSpec, PodStatus } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import {
  forbiddenValue,
  invalidEach,
  invalidValue,
  quote,
  required,
} from '../../validation/field-errors.ts';
import {
  ipProblems,
  isIpV6,
  qualifiedNameProblems,
  subdomainProblems,
} from '../../validation/names.ts';
import { validateObjectMetaUpdate } from '../../validation/object-meta.ts';
import { validatePodAnnotations } from './annotations.ts';
import { canonical, ephemeralChanges } from './ephemeral-containers.ts';
import { textOf } from './members.ts';
import { validateTolerations } from './scheduling.ts';
import { validateWholePod } from './whole-pod.ts';

type Toleration = NonNullable<PodSpec['tolerations']>[number];

const MAX_INT32 = 2147483647;
const MAY_CHANGE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,' +
  '`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** Problems of an update of the main resource; both defaulted. */
export function validatePodUpdate(next: Pod, old: Pod): FieldError[] {
  const errors = [
    ...validateObjectMetaUpdate(next.metadata, old.metadata),
    ...validateWholePod(next),
    // Kubernetes checks them again with what of them may change, and answers each problem twice.
    ...validatePodAnnotations(next),
  ];
  for (const list of ['containers', 'initContainers'] as const) {
    const { errors: found, stop } = imageChanges(next.spec, old.spec, list);
    errors.push(...found);
    if (stop) return errors;
  }
  const deadline = deadlineChange(next.spec, old.spec);
  errors.push(...deadline.errors);
  if (deadline.stop) return errors;
  errors.push(
    ...tolerationChanges(next.spec.tolerations ?? [], old.spec.tolerations ?? []),
    ...gateChanges(next.spec, old.spec),
  );
  const difference = otherChanges(next.spec, old.spec);
  return difference === undefined
    ? errors
    : [...errors, forbiddenValue('spec', `${MAY_CHANGE}\n${difference}\n`)];
}

/** `stop`: kube-apiserver compares nothing further. */
interface Changes {
  errors: FieldError[];
  stop: boolean;
}

function imageChanges(next: PodSpec, old: PodSpec, list: 'containers' | 'initContainers'): Changes {
  const now = next[list] ?? [];
  if (now.length !== (old[list] ?? []).length) {
    return {
      errors: [forbiddenValue(`spec.${list}`, 'pod updates may not add or remove containers')],
      stop: true,
    };
  }
  return {
    errors: now.flatMap(({ image }, index) =>
      image ? [] : [required(`spec.${list}[${index}].image`)],
    ),
    stop: false,
  };
}

function deadlineChange(next: PodSpec, old: PodSpec): Changes {
  const field = 'spec.activeDeadlineSeconds';
  const { activeDeadlineSeconds: now } = next;
  const { activeDeadlineSeconds: before } = old;
  const problem = (why: string, stop: boolean): Changes => ({
    errors: [invalidValue(field, now ?? null, why)],
    stop,
  });
  if (now === undefined)
    return before === undefined
      ? { errors: [], stop: false }
      : problem('must not update from a positive integer to nil value', false);
  if (now < 0 || now > MAX_INT32)
    return problem(`must be between 0 and ${MAX_INT32}, inclusive`, true);
  return before !== undefined && now > before
    ? problem('must be less than or equal to previous value', true)
    : { errors: [], stop: false };
}

const apartFromSeconds = ({ tolerationSeconds: _, ...rest }: Toleration): string => canonical(rest);

function tolerationChanges(next: Toleration[], old: readonly Toleration[]): FieldError[] {
  const kept = new Set(next.map(apartFromSeconds));
  return old.every((toleration) => kept.has(apartFromSeconds(toleration)))
    ? validateTolerations(next)
    : [
        forbiddenValue(
          'spec.tolerations',
          'existing toleration can not be modified except its tolerationSeconds',
        ),
      ];
}

function gateChanges(next: PodSpec, old: PodSpec): FieldError[] {
  const before = new Set((old.schedulingGates ?? []).map(({ name }) => name));
  return (next.schedulingGates ?? []).flatMap(({ name }, index) =>
    before.has(name)
      ? []
      : [
          forbiddenValue(
            `spec.schedulingGates[${index}].name`,
            `only deletion is allowed, but found new scheduling gate '${name}'`,
          ),
        ],
  );
}

/** The spec without what an update may change; a gated pod may also narrow where it runs. */
function fixedPart(spec: PodSpec, gated: boolean): Record<string, unknown> {
  const withoutImage = ({ image: _, ...rest }: PodSpec['containers'][number]): object => rest;
  const {
    containers,
    initContainers,
    activeDeadlineSeconds: _deadline,
    tolerations: _tolerations,
    schedulingGates: _gates,
    ...rest
  } = spec;
  const { nodeSelector: _selector, affinity: _affinity, ...ungated } = rest;
  return {
    ...(gated ? ungated : rest),
    containers: containers.map(withoutImage),
    ...(initContainers && { initContainers: initContainers.map(withoutImage) }),
  };
}

/** Lines of what changed though it may not; undefined: nothing. */
function otherChanges(next: PodSpec, old: PodSpec): string | undefined {
  const gated = (old.schedulingGates ?? []).length > 0;
  const before = fixedPart(old, gated);
  const after = fixedPart(next, gated);
  const wasNegative = (old.terminationGracePeriodSeconds ?? 0) < 0;
  const members = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const changed = members.filter((member) => {
    if (member === 'terminationGracePeriodSeconds' && wasNegative && after[member] === 1)
      return false;
    return canonical(own(before, member)) !== canonical(own(after, member));
  });
  if (changed.length === 0) return gated ? narrowing(next, old) : undefined;
  return changed
    .map(
      (member) =>
        `-${member}: ${canonical(own(before, member))}\n+${member}: ${canonical(own(after, member))}`,
    )
    .join('\n');
}

function narrowing(next: PodSpec, old: PodSpec): string | undefined {
  const lost = Object.entries(old.nodeSelector ?? {}).filter(
    ([key, value]) => own(next.nodeSelector, key) !== value,
  );
  return lost.length === 0
    ? undefined
    : lost.map(([key, value]) => `-nodeSelector[${key}]: ${quote(value)}`).join('\n');
}

/** Problems of an update through `/status`; spec and most metadata were taken from the stored pod before. */
export function validatePodStatusUpdate(next: Pod, old: Pod): FieldError[] {
  const { status } = next;
  const errors = [
    ...validateObjectMetaUpdate(next.metadata, old.metadata),
    ...validateConditions(status),
    ...nominatedNode(next, old),
    ...notBelowZero('status.observedGeneration', status),
  ];
  if (
    status.qosClass !== undefined &&
    old.status.qosClass !== undefined &&
    status.qosClass !== old.status.qosClass
  ) {
    errors.push(invalidValue('status.qosClass', status.qosClass, 'field is immutable'));
  }
  for (const list of ['containerStatuses', 'initContainerStatuses'] as const)
    errors.push(...resurrections(next, old, list));
  return [...errors, ...claimStatuses(next), ...validatePodIps(status), ...validateHostIps(status)];
}

function nominatedNode(next: Pod, old: Pod): FieldError[] {
  const name = textOf({ ...next.status }, 'nominatedNodeName');
  if (name === '' || name === textOf({ ...old.status }, 'nominatedNodeName')) return [];
  const field = 'status.nominatedNodeName';
  return [
    ...invalidEach(field, name, subdomainProblems(name)),
    ...(old.spec.nodeName
      ? [forbiddenValue(field, 'may not be set on pods that are already bound to a node')]
      : []),
  ];
}

function claimStatuses({ spec, status }: Pod): FieldError[] {
  const { resourceClaimStatuses = [] }: { resourceClaimStatuses?: { name?: string }[] } = {
    ...status,
  };
  const claims = new Set((spec.resourceClaims ?? []).map(({ name }) => name));
  return resourceClaimStatuses.flatMap(({ name = '' }, index) =>
    claims.has(name)
      ? []
      : [
          invalidValue(
            `status.resourceClaimStatuses[${index}].name`,
            name,
            'must match the name of an entry in `spec.resourceClaims`',
          ),
        ],
  );
}

function resurrections(
  next: Pod,
  old: Pod,
  list: 'containerStatuses' | 'initContainerStatuses',
): FieldError[] {
  const policy = next.spec.restartPolicy;
  if (policy === 'Always') return [];
  return (old.status[list] ?? []).flatMap((was) => {
    const { terminated } = was.state ?? {};
    const index = (next.status[list] ?? []).findIndex(({ name }) => name === was.name);
    const now = next.status[list]?.[index];
    const container = [...next.spec.containers, ...(next.spec.initContainers ?? [])].find(
      ({ name }) => name === was.name,
    );
    const mayRestart =
      container?.restartPolicy !== undefined ||
      (policy === 'OnFailure' && terminated?.exitCode !== 0);
    if (!terminated || !now || now.state?.terminated || mayRestart) return [];
    return [
      forbiddenValue(
        `status.${list}[${index}].state`,
        'may not be transitioned to non-terminated state',
      ),
    ];
  });
}

function validatePodIps(status: PodStatus): FieldError[] {
  const podIPs = status.podIPs ?? (status.podIP ? [{ ip: status.podIP }] : []);
  return validateIps('status.podIPs', podIPs);
}

function validateHostIps(status: PodStatus): FieldError[] {
  const { hostIPs = [] }: { hostIPs?: { ip?: string }[] } = { ...status };
  const [first] = hostIPs;
  if (first === undefined) return [];
  const errors = validateIps('status.hostIPs', hostIPs);
  return first.ip === status.hostIP
    ? errors
    : [
        invalidValue('status.hostIPs[0].ip', first.ip ?? '', 'must be equal to `hostIP`'),
        ...errors,
      ];
}

/** Each is an address; two are a pair of both families, more are too many. */
function validateIps(field: string, list: readonly { ip?: string }[]): FieldError[] {
  const errors = list.flatMap(({ ip = '' }, index) =>
    invalidEach(`${field}[${index}]`, ip, ipProblems(ip)),
  );
  if (list.length < 2) return errors;
  const wrong = list.findIndex(({ ip = '' }) => ipProblems(ip).length > 0);
  if (wrong >= 0)
    errors.push({
      field,
      reason: 'InternalError',
      message: `Internal error: failed to check for dual stack with error:invalid IP[${wrong}]: ${list[wrong]?.ip ?? ''}`,
    });
  const families = new Set(list.map(({ ip = '' }) => isIpV6(ip)));
  if (wrong < 0 && families.size === 2 && list.length === 2) return errors;
  const shown = list.map(({ ip = '' }) => ({ IP: ip }));
  return [
    ...errors,
    invalidValue(field, shown, 'may specify no more than one IP for each IP family'),
  ];
}

/** The other conditions of kube-apiserver's own have good names. */
const SYSTEM_CONDITIONS = ['PodScheduled', 'Ready', 'Initialized'];

function validateConditions(status: PodStatus): FieldError[] {
  return (status.conditions ?? []).flatMap((condition, index) => {
    const { type = '' } = condition;
    const field = `status.conditions[${index}]`;
    return [
      ...notBelowZero(`${field}.observedGeneration`, condition),
      ...(SYSTEM_CONDITIONS.includes(type)
        ? []
        : invalidEach(`${field}.Type`, type, qualifiedNameProblems(type))),
    ];
  });
}

function notBelowZero(field: string, object: { observedGeneration?: unknown }): FieldError[] {
  const { observedGeneration: value } = object;
  return typeof value === 'number' && value < 0
    ? [invalidValue(field, value, 'must be a non-negative integer')]
    : [];
}

/** Problems of an update through `/ephemeralcontainers`; all but the ephemeral containers was taken from the stored pod before. */
export function validateEphemeralContainersUpdate(next: Pod, old: Pod): FieldError[] {
  const mirror = old.metadata.annotations?.['kubernetes.io/config.mirror'];
  if (mirror !== undefined)
    return [forbiddenValue('', 'static pods do not support ephemeral containers')];
  return [
    ...validateObjectMetaUpdate(next.metadata, old.metadata),
    ...validateWholePod(next),
    ...ephemeralChanges(next, old),
  ];
}
