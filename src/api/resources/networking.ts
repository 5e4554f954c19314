// Ingress, IngressClass and NetworkPolicy: accepted because charts contain them; they have no effect, and a warning says so.
import type { FieldError } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { isMap, listOf, own } from '../../own.ts';
import type { LabelSelector } from '../../pod/placement/selection.ts';
import type { Cell } from '../../pod/status/human-duration.ts';
import { present } from '../../present.ts';
import { invalidValue, notSupported, required } from '../../validation/field-errors.ts';
import { age, ageColumn, column, lazyPrinter, nameColumn } from './columns.ts';
import { keepStatus, member, plain, statusOf, text } from './plain.ts';
import type { Strategy } from './strategy.ts';
import { selectorText } from './template-columns.ts';

/** A kind with a generation, from 1. */
const counted: Pick<Strategy, 'generation' | 'prepareForCreate'> = {
  generation: true,
  prepareForCreate: (object) => ({
    ...object,
    metadata: { ...object.metadata, generation: 1 },
  }),
};

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
  return [
    ...(fallback === undefined ? [] : backendProblems(fallback, 'spec.defaultBackend')),
    ...rules.flatMap((rule, index) => ruleProblems(rule, `spec.rules[${index}]`)),
  ];
}

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];

function ruleProblems(rule: unknown, field: string): FieldError[] {
  const http = member(rule, 'http');
  const paths = listOf(member(http, 'paths'));
  if (http !== undefined && paths.length === 0) return [required(`${field}.http.paths`)];
  return paths.flatMap((one, index) => {
    const at = `${field}.http.paths[${index}]`;
    const type = text(one, 'pathType');
    const path = text(one, 'path');
    const isAbsolute = path.startsWith('/') || (type === 'ImplementationSpecific' && path === '');
    return [
      ...(type === ''
        ? [required(`${at}.pathType`, 'pathType must be specified')]
        : PATH_TYPES.includes(type)
          ? []
          : [notSupported(`${at}.pathType`, type, PATH_TYPES)]),
      ...(type === '' || isAbsolute
        ? []
        : [invalidValue(`${at}.path`, path, 'must be an absolute path')]),
      ...backendProblems(member(one, 'backend'), `${at}.backend`),
    ];
  });
}

function backendProblems(backend: unknown, field: string): FieldError[] {
  const service = member(backend, 'service');
  const resource = member(backend, 'resource');
  if (service === undefined && resource === undefined)
    return [required(field, 'resource or service backend is required')];
  if (service !== undefined && resource !== undefined)
    return [invalidValue(field, '', 'cannot set both resource and service backends')];
  if (service === undefined) return [];
  const port = member(service, 'port');
  return [
    ...(text(service, 'name') === '' ? [required(`${field}.service.name`)] : []),
    ...(text(port, 'name') === '' && text(port, 'number') === ''
      ? [required(`${field}.service.port`, 'port name or number is required')]
      : []),
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

function parametersOf(object: KubeObject): string {
  const parameters = member(object, 'spec', 'parameters');
  if (!isMap(parameters)) return '<none>';
  const group = text(parameters, 'apiGroup');
  return `${text(parameters, 'kind')}${group === '' ? '' : `.${group}`}/${text(parameters, 'name')}`;
}

export const ingressClasses: Strategy = {
  ...plain,
  ...counted,
  printer: lazyPrinter(
    () => [
      nameColumn(),
      column('Controller', 'Controller that is responsible for handling this class'),
      column('Parameters', 'A reference to a resource with additional parameters'),
      ageColumn(),
    ],
    (object): Cell[] => [
      object.metadata.name ?? '',
      text(object, 'spec', 'controller'),
      parametersOf(object),
      age(object),
    ],
  ),
  validate: (object, call) => [...plain.validate(object, call), ...controllerProblems(object)],
  validateUpdate: (next, old, call) => [
    ...plain.validateUpdate(next, old, call),
    ...(text(next, 'spec', 'controller') === text(old, 'spec', 'controller')
      ? []
      : [invalidValue('spec.controller', text(next, 'spec', 'controller'), 'field is immutable')]),
  ],
};

const controllerProblems = (object: KubeObject): FieldError[] =>
  text(object, 'spec', 'controller') === '' ? [required('spec.controller')] : [];

const withProtocols = (rule: unknown): unknown =>
  isMap(rule) && Array.isArray(rule['ports'])
    ? {
        ...rule,
        ports: rule['ports'].map((port: unknown) =>
          isMap(port) ? { protocol: 'TCP', ...port } : port,
        ),
      }
    : rule;

function defaultPolicy(object: KubeObject): KubeObject {
  const spec = object['spec'];
  if (!isMap(spec)) return object;
  const rules = (name: string) => {
    const listed = own(spec, name);
    return Array.isArray(listed) ? listed.map(withProtocols) : undefined;
  };
  const egress = rules('egress');
  return {
    ...object,
    spec: {
      ...spec,
      ...present({ ingress: rules('ingress'), egress }),
      policyTypes: spec['policyTypes'] ?? [
        'Ingress',
        ...(egress !== undefined && egress.length > 0 ? ['Egress'] : []),
      ],
    },
  };
}

export const networkPolicies: Strategy = {
  ...plain,
  ...counted,
  printer: lazyPrinter(
    () => [
      nameColumn(),
      column('Pod-Selector', 'Selects the pods to which this NetworkPolicy applies'),
      ageColumn(),
    ],
    (object): Cell[] => {
      const selector = member(object, 'spec', 'podSelector');
      return [
        object.metadata.name ?? '',
        selectorText(isMap(selector) ? (selector as LabelSelector) : undefined),
        age(object),
      ];
    },
  ),
  defaults: defaultPolicy,
  warnings: () => [
    'spec: stored, but nothing in droppod enforces a NetworkPolicy; pods reach one another as before',
  ],
};
