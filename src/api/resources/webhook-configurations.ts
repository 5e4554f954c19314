// ValidatingWebhookConfiguration and MutatingWebhookConfiguration: accepted because charts and operators contain them. droppod calls no
// webhook, and each write gets a warning.
import type { FieldError } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { isMap, listOf, own } from '../../own.ts';
import type { LabelSelector } from '../../pod/placement/selection.ts';
import { validateSelector } from '../../pod/validation/affinity.ts';
import { duplicate, invalidValue, notSupported, required } from '../../validation/field-errors.ts';
import { label1035Problems, subdomainProblems } from '../../validation/names.ts';
import { repeats } from '../../repeats.ts';
import { age, ageColumn, column, lazyPrinter, nameColumn } from './columns.ts';
import { member, plain, text } from './plain.ts';
import type { Strategy } from './strategy.ts';

type Hook = Record<string, unknown>;

const textsOf = (value: unknown): string[] => listOf(value).map(String);
const hooksOf = (object: KubeObject): Hook[] => listOf(object['webhooks']).filter(isMap);

const DEFAULTS = {
  failurePolicy: 'Fail',
  matchPolicy: 'Equivalent',
  namespaceSelector: {},
  objectSelector: {},
  timeoutSeconds: 10,
};

function defaultHook(hook: Hook, more: Hook): Hook {
  const { clientConfig, rules } = hook;
  const service = member(clientConfig, 'service');
  return {
    ...DEFAULTS,
    ...more,
    ...hook,
    ...(isMap(clientConfig) && isMap(service)
      ? { clientConfig: { ...clientConfig, service: { port: 443, ...service } } }
      : {}),
    ...(Array.isArray(rules)
      ? { rules: rules.map((rule: unknown) => (isMap(rule) ? { scope: '*', ...rule } : rule)) }
      : {}),
  };
}

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];

function ruleProblems(rule: unknown, field: string): FieldError[] {
  const operations = textsOf(member(rule, 'operations'));
  const scope = text(rule, 'scope');
  const whole = (name: string, what: string): FieldError[] => {
    const values = textsOf(member(rule, name));
    if (values.length === 0) return [required(`${field}.${name}`)];
    return values.length > 1 && values.includes('*')
      ? [
          invalidValue(
            `${field}.${name}`,
            values,
            `if '*' is present, must not specify other ${what}`,
          ),
        ]
      : [];
  };
  const emptyOnes = (name: string): FieldError[] =>
    textsOf(member(rule, name)).flatMap((value, index) =>
      value === '' ? [required(`${field}.${name}[${index}]`)] : [],
    );
  return [
    ...whole('operations', 'operations'),
    ...operations.flatMap((operation, index) =>
      OPERATIONS.includes(operation)
        ? []
        : [notSupported(`${field}.operations[${index}]`, operation, OPERATIONS)],
    ),
    ...whole('apiGroups', 'API groups'),
    ...whole('apiVersions', 'API versions'),
    ...emptyOnes('apiVersions'),
    ...(listOf(member(rule, 'resources')).length === 0 ? [required(`${field}.resources`)] : []),
    ...emptyOnes('resources'),
    ...choice(`${field}.scope`, scope, ['*', 'Cluster', 'Namespaced']),
  ];
}

const choice = (field: string, value: string, supported: readonly string[]): FieldError[] =>
  value === '' || supported.includes(value) ? [] : [notSupported(field, value, supported)];

const NO_SIDE_EFFECTS = ['None', 'NoneOnDryRun'];

function sideEffectProblems(value: string, field: string): FieldError[] {
  return value === ''
    ? [required(field, `must specify one of ${NO_SIDE_EFFECTS.join(', ')}`)]
    : choice(field, value, NO_SIDE_EFFECTS);
}

const REVIEWS = ['v1', 'v1beta1'];

function reviewProblems(versions: string[], field: string): FieldError[] {
  if (versions.length === 0) return [required(field, `must specify one of ${REVIEWS.join(', ')}`)];
  const second = repeats(versions);
  const each = versions.flatMap((version, index) => {
    if (second.has(index))
      return [invalidValue(`${field}[${index}]`, version, 'duplicate version')];
    return label1035Problems(version).map((problem) =>
      invalidValue(`${field}[${index}]`, version, problem),
    );
  });
  return versions.some((version) => REVIEWS.includes(version))
    ? each
    : [
        ...each,
        invalidValue(field, versions, `must include at least one of ${REVIEWS.join(', ')}`),
      ];
}

function nameProblems(name: string, field: string): FieldError[] {
  if (name === '') return [required(field)];
  const problems = subdomainProblems(name);
  if (problems.length > 0) return problems.map((problem) => invalidValue(field, name, problem));
  return name.split('.').length < 3
    ? [
        invalidValue(
          field,
          name,
          'should be a domain with at least three segments separated by dots',
        ),
      ]
    : [];
}

function clientProblems(config: unknown, field: string): FieldError[] {
  const service = member(config, 'service');
  const url = member(config, 'url');
  if ((url === undefined) === (service === undefined))
    return [required(field, 'exactly one of url or service is required')];
  if (service === undefined) return urlProblems(String(url), `${field}.url`);
  const port = Number(member(service, 'port') ?? 443);
  const path = text(service, 'path');
  return [
    ...(text(service, 'name') === ''
      ? [required(`${field}.service.name`, 'service name is required')]
      : []),
    ...(text(service, 'namespace') === ''
      ? [required(`${field}.service.namespace`, 'service namespace is required')]
      : []),
    ...(port < 1 || port > 65_535
      ? [
          invalidValue(
            `${field}.service.port`,
            port,
            'port is not valid: must be between 1 and 65535, inclusive',
          ),
        ]
      : []),
    ...(path !== '' && !path.startsWith('/')
      ? [invalidValue(`${field}.service.path`, path, "must start with a '/'")]
      : []),
  ];
}

const FORM = '; desired format: https://host[/path]';

function urlProblems(url: string, field: string): FieldError[] {
  const found = (value: string, problem: string): FieldError[] => [
    invalidValue(field, value, problem),
  ];
  if (!URL.canParse(url)) return found(url, `url must be a valid URL${FORM}`);
  const { protocol, username, hash, search } = new URL(url);
  return [
    ...(protocol === 'https:'
      ? []
      : found(protocol.slice(0, -1), `'https' is the only allowed URL scheme${FORM}`)),
    ...(username === '' ? [] : found(username, 'user information is not permitted in the URL')),
    ...(hash === '' ? [] : found(hash.slice(1), 'fragments are not permitted in the URL')),
    ...(search === ''
      ? []
      : found(search.slice(1), 'query parameters are not permitted in the URL')),
  ];
}

function hookProblems(hook: Hook, field: string): FieldError[] {
  const timeout = Number(hook['timeoutSeconds'] ?? DEFAULTS.timeoutSeconds);
  const selector = (name: string): FieldError[] => {
    const value = own(hook, name);
    return isMap(value) ? validateSelector(value as LabelSelector, `${field}.${name}`) : [];
  };
  return [
    ...nameProblems(text(hook, 'name'), `${field}.name`),
    ...listOf(hook['rules']).flatMap((rule, index) =>
      ruleProblems(rule, `${field}.rules[${index}]`),
    ),
    ...choice(`${field}.failurePolicy`, text(hook, 'failurePolicy'), ['Fail', 'Ignore']),
    ...choice(`${field}.matchPolicy`, text(hook, 'matchPolicy'), ['Equivalent', 'Exact']),
    ...sideEffectProblems(text(hook, 'sideEffects'), `${field}.sideEffects`),
    ...(timeout < 1 || timeout > 30
      ? [
          invalidValue(
            `${field}.timeoutSeconds`,
            timeout,
            'the timeout value must be between 1 and 30 seconds',
          ),
        ]
      : []),
    ...selector('namespaceSelector'),
    ...selector('objectSelector'),
    ...choice(`${field}.reinvocationPolicy`, text(hook, 'reinvocationPolicy'), [
      'IfNeeded',
      'Never',
    ]),
    ...clientProblems(hook['clientConfig'], `${field}.clientConfig`),
  ];
}

function problemsOf(object: KubeObject): FieldError[] {
  const hooks = hooksOf(object);
  const second = repeats(hooks.map((hook) => text(hook, 'name')));
  return hooks.flatMap((hook, index) => {
    const field = `webhooks[${index}]`;
    const name = text(hook, 'name');
    return [
      ...hookProblems(hook, field),
      ...reviewProblems(
        textsOf(hook['admissionReviewVersions']),
        `${field}.admissionReviewVersions`,
      ),
      ...(name !== '' && second.has(index) ? [duplicate(`${field}.name`, name)] : []),
    ];
  });
}

/** What nobody checks: of a webhook that may be passed over, and of one that Kubernetes would rather refuse a request than pass over. */
const NOT_ASKED = 'webhooks: stored, but droppod asks no webhook';

function warningsOf(object: KubeObject): string[] {
  const strict = hooksOf(object)
    .filter((hook) => text(hook, 'failurePolicy') === 'Fail')
    .map((hook) => text(hook, 'name'));
  return [
    strict.length === 0
      ? `${NOT_ASKED}; requests pass, as failurePolicy Ignore lets them`
      : `${NOT_ASKED}; requests pass unchanged and unchecked although failurePolicy is Fail: ${strict.join(', ')}`,
  ];
}

function configurations(more: Hook): Strategy {
  return {
    ...plain,
    printer: lazyPrinter(
      () => [
        nameColumn(),
        {
          ...column(
            'Webhooks',
            'Webhooks indicates the number of webhooks registered in this configuration',
          ),
          type: 'integer',
        },
        ageColumn(),
      ],
      (object) => [object.metadata.name ?? '', hooksOf(object).length, age(object)],
    ),
    defaults: (object) =>
      Array.isArray(object['webhooks'])
        ? { ...object, webhooks: hooksOf(object).map((hook) => defaultHook(hook, more)) }
        : object,
    prepareForCreate: (object) => ({
      ...object,
      metadata: { ...object.metadata, generation: 1 },
    }),
    generation: true,
    counted: (object) => object['webhooks'],
    validate: (object, call) => [...plain.validate(object, call), ...problemsOf(object)],
    validateUpdate: (next, old, call) => [
      ...plain.validateUpdate(next, old, call),
      ...problemsOf(next),
    ],
    warnings: warningsOf,
    updateWarnings: warningsOf,
  };
}

export const validatingWebhooks: Strategy = configurations({});

export const mutatingWebhooks: Strategy = configurations({ reinvocationPolicy: 'Never' });
