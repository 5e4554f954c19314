// LimitRanges: limits and defaults for containers, pods and claims of a namespace. src/pod/admission/limit-ranges.ts applies them to
// pods; the rest of the kind is here.
import type { FieldError } from '../../errors.ts';
import type { KubeObject, LimitRange } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import type { Quantity } from '../../pod/model/quantity.ts';
import { canonicalList, compareQuantities, parseQuantity } from '../../pod/model/quantity.ts';
import {
  mayOvercommit,
  validateContainerResourceName,
  validateResourceName,
} from '../../pod/validation/resources.ts';
import {
  duplicate,
  forbiddenValue,
  invalidEach,
  invalidValue,
  required,
} from '../../validation/field-errors.ts';
import { qualifiedNameProblems } from '../../validation/names.ts';
import { createdPrinter } from './columns.ts';
import { plain } from './plain.ts';
import type { Strategy } from './strategy.ts';
import { repeats } from '../../repeats.ts';

export type Limit = NonNullable<LimitRange['spec']>['limits'][number];

const TYPES = ['Container', 'PersistentVolumeClaim', 'Pod'];
const LISTS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;
const ONE: Quantity = { digits: 1n, exponent: 0, format: 'decimalSI' };

/** The limits of a stored or sent LimitRange. */
export const limitsOf = (object: KubeObject): Limit[] => (object as LimitRange).spec?.limits ?? [];

/** Defaults of container limits: a missing default is the maximum, a missing default request the default or the minimum. */
function defaultLimit({ type, ...sent }: Limit): Limit {
  const isContainer = type === 'Container';
  const limits = isContainer ? { ...sent.max, ...sent.default } : sent.default;
  const requests = isContainer
    ? { ...sent.min, ...limits, ...sent.defaultRequest }
    : sent.defaultRequest;
  const lists = { ...sent, default: limits, defaultRequest: requests };
  const filled = LISTS.flatMap((list) =>
    Object.keys(lists[list] ?? {}).length > 0 ? [[list, canonicalList(lists[list] ?? {})]] : [],
  );
  return { type, ...(Object.fromEntries(filled) as Omit<Limit, 'type'>) };
}

function validateLimit(limit: Limit, field: string): FieldError[] {
  const isPod = limit.type === 'Pod';
  const checkName =
    isPod || limit.type === 'Container' ? validateContainerResourceName : validateResourceName;
  const names = LISTS.filter((list) => !isPod || !list.startsWith('default')).flatMap((list) =>
    Object.keys(limit[list] ?? {}).flatMap((name) => checkName(name, `${field}.${list}[${name}]`)),
  );
  const stray = (['default', 'defaultRequest'] as const)
    .filter((list) => isPod && Object.keys(limit[list] ?? {}).length > 0)
    .map((list) => forbiddenValue(`${field}.${list}`, "may not be specified when `type` is 'Pod'"));
  const bounded = own(limit.min, 'storage') ?? own(limit.max, 'storage');
  const unbounded =
    limit.type === 'PersistentVolumeClaim' && bounded === undefined
      ? 'either minimum or maximum storage value is required, but neither was provided'
      : undefined;
  return [
    ...validateType(limit.type, `${field}.type`),
    ...names,
    ...stray,
    ...(unbounded === undefined ? [] : [required(`${field}.limits`, unbounded)]),
    ...[...new Set(LISTS.flatMap((list) => Object.keys(limit[list] ?? {})))]
      .sort()
      .flatMap((name) => validateOrder(limit, name, field)),
  ];
}

function validateType(type: string, field: string): FieldError[] {
  const problems = qualifiedNameProblems(type);
  if (problems.length > 0 || type.includes('/') || TYPES.includes(type))
    return invalidEach(field, type, problems);
  return [invalidValue(field, type, 'must be a standard limit type or fully qualified')];
}

/** Pairs of amounts in which the first may not exceed the second, and where a violation is reported. */
const ORDER = [
  ['min', 'max', 'min value', 'max value', 'min', 'min'],
  [
    'min',
    'defaultRequest',
    'min value',
    'default request value',
    'defaultRequest',
    'defaultRequest',
  ],
  [
    'defaultRequest',
    'max',
    'default request value',
    'max value',
    'defaultRequest',
    'defaultRequest',
  ],
  [
    'defaultRequest',
    'default',
    'default request value',
    'default limit value',
    'defaultRequest',
    'defaultRequest',
  ],
  ['min', 'default', 'min value', 'default value', 'default', 'min'],
  ['default', 'max', 'default value', 'max value', 'default', 'max'],
] as const;

function validateOrder(limit: Limit, name: string, field: string): FieldError[] {
  const text = (list: (typeof LISTS)[number]): string =>
    limit.type === 'Pod' && list.startsWith('default') ? '' : (own(limit[list], name) ?? '');
  const amount = (list: (typeof LISTS)[number]): Quantity | undefined => parseQuantity(text(list));
  const at = (list: string): string => `${field}.${list}[${name}]`;
  const errors = ORDER.flatMap(([less, more, lessName, moreName, place, shown]) => {
    const [left, right] = [amount(less), amount(more)];
    if (!left || !right || compareQuantities(left, right) <= 0) return [];
    const why = `${lessName} ${text(less)} is greater than ${moreName} ${text(more)}`;
    return [invalidValue(at(place), text(shown), why)];
  });
  const [byDefault, request] = [amount('default'), amount('defaultRequest')];
  if (byDefault && request && !mayOvercommit(name) && compareQuantities(byDefault, request) !== 0)
    errors.push(
      invalidValue(
        at('defaultRequest'),
        text('defaultRequest'),
        `default value ${text('default')} must equal to defaultRequest value ${text('defaultRequest')} in ${name}`,
      ),
    );
  return [
    ...errors,
    ...validateRatio(text('maxLimitRequestRatio'), amount, at('maxLimitRequestRatio')),
  ];
}

function validateRatio(
  text: string,
  amount: (list: 'min' | 'max') => Quantity | undefined,
  field: string,
): FieldError[] {
  const ratio = parseQuantity(text);
  if (!ratio) return [];
  const [min, max] = [amount('min'), amount('max')];
  const most = min && max ? asNumber(max) / asNumber(min) : Infinity;
  return [
    ...(compareQuantities(ratio, ONE) < 0
      ? [invalidValue(field, text, `ratio ${text} is less than 1`)]
      : []),
    ...(asNumber(ratio) > most
      ? [invalidValue(field, text, `ratio ${text} is greater than max/min = ${most.toFixed(6)}`)]
      : []),
  ];
}

const asNumber = ({ digits, exponent }: Quantity): number => Number(digits) * 10 ** exponent;

function validateLimits(object: KubeObject): FieldError[] {
  const limits = limitsOf(object);
  const second = repeats(limits.map(({ type }) => type));
  return limits.flatMap((limit, index) => {
    const field = `spec.limits[${index}]`;
    return [
      ...(second.has(index) ? [duplicate(`${field}.type`, limit.type)] : []),
      ...validateLimit(limit, field),
    ];
  });
}

/** The kind's defaults and rules; it has neither status nor generation, and only admission uses it. */
export const limitRanges: Strategy = {
  ...plain,
  printer: createdPrinter,
  defaults: (object) => ({ ...object, spec: { limits: limitsOf(object).map(defaultLimit) } }),
  validate: (object, call) => [...plain.validate(object, call), ...validateLimits(object)],
  validateUpdate: (next, old, call) => [
    ...plain.validateUpdate(next, old, call),
    ...validateLimits(next),
  ],
};
