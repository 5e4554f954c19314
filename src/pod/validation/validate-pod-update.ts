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
import { ipProblems, isIpV6, qualifiedNameProblems } from '../../validation/names.ts';
import { validateMetaTwice, validateObjectMetaUpdate } from '../../validation/object-meta.ts';
import { canonical, ephemeralChanges } from './ephemeral-containers.ts';
import { validateWholePod } from './whole-pod.ts';

type Toleration = NonNullable<PodSpec['tolerations']>[number];

const MAX_INT32 = 2147483647;
const MAY_CHANGE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,' +
  '`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** Problems of an update of the main resource; both defaulted. */
export function validatePodUpdate(next: Pod, old: Pod): FieldError[] {
  const errors = [...validateMetaTwice(next.metadata, old.metadata), ...validateWholePod(next)];
  for (const list of ['containers', 'initContainers'] as const) {
    const { errors: found, stop } = imageChanges(next.spec, old.spec, list);
    errors.push(...found);
    if (stop) return errors;
  }
  errors.push(
    ...deadlineChange(next.spec, old.spec),
    ...tolerationChanges(next.spec.tolerations ?? [], old.spec.tolerations ?? []),
    ...gateChanges(next.spec, old.spec),
  );
  const difference = otherChanges(next.spec, old.spec);
  return difference === undefined
    ? errors
    : [...errors, forbiddenValue('spec', `${MAY_CHANGE}\n${difference}\n`)];
}

function imageChanges(
  next: PodSpec,
  old: PodSpec,
  list: 'containers' | 'initContainers',
): { errors: FieldError[]; stop: boolean } {
  const now = next[list] ?? [];
  if (now.length !== (old[list] ?? []).length) {
    return {
      errors: [
        forbiddenValue(
          `spec.${list}`,
          `pod updates may not add or remove ${list === 'containers' ? 'containers' : 'initContainers'}`,
        ),
      ],
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

function deadlineChange(next: PodSpec, old: PodSpec): FieldError[] {
  const field = 'spec.activeDeadlineSeconds';
  const { activeDeadlineSeconds: now } = next;
  const { activeDeadlineSeconds: before } = old;
  if (now !== undefined) {
    if (now < 0 || now > MAX_INT32)
      return [invalidValue(field, now, `must be between 0 and ${MAX_INT32}, inclusive`)];
    return before !== undefined && now > before
      ? [invalidValue(field, now, 'must be less than or equal to previous value')]
      : [];
  }
  return before === undefined
    ? []
    : [invalidValue(field, null, 'must not update from a positive integer to nil value')];
}

const apartFromSeconds = ({ tolerationSeconds: _, ...rest }: Toleration): string => canonical(rest);

function tolerationChanges(next: readonly Toleration[], old: readonly Toleration[]): FieldError[] {
  const kept = new Set(next.map(apartFromSeconds));
  return old.every((toleration) => kept.has(apartFromSeconds(toleration)))
    ? []
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
    ephemeralContainers: _ephemeral,
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
  const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
  if (
    status.qosClass !== undefined &&
    old.status.qosClass !== undefined &&
    status.qosClass !== old.status.qosClass
  ) {
    errors.push(invalidValue('status.qosClass', status.qosClass, 'field is immutable'));
  }
  for (const list of ['containerStatuses', 'initContainerStatuses'] as const)
    errors.push(...resurrections(next, old, list));
  return [...errors, ...validateIps(status), ...validateConditions(status)];
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

function validateIps(status: PodStatus): FieldError[] {
  const podIPs = status.podIPs ?? (status.podIP ? [{ ip: status.podIP }] : []);
  const { hostIPs = [] }: { hostIPs?: { ip?: string }[] } = { ...status };
  const errors = podIPs.flatMap(({ ip = '' }, index) =>
    invalidEach(`status.podIPs[${index}]`, ip, ipProblems(ip)),
  );
  const families = podIPs.map(({ ip = '' }) => isIpV6(ip));
  if (new Set(families).size < families.length)
    errors.push(
      invalidValue('status.podIPs', podIPs, 'may specify no more than one IP for each IP family'),
    );
  errors.push(
    ...hostIPs.flatMap(({ ip = '' }, index) =>
      invalidEach(`status.hostIPs[${index}]`, ip, ipProblems(ip)),
    ),
  );
  const [first] = hostIPs;
  if (first && status.hostIP !== undefined && first.ip !== status.hostIP)
    errors.push(invalidValue('status.hostIPs[0].ip', first.ip, 'must be equal to `hostIP`'));
  return errors;
}

const SYSTEM_CONDITIONS = [
  'PodScheduled',
  'Ready',
  'Initialized',
  'ContainersReady',
  'DisruptionTarget',
  'PodReadyToStartContainers',
];

function validateConditions(status: PodStatus): FieldError[] {
  return (status.conditions ?? []).flatMap(({ type = '' }, index) =>
    SYSTEM_CONDITIONS.includes(type)
      ? []
      : invalidEach(`status.conditions[${index}].type`, type, qualifiedNameProblems(type)),
  );
}

/** Problems of an update through `/ephemeralcontainers`; all but the ephemeral containers was taken from the stored pod before. */
export function validateEphemeralContainersUpdate(next: Pod, old: Pod): FieldError[] {
  const mirror = old.metadata.annotations?.['kubernetes.io/config.mirror'];
  if (mirror !== undefined)
    return [forbiddenValue('', 'static pods do not support ephemeral containers')];
  return [
    ...validateMetaTwice(next.metadata, old.metadata),
    ...validateWholePod(next),
    ...ephemeralChanges(next, old),
  ];
}
