// Warnings that Kubernetes sends along with a pod's creation; nothing here refuses a pod.
import type { Container, Pod, PodSpec } from '../kinds/pod.ts';
import { own } from '../own.ts';
import { onceForAlike } from '../pod/model/once-for-alike.ts';
import { repeats } from '../repeats.ts';
import { canonicalIp, labelProblems } from '../validation/names.ts';
import { quote } from '../validation/field-errors.ts';
import { labelWarnings, selectorWarnings } from './label-warnings.ts';
import { portWarnings } from './port-warnings.ts';
import { compareQuantities, parseQuantity, roundUp } from '../pod/model/quantity.ts';
import { volumeWarnings } from './volume-warnings.ts';

/** Texts for `Warning: 299 - "…"`, on create only, without duplicates. */
export function podWarnings(pod: Pod): string[] {
  return [...new Set([...nameWarnings(pod.metadata.name ?? ''), ...sharedWarnings(pod)])];
}

const sharedWarnings = onceForAlike((pod) => {
  const { spec } = pod;
  return [
    ...labelWarnings(spec),
    ...volumeWarnings(spec.volumes ?? []),
    ...repeated(
      spec.hostAliases ?? [],
      ({ ip }) => ip,
      (index, ip) => `spec.hostAliases[${index}].ip: duplicate ip ${quote(ip)}`,
    ),
    ...pullSecretWarnings(spec.imagePullSecrets ?? []),
    ...fractionWarnings('spec', { overhead: spec.overhead }),
    ...annotationWarnings(pod),
    ...containersOf(spec).flatMap(([field, container]) => containerWarnings(field, container)),
    ...portWarnings(containersOf(spec)),
    ...(spec.terminationGracePeriodSeconds !== undefined && spec.terminationGracePeriodSeconds < 0
      ? [
          'spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1',
        ]
      : []),
    ...selectorWarnings(spec),
    ...addressWarnings(spec),
  ];
});

const containersOf = (spec: PodSpec): [string, Container][] =>
  (['initContainers', 'containers'] as const).flatMap((list) =>
    (spec[list] ?? []).map((container, index): [string, Container] => [
      `spec.${list}[${index}]`,
      container,
    ]),
  );

function nameWarnings(name: string): string[] {
  const problems = labelProblems(name);
  if (problems.length === 0) return [];
  return [
    `metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [${problems.join(' ')}]`,
  ];
}

const SECCOMP = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/';
const CRITICAL = 'scheduler.alpha.kubernetes.io/critical-pod';
const APPARMOR = 'container.apparmor.security.beta.kubernetes.io/';

function annotationWarnings({ metadata, spec }: Pod): string[] {
  const profiled = (container: Container | undefined): boolean =>
    container?.securityContext?.seccompProfile !== undefined;
  const named = new Map(
    containersOf(spec)
      .reverse()
      .map(([, container]) => [`${SECCOMP_CONTAINER}${container.name}`, container]),
  );
  return Object.keys(metadata.annotations ?? {}).flatMap((key) => {
    const container = named.get(key);
    const seccomp =
      key === SECCOMP
        ? !spec.securityContext?.seccompProfile
        : container !== undefined && !profiled(container);
    if (seccomp)
      return [
        `metadata.annotations[${key}]: non-functional in v1.27+; use the "seccompProfile" field instead`,
      ];
    if (key === CRITICAL)
      return [
        `metadata.annotations[${key}]: non-functional in v1.16+; use the "priorityClassName" field instead`,
      ];
    return key.startsWith(APPARMOR)
      ? [
          `metadata.annotations[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`,
        ]
      : [];
  });
}

function addressWarnings(spec: PodSpec): string[] {
  const addresses: [string, string][] = [
    ...(spec.dnsConfig?.nameservers ?? []).map((address, index): [string, string] => [
      `spec.dnsConfig.nameservers[${index}]`,
      address,
    ]),
    ...(spec.hostAliases ?? []).map(({ ip }, index): [string, string] => [
      `spec.hostAliases[${index}].ip`,
      ip ?? '',
    ]),
  ];
  return addresses.flatMap(([field, address]) => {
    const canonical = canonicalIp(address);
    return canonical === undefined
      ? []
      : [
          `${field}: non-standard IP address "${address}" will be considered invalid in a future Kubernetes release: use "${canonical}"`,
        ];
  });
}

function repeated<T>(
  entries: readonly T[],
  key: (entry: T) => string | undefined,
  text: (index: number, key: string) => string,
): string[] {
  const keys = entries.map((entry) => key(entry) ?? '');
  return [...repeats(keys)].map((index) => text(index, keys[index] ?? ''));
}

function pullSecretWarnings(secrets: NonNullable<PodSpec['imagePullSecrets']>): string[] {
  const field = (index: number): string => `spec.imagePullSecrets[${index}].name`;
  return [
    ...repeated(
      secrets,
      ({ name }) => name,
      (index, name) => `${field(index)}: duplicate name ${quote(name)}`,
    ),
    ...secrets.flatMap(({ name }, index) =>
      name ? [] : [`${field(index)}: invalid empty name ""`],
    ),
  ];
}

function containerWarnings(field: string, container: Container): string[] {
  const { env = [] } = container;
  const second = repeats(env.map(({ name }) => name));
  const hidden = env.flatMap(({ name, value = '', valueFrom }, index) => {
    // A later definition that builds on the former, as in A=$(A):x, hides nothing; A=$(A) alone does.
    const reference = `$(${name})`;
    const hides =
      second.has(index) &&
      (valueFrom !== undefined || value === reference || !value.includes(reference));
    return hides
      ? [
          `${field}.env[${index}]: hides previous definition of ${quote(name)}, which may be dropped when using apply`,
        ]
      : [];
  });
  const { limits, requests } = container.resources ?? {};
  return [...fractionWarnings(`${field}.resources`, { limits, requests }), ...hidden];
}

function fractionWarnings(
  field: string,
  lists: Record<string, Record<string, string> | undefined>,
): string[] {
  return ['memory', 'ephemeral-storage'].flatMap((name) =>
    Object.entries(lists).flatMap(([list, entries]) => {
      const text = own(entries, name);
      const quantity = text === undefined ? undefined : parseQuantity(text);
      if (!quantity || compareQuantities(roundUp(quantity, 0), quantity) === 0) return [];
      return [
        `${field}.${list}[${name}]: fractional byte value ${quote(text ?? '')} is invalid, must be an integer`,
      ];
    }),
  );
}
