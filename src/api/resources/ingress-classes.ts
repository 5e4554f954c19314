// IngressClasses: accepted because charts contain them. Nothing handles a class.
import type { FieldError } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { isMap } from '../../own.ts';
import type { Cell } from '../../pod/status/human-duration.ts';
import {
  forbiddenValue,
  invalidEach,
  invalidValue,
  oneOf,
  required,
  tooLong,
} from '../../validation/field-errors.ts';
import { labelProblems, subdomainProblems } from '../../validation/names.ts';
import { age, ageColumn, column, lazyPrinter, nameColumn } from './columns.ts';
import { referenceProblems } from './ingresses.ts';
import { counted, member, plain, text } from './plain.ts';
import type { Strategy } from './strategy.ts';

function parametersOf(object: KubeObject): string {
  const parameters = member(object, 'spec', 'parameters');
  if (!isMap(parameters)) return '<none>';
  const group = text(parameters, 'apiGroup');
  return `${text(parameters, 'kind')}${group === '' ? '' : `.${group}`}/${text(parameters, 'name')}`;
}

/** The main endpoint. */
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
  defaults: defaultScope,
  validate: (object, call) => [
    ...plain.validate(object, call),
    ...controllerProblems(object),
    ...parameterProblems(object),
  ],
  validateUpdate: (next, old, call) => [
    ...plain.validateUpdate(next, old, call),
    ...(text(next, 'spec', 'controller') === text(old, 'spec', 'controller')
      ? []
      : [invalidValue('spec.controller', text(next, 'spec', 'controller'), 'field is immutable')]),
  ],
};

const MAX_CONTROLLER = 250;
const HTTP_PATH = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/;
const PATH_TEXT = `Invalid path (regex used for validation is '${HTTP_PATH.source.slice(1, -1)}')`;

function controllerProblems(object: KubeObject): FieldError[] {
  const field = 'spec.controller';
  const controller = text(object, 'spec', 'controller');
  if (controller === '') return [required(field)];
  const [domain = '', ...rest] = controller.split('/');
  const path = rest.join('/');
  return [
    ...(Buffer.byteLength(controller) > MAX_CONTROLLER ? [tooLong(field, MAX_CONTROLLER)] : []),
    ...(domain === '' || path === ''
      ? [invalidValue(field, controller, 'must be a domain-prefixed path (such as "acme.io/foo")')]
      : [
          ...invalidEach(field, domain, subdomainProblems(domain)),
          ...(HTTP_PATH.test(path) ? [] : [invalidValue(field, path, PATH_TEXT)]),
        ]),
  ];
}

function parameterProblems(object: KubeObject): FieldError[] {
  const parameters = member(object, 'spec', 'parameters');
  if (parameters === undefined) return [];
  const field = 'spec.parameters';
  const scope = text(parameters, 'scope');
  const namespace = member(parameters, 'namespace');
  const place = `${field}.namespace`;
  const ofNamespace =
    scope === 'Namespace'
      ? namespace === undefined
        ? [required(place, "`parameters.scope` is set to 'Namespace'")]
        : invalidEach(place, String(namespace), labelProblems(String(namespace)))
      : scope === 'Cluster' && namespace !== undefined
        ? [forbiddenValue(place, "`parameters.scope` is set to 'Cluster'")]
        : [];
  return [
    ...referenceProblems(parameters, field),
    ...oneOf(`${field}.scope`, scope, ['Cluster', 'Namespace']),
    ...ofNamespace,
  ];
}

/** A class's parameters lie in no namespace, unless it says so. */
function defaultScope(object: KubeObject): KubeObject {
  const spec = object['spec'];
  if (!isMap(spec) || !isMap(spec['parameters'])) return object;
  return { ...object, spec: { ...spec, parameters: { scope: 'Cluster', ...spec['parameters'] } } };
}
