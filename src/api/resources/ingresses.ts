// Ingresses: accepted because charts contain them; they have no effect, and a warning says so.
import type { FieldError } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { listOf } from '../../own.ts';
import type { Cell } from '../../pod/status/human-duration.ts';
import {
  between,
  invalidEach,
  invalidValue,
  notSupported,
  required,
} from '../../validation/field-errors.ts';
import {
  isIp,
  label1035Problems,
  pathSegmentProblems,
  portNameProblems,
  subdomainProblems,
} from '../../validation/names.ts';
import { age, ageColumn, column, lazyPrinter, nameColumn } from './columns.ts';
import { counted, keepStatus, member, plain, statusOf, text } from './plain.ts';
import type { Strategy } from './strategy.ts';

const SHOWN_HOSTS = 3;

function hostsOf(rules: unknown[]): string {
  const hosts = rules.map((rule) => text(rule, 'host')).filter((host) => host !== '');
  if (hosts.length === 0) return '*';
  return hosts.length > SHOWN_HOSTS
    ? `${hosts.slice(0, SHOWN_HOSTS).join(',')} + ${hosts.length - SHOWN_HOSTS} more...`
    : hosts.join(',');
}

const classOf = (object: KubeObject): string =>
  text(object, 'spec', 'ingressClassName') ||
  text(object.metadata.annotations, 'kubernetes.io/ingress.class') ||
  '<none>';

const addressesOf = (object: KubeObject): string =>
  listOf(member(object, 'status', 'loadBalancer', 'ingress'))
    .map((one) => text(one, 'ip') || text(one, 'hostname'))
    .filter((one) => one !== '')
    .join(',');

function ingressProblems(object: KubeObject): FieldError[] {
  const rules = listOf(member(object, 'spec', 'rules'));
  const fallback = member(object, 'spec', 'defaultBackend');
  if (rules.length === 0 && fallback === undefined)
    return [
      invalidValue('spec', undefined, 'either `defaultBackend` or `rules` must be specified'),
    ];
  const named = member(object, 'spec', 'ingressClassName');
  return [
    ...(typeof named === 'string'
      ? invalidEach('spec.ingressClassName', named, subdomainProblems(named))
      : []),
    ...(fallback === undefined ? [] : backendProblems(fallback, 'spec.defaultBackend')),
    ...listOf(member(object, 'spec', 'tls')).flatMap((tls, index) =>
      tlsProblems(tls, `spec.tls[${index}]`),
    ),
    ...rules.flatMap((rule, index) => ruleProblems(rule, `spec.rules[${index}]`)),
  ];
}

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];

const MAX_PORT = 65535;

const WILDCARD_TEXT =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

const isTooLong = (problem: string): boolean => problem.startsWith('must be no more than');

function hostProblems(host: string): string[] {
  if (!host.includes('*')) return subdomainProblems(host);
  const isWellFormed =
    host.startsWith('*.') && subdomainProblems(host.slice(2)).every((one) => isTooLong(one));
  return [
    ...subdomainProblems(host).filter((one) => isTooLong(one)),
    ...(isWellFormed ? [] : [WILDCARD_TEXT]),
  ];
}

function tlsProblems(tls: unknown, field: string): FieldError[] {
  const secret = text(tls, 'secretName');
  return [
    ...listOf(member(tls, 'hosts')).flatMap((host, index) =>
      invalidEach(`${field}.hosts[${index}]`, String(host), hostProblems(String(host))),
    ),
    ...(secret === '' ? [] : invalidEach(`${field}.secretName`, secret, subdomainProblems(secret))),
  ];
}

function ruleProblems(rule: unknown, field: string): FieldError[] {
  const http = member(rule, 'http');
  const host = text(rule, 'host');
  const paths = listOf(member(http, 'paths'));
  const ofHost =
    host === ''
      ? []
      : invalidEach(`${field}.host`, host, [
          ...(isIp(host) ? ['must be a DNS name, not an IP address'] : []),
          ...hostProblems(host),
        ]);
  if (http !== undefined && paths.length === 0) return [...ofHost, required(`${field}.http.paths`)];
  return [...ofHost, ...pathProblems(paths, field)];
}

function pathProblems(paths: readonly unknown[], field: string): FieldError[] {
  return paths.flatMap((one, index) => {
    const at = `${field}.http.paths[${index}]`;
    if (member(one, 'pathType') === undefined)
      return [required(`${at}.pathType`, 'pathType must be specified')];
    const type = text(one, 'pathType');
    const path = text(one, 'path');
    return [
      ...(PATH_TYPES.includes(type)
        ? invalidEach(`${at}.path`, path, textProblems(type, path))
        : [notSupported(`${at}.pathType`, type, PATH_TYPES)]),
      ...backendProblems(member(one, 'backend'), `${at}.backend`),
    ];
  });
}

const UNCLEAN_PARTS = ['//', '/./', '/../', '%2f', '%2F'];
const UNCLEAN_ENDS = ['/..', '/.'];

/** Problems of a path of a known type: only an implementation's own may be empty or unclean. */
function textProblems(type: string, path: string): string[] {
  const isOwn = type === 'ImplementationSpecific';
  const isAbsolute = path.startsWith('/') || (isOwn && path === '');
  const unclean = [
    ...UNCLEAN_PARTS.filter((part) => path.includes(part)).map(
      (part) => `must not contain '${part}'`,
    ),
    ...UNCLEAN_ENDS.filter((end) => path.endsWith(end)).map((end) => `cannot end with '${end}'`),
  ];
  return [...(isAbsolute ? [] : ['must be an absolute path']), ...(isOwn ? [] : unclean)];
}

function backendProblems(backend: unknown, field: string): FieldError[] {
  const service = member(backend, 'service');
  const resource = member(backend, 'resource');
  if (service === undefined && resource === undefined)
    return [invalidValue(field, '', 'resource or service backend is required')];
  if (service !== undefined && resource !== undefined)
    return [invalidValue(field, '', 'cannot set both resource and service backends')];
  return service === undefined
    ? referenceProblems(resource, `${field}.resource`)
    : serviceProblems(service, field);
}

function serviceProblems(service: unknown, field: string): FieldError[] {
  const name = text(service, 'name');
  const port = text(service, 'port', 'name');
  const number = member(service, 'port', 'number');
  return [
    ...(name === ''
      ? [required(`${field}.service.name`)]
      : invalidEach(`${field}.service.name`, name, label1035Problems(name))),
    ...portProblems(port, typeof number === 'number' ? number : 0, field),
  ];
}

function portProblems(name: string, number: number, field: string): FieldError[] {
  const place = `${field}.service.port`;
  if (name !== '' && number !== 0)
    return [invalidValue(field, '', 'cannot set both port name & port number')];
  if (name !== '') return invalidEach(`${place}.name`, name, portNameProblems(name));
  return number === 0
    ? [required(field, 'port name or number is required')]
    : between(`${place}.number`, number, 1, MAX_PORT);
}

/** Problems of a reference to an object of any kind. */
export function referenceProblems(reference: unknown, field: string): FieldError[] {
  const group = member(reference, 'apiGroup');
  const part = (name: string): FieldError[] =>
    text(reference, name) === ''
      ? [required(`${field}.${name}`)]
      : invalidEach(
          `${field}.${name}`,
          text(reference, name),
          pathSegmentProblems(text(reference, name)),
        );
  return [
    ...(typeof group === 'string'
      ? invalidEach(`${field}.apiGroup`, group, subdomainProblems(group))
      : []),
    ...part('kind'),
    ...part('name'),
  ];
}

/** The main endpoint, which may not write the status. */
export const ingresses: Strategy = {
  ...plain,
  ...counted,
  printer: lazyPrinter(
    () => [
      nameColumn(),
      column(
        'Class',
        'The name of the IngressClass resource that should be used for additional configuration',
      ),
      column('Hosts', 'Hosts that incoming requests are matched against before the ingress rule'),
      column('Address', 'Address is a list containing ingress points for the load-balancer'),
      column('Ports', 'Ports of TLS configurations that open'),
      ageColumn(),
    ],
    (object): Cell[] => [
      object.metadata.name ?? '',
      classOf(object),
      hostsOf(listOf(member(object, 'spec', 'rules'))),
      addressesOf(object),
      listOf(member(object, 'spec', 'tls')).length > 0 ? '80, 443' : '80',
      age(object),
    ],
  ),
  defaults: (object) => ({ ...object, status: object['status'] ?? { loadBalancer: {} } }),
  prepareForCreate: (object, call) => ({
    ...counted.prepareForCreate(object, call),
    status: { loadBalancer: {} },
  }),
  prepareForUpdate: keepStatus,
  validate: (object, call) => [...plain.validate(object, call), ...ingressProblems(object)],
  validateUpdate: (next, old, call) => [
    ...plain.validateUpdate(next, old, call),
    ...ingressProblems(next),
  ],
  warnings: () => [
    'spec: stored, but nothing in droppod routes by an Ingress; reach pods by port-forward or at their own address',
  ],
  resetFields: ['status'],
};

/** `/status` of ingresses. */
export const ingressStatus: Strategy = statusOf(ingresses);
