// Rules of DNS, host names and host aliases, and of sharing the node's namespaces.
import type { FieldError } from '../../errors.ts';
import type { PodSpec } from '../../kinds/pod.ts';
import {
  forbiddenValue,
  invalidEach,
  invalidValue,
  required,
  tooLong,
} from '../../validation/field-errors.ts';
import { ipProblems, searchPathProblems, subdomainProblems } from '../../validation/names.ts';

const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARACTERS = 2048;
const MAX_HOSTNAME = 64;

/** Problems of `spec.dnsConfig`. */
export function validateDns({ dnsPolicy, dnsConfig }: PodSpec): FieldError[] {
  const field = 'spec.dnsConfig';
  if (dnsPolicy === 'None' && !dnsConfig)
    return [required(field, 'must provide `dnsConfig` when `dnsPolicy` is None')];
  const { nameservers = [], searches = [], options = [] } = dnsConfig ?? {};
  if (dnsPolicy === 'None' && nameservers.length === 0)
    return [
      required(
        `${field}.nameservers`,
        'must provide at least one DNS nameserver when `dnsPolicy` is None',
      ),
    ];
  const errors: FieldError[] = [];
  if (nameservers.length > MAX_NAMESERVERS)
    errors.push(
      invalidValue(
        `${field}.nameservers`,
        nameservers,
        `must not have more than ${MAX_NAMESERVERS} nameservers`,
      ),
    );
  errors.push(
    ...nameservers.flatMap((address, index) =>
      invalidEach(`${field}.nameservers[${index}]`, address, ipProblems(address)),
    ),
  );
  if (searches.length > MAX_SEARCHES)
    errors.push(
      invalidValue(
        `${field}.searches`,
        searches,
        `must not have more than ${MAX_SEARCHES} search paths`,
      ),
    );
  if (searches.join(' ').length > MAX_SEARCH_CHARACTERS) {
    errors.push(
      invalidValue(
        `${field}.searches`,
        searches,
        `must not have more than ${MAX_SEARCH_CHARACTERS} characters (including spaces) in the search list`,
      ),
    );
  }
  errors.push(
    ...searches.flatMap((path, index) =>
      invalidEach(`${field}.searches[${index}]`, path, searchPathProblems(path)),
    ),
  );
  return [
    ...errors,
    ...options.flatMap((option, index) => validateOption(option, `${field}.options[${index}]`)),
  ];
}

// Kubernetes takes any text; a line break in it would be further lines of resolv.conf.
function validateOption(
  { name = '', value = '' }: { name?: string; value?: string },
  field: string,
): FieldError[] {
  if (name === '') return [required(field, 'must not be empty')];
  return Object.entries({ name, value }).flatMap(([member, text]) =>
    /\p{Cc}/u.test(text)
      ? [invalidValue(`${field}.${member}`, text, 'must not contain control characters')]
      : [],
  );
}

/** Problems of `spec.hostAliases`. */
export function validateHostAliases(aliases: NonNullable<PodSpec['hostAliases']>): FieldError[] {
  return aliases.flatMap(({ ip, hostnames = [] }, index) => {
    const field = `spec.hostAliases[${index}]`;
    return [
      ...invalidEach(`${field}.ip`, ip ?? '', ipProblems(ip ?? '')),
      ...hostnames.flatMap((name, at) =>
        invalidEach(`${field}.hostnames[${at}]`, name, subdomainProblems(name)),
      ),
    ];
  });
}

/** Ports of a pod in the node's network must be the node's ports. */
export function validateHostNetworkPorts(spec: PodSpec): FieldError[] {
  if (!spec.hostNetwork) return [];
  return (['containers', 'initContainers'] as const).flatMap((list) =>
    (spec[list] ?? []).flatMap((container, index) =>
      (container.ports ?? []).flatMap((port, at) =>
        port.hostPort === port.containerPort
          ? []
          : [
              invalidValue(
                `spec.${list}[${index}].ports[${at}].hostPort`,
                port.hostPort,
                'must match `containerPort` when `hostNetwork` is true',
              ),
            ],
      ),
    ),
  );
}

/** A pod with users of its own may not share the node's namespaces. */
export function validateHostUsers(spec: PodSpec): FieldError[] {
  if (spec.hostUsers !== false) return [];
  const shared: [string, boolean | undefined][] = [
    ['hostNetwork', spec.hostNetwork],
    ['HostPID', spec.hostPID],
    ['HostIPC', spec.hostIPC],
  ];
  return shared
    .filter(([, on]) => on)
    .map(([member]) => forbiddenValue(`spec.${member}`, 'when `hostUsers` is false'));
}

/** Problems of `spec.hostnameOverride`. */
export function validateHostnameOverride(spec: PodSpec): FieldError[] {
  const name = spec.hostnameOverride;
  const field = 'spec.hostnameOverride';
  if (name === undefined) return [];
  const errors: FieldError[] = [];
  if (spec.setHostnameAsFQDN)
    errors.push(forbiddenValue(field, 'may not be specified when setHostnameAsFQDN is true'));
  if (spec.hostNetwork)
    errors.push(forbiddenValue(field, 'may not be specified when hostNetwork is true'));
  if (name.length > MAX_HOSTNAME) errors.push(tooLong(field, MAX_HOSTNAME));
  return [...errors, ...invalidEach(field, name, subdomainProblems(name))];
}
