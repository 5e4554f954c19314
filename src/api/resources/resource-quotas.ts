// ResourceQuotas: limits on what a namespace uses. src/api/admission/quota.ts applies them to writes, src/workloads/quota counts, and
// resourcequota-controller keeps their status.
import { isDeepStrictEqual } from 'node:util';
import type { FieldError } from '../../errors.ts';
import type { KubeObject, ResourceQuota } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import { canonicalList, parseQuantity } from '../../pod/model/quantity.ts';
import { validateResourceName } from '../../pod/validation/resources.ts';
import { present } from '../../present.ts';
import type { StoredQuota } from '../../workloads/quota/charge.ts';
import type { Scope } from '../../workloads/quota/scopes.ts';
import { invalidEach, invalidValue, required } from '../../validation/field-errors.ts';
import { age, ageColumn, column, lazyPrinter, nameColumn } from './columns.ts';
import { keepStatus, plain, statusOf } from './plain.ts';
import type { Strategy } from './strategy.ts';

type Texts = Record<string, string>;

const COMPUTE = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];
const CLAIMS = ['persistentvolumeclaims', 'requests.storage'];
const COUNTS = [
  ...['pods', 'services', 'services.loadbalancers', 'services.nodeports', 'configmaps', 'secrets'],
  ...['persistentvolumeclaims', 'replicationcontrollers', 'resourcequotas'],
];
const STANDARD = [
  ...[...COMPUTE, ...CLAIMS, ...COUNTS, 'ephemeral-storage'],
  ...['requests.ephemeral-storage', 'limits.ephemeral-storage'],
];

/** What a quota of each scope may count. */
const SCOPES: Record<string, readonly string[]> = {
  BestEffort: ['pods'],
  CrossNamespacePodAffinity: ['pods', ...COMPUTE],
  NotBestEffort: ['pods', ...COMPUTE],
  NotTerminating: ['pods', ...COMPUTE],
  PriorityClass: ['pods', ...COMPUTE],
  Terminating: ['pods', ...COMPUTE],
  VolumeAttributesClass: CLAIMS,
};
const OPPOSITES = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;
/** Scopes without values. */
const BARE = [...OPPOSITES.flat(), 'CrossNamespacePodAffinity'];

const quotaOf = (object: KubeObject): ResourceQuota => object as ResourceQuota;

const isStandard = (name: string): boolean =>
  STANDARD.includes(name) || /^(requests\.)?hugepages-/.test(name);

function validateAmounts(list: Texts | undefined, field: string): FieldError[] {
  return Object.keys(list ?? {})
    .sort()
    .flatMap((name) => {
      const at = `${field}[${name}]`;
      const known = name.includes('/') || isStandard(name);
      const stray = known ? [] : invalidEach(at, name, ['must be a standard resource for quota']);
      return [...validateResourceName(name, at), ...stray, ...validateAmount(list, name, at)];
    });
}

function validateAmount(list: Texts | undefined, name: string, field: string): FieldError[] {
  const text = own(list, name) ?? '';
  const amount = parseQuantity(text);
  if (!amount) return [];
  if (amount.digits < 0n) return [invalidValue(field, text, 'must be greater than or equal to 0')];
  const isWhole = COUNTS.includes(name) || (name.includes('/') && !name.includes('kubernetes.io/'));
  const hasRest = amount.exponent < 0 && amount.digits % 10n ** BigInt(-amount.exponent) !== 0n;
  return isWhole && hasRest ? [invalidValue(field, text, 'must be an integer')] : [];
}

function validateSpec(object: KubeObject): FieldError[] {
  const { hard, scopes = [], scopeSelector } = quotaOf(object).spec ?? {};
  const names = Object.keys(hard ?? {}).sort();
  const expressions = scopeSelector?.matchExpressions ?? [];
  const within = 'spec.scopeSelector.matchExpressions';
  const ofScopes = findingOnce('spec.scopes', scopes);
  const ofSelector = findingOnce(within, scopeSelector);
  return [
    ...validateAmounts(hard, 'spec.hard'),
    ...scopes.flatMap((scope) => [
      ...(Object.hasOwn(SCOPES, scope) ? [] : [ofScopes('unsupported scope')]),
      ...unfit(scope, names).map(ofScopes),
    ]),
    ...conflicts(scopes).map((why) => invalidValue('spec.scopes', scopes, why)),
    ...expressions.flatMap((expression) => [
      ...validateExpression(expression, within),
      ...unfit(expression.scopeName, names).map(ofSelector),
    ]),
    ...conflicts(expressions.map(({ scopeName }) => scopeName)).map((why) =>
      invalidValue(within, expressions, why),
    ),
  ];
}

/** Findings that quote the whole list: it is quoted once, however many there are. */
function findingOnce(field: string, value: unknown): (why: string) => FieldError {
  const made = new Map<string, FieldError>();
  return (why) => {
    const finding = made.get(why) ?? invalidValue(field, value, why);
    made.set(why, finding);
    return finding;
  };
}

/** One message for each resource that a quota of the scope cannot count; an unknown scope is only unknown. */
const unfit = (scope: string, names: readonly string[]): string[] =>
  names
    .filter((name) => isStandard(name) && own(SCOPES, scope)?.includes(name) === false)
    .map(() => 'unsupported scope applied to resource');

const conflicts = (scopes: readonly string[]): string[] =>
  OPPOSITES.filter((pair) => pair.every((scope) => scopes.includes(scope))).map(
    () => 'conflicting scopes',
  );

function validateExpression(
  { scopeName = '', operator = '', values = [] }: Partial<Scope>,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (!Object.hasOwn(SCOPES, scopeName))
    errors.push(invalidValue(`${field}.scopeName`, scopeName, 'unsupported scope'));
  if (BARE.includes(scopeName) && operator !== 'Exists')
    errors.push(
      invalidValue(
        `${field}.operator`,
        operator,
        "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
      ),
    );
  return [...errors, ...validateOperator(operator, values, field)];
}

function validateOperator(operator: string, values: string[], field: string): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn': {
      const why =
        "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
      return values.length > 0 ? [] : [required(`${field}.values`, why)];
    }
    case 'Exists':
    case 'DoesNotExist': {
      const why =
        "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
      return values.length === 0 ? [] : [invalidValue(`${field}.values`, values, why)];
    }
    default:
      return [invalidValue(`${field}.operator`, operator, 'not a valid selector operator')];
  }
}

function validateUpdate(next: KubeObject, old: KubeObject): FieldError[] {
  const { scopes = [] } = quotaOf(next).spec ?? {};
  const { scopes: before = [] } = quotaOf(old).spec ?? {};
  const isSame = isDeepStrictEqual([...scopes].sort(), [...before].sort());
  return [
    ...validateSpec(next),
    ...(isSame ? [] : [invalidValue('spec.scopes', scopes, 'field is immutable')]),
  ];
}

function withCanonicalAmounts(object: KubeObject): KubeObject {
  const { spec, status } = quotaOf(object);
  const lists = (part: { hard?: Texts; used?: Texts }): object =>
    present({
      hard: part.hard && canonicalList(part.hard),
      used: part.used && canonicalList(part.used),
    });
  return {
    ...object,
    spec: { ...spec, ...lists(spec ?? {}) },
    ...(status && { status: { ...status, ...lists(status) } }),
  };
}

/** Unsettled charges stay, whatever a client writes. */
const keepCharges = (next: KubeObject, old: KubeObject): KubeObject => ({
  ...next,
  ...present({ charges: (next as StoredQuota).charges ?? (old as StoredQuota).charges }),
});

function toWire({ charges: _charges, ...object }: KubeObject): KubeObject {
  return { ...object, metadata: object.metadata };
}

function usedOf(object: KubeObject, isLimit: boolean): string {
  const { hard = {}, used } = quotaOf(object).status ?? {};
  return Object.keys(hard)
    .sort()
    .filter((name) => name.startsWith('limits') === isLimit)
    .map((name) => `${name}: ${own(used, name) ?? '0'}/${own(hard, name) ?? '0'}`)
    .join(', ');
}

export const resourceQuotas: Strategy = {
  ...plain,
  returnsDeleted: true,
  resetFields: ['status'],
  printer: lazyPrinter(
    () => [
      nameColumn(),
      column(
        'Request',
        'Request represents a minimum amount of cpu/memory that a container may consume.',
      ),
      column(
        'Limit',
        'Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.',
      ),
      ageColumn(),
    ],
    (object) => [
      object.metadata.name ?? '',
      usedOf(object, false),
      usedOf(object, true),
      age(object),
    ],
  ),
  defaults: withCanonicalAmounts,
  prepareForCreate: ({ status: _status, ...object }) => ({
    ...object,
    metadata: object.metadata,
    status: {},
  }),
  prepareForUpdate: (next, old) => keepCharges(keepStatus(next, old), old),
  validate: (object, call) => [...plain.validate(object, call), ...validateSpec(object)],
  validateUpdate: (next, old, call) => [
    ...plain.validateUpdate(next, old, call),
    ...validateUpdate(next, old),
  ],
  toWire,
};

const status = statusOf(resourceQuotas, (next) => {
  const { hard, used } = quotaOf(next).status ?? {};
  return [...validateAmounts(hard, 'status.hard'), ...validateAmounts(used, 'status.used')];
});

/** `/status` of quotas. */
export const resourceQuotaStatus: Strategy = {
  ...status,
  prepareForUpdate: async (next, old, call) =>
    keepCharges(
      {
        ...(await status.prepareForUpdate(next, old, call)),
        ...present({ charges: next['charges'] }),
      },
      old,
    ),
};
