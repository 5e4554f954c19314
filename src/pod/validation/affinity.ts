// Rules of affinity, and of the selectors it shares with topology spread.
import type { FieldError } from '../../errors.ts';
import type { PodSpec } from '../../kinds/pod.ts';
import {
  forbiddenValue,
  invalidEach,
  invalidValue,
  required,
} from '../../validation/field-errors.ts';
import {
  labelProblems,
  labelValueProblems,
  qualifiedNameProblems,
} from '../../validation/names.ts';
import { validateLabels } from '../../validation/object-meta.ts';

type Affinity = NonNullable<PodSpec['affinity']>;
type NodeTerm = NonNullable<
  NonNullable<Affinity['nodeAffinity']>['preferredDuringSchedulingIgnoredDuringExecution']
>[number]['preference'];
type PodTerm = NonNullable<
  NonNullable<Affinity['podAffinity']>['requiredDuringSchedulingIgnoredDuringExecution']
>[number];
type Requirement = { key: string; operator: string; values?: string[] };
type Selector = { matchLabels?: Record<string, string>; matchExpressions?: Requirement[] };

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';
const MAX_WEIGHT = 100;

/** Problems of `spec.affinity`. */
export function validateAffinity(affinity: Affinity): FieldError[] {
  return [
    ...(affinity.nodeAffinity ? validateNodeAffinity(affinity.nodeAffinity) : []),
    ...(affinity.podAffinity
      ? validatePodAffinity(affinity.podAffinity, 'spec.affinity.podAffinity')
      : []),
    ...(affinity.podAntiAffinity
      ? validatePodAffinity(affinity.podAntiAffinity, 'spec.affinity.podAntiAffinity')
      : []),
  ];
}

const validateWeight = (weight: number, field: string): FieldError[] =>
  weight >= 1 && weight <= MAX_WEIGHT
    ? []
    : [invalidValue(`${field}.weight`, weight, 'must be in the range 1-100')];

function validateNodeAffinity(affinity: NonNullable<Affinity['nodeAffinity']>): FieldError[] {
  const errors: FieldError[] = [];
  const needed = affinity[REQUIRED];
  if (needed) {
    const own = `spec.affinity.nodeAffinity.${REQUIRED}.nodeSelectorTerms`;
    const terms = needed.nodeSelectorTerms ?? [];
    if (terms.length === 0) errors.push(required(own, 'must have at least one node selector term'));
    errors.push(...terms.flatMap((term, index) => validateNodeTerm(term, `${own}[${index}]`)));
  }
  for (const [index, { weight = 0, preference }] of (affinity[PREFERRED] ?? []).entries()) {
    const own = `spec.affinity.nodeAffinity.${PREFERRED}[${index}]`;
    errors.push(
      ...validateWeight(weight, own),
      ...validateNodeTerm(preference ?? {}, `${own}.preference`),
    );
  }
  return errors;
}

function validateNodeTerm(term: NodeTerm, field: string): FieldError[] {
  return [
    ...(term.matchExpressions ?? []).flatMap((rule, index) =>
      validateRequirement(rule, `${field}.matchExpressions[${index}]`, { numbers: true }),
    ),
    ...(term.matchFields ?? []).flatMap((rule, index) =>
      validateFieldRequirement(rule, `${field}.matchFields[${index}]`),
    ),
  ];
}

function validateRequirement(
  rule: Requirement,
  field: string,
  { numbers }: { numbers: boolean },
): FieldError[] {
  return [
    ...validateOperator(rule, field, numbers),
    ...invalidEach(`${field}.key`, rule.key ?? '', qualifiedNameProblems(rule.key ?? '')),
  ];
}

function validateOperator(
  { operator, values = [] }: Requirement,
  field: string,
  numbers: boolean,
): FieldError[] {
  if (operator === 'In' || operator === 'NotIn') {
    return values.length > 0
      ? []
      : [required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'")];
  }
  if (operator === 'Exists' || operator === 'DoesNotExist') {
    return values.length === 0
      ? []
      : [
          forbiddenValue(
            `${field}.values`,
            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
          ),
        ];
  }
  if (numbers && (operator === 'Gt' || operator === 'Lt')) {
    return values.length === 1
      ? []
      : [
          required(
            `${field}.values`,
            "must be specified single value when `operator` is 'Lt' or 'Gt'",
          ),
        ];
  }
  return [invalidValue(`${field}.operator`, operator ?? '', 'not a valid selector operator')];
}

function validateFieldRequirement(rule: Requirement, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (rule.operator !== 'In' && rule.operator !== 'NotIn')
    errors.push(invalidValue(`${field}.operator`, rule.operator, 'not a valid selector operator'));
  else if (rule.values?.length !== 1)
    errors.push(
      required(
        `${field}.values`,
        "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
      ),
    );
  if (rule.key !== 'metadata.name')
    errors.push(invalidValue(`${field}.key`, rule.key, 'not a valid field selector key'));
  return errors;
}

function validatePodAffinity(
  affinity: NonNullable<Affinity['podAffinity']>,
  field: string,
): FieldError[] {
  return [
    ...(affinity[REQUIRED] ?? []).flatMap((term, index) =>
      validatePodTerm(term, `${field}.${REQUIRED}[${index}]`),
    ),
    ...(affinity[PREFERRED] ?? []).flatMap(({ weight = 0, podAffinityTerm }, index) => {
      const own = `${field}.${PREFERRED}[${index}]`;
      return [
        ...validateWeight(weight, own),
        ...validatePodTerm(podAffinityTerm ?? { topologyKey: '' }, `${own}.podAffinityTerm`),
      ];
    }),
  ];
}

function validatePodTerm(term: PodTerm, field: string): FieldError[] {
  const key = term.topologyKey ?? '';
  return [
    ...validateSelector(term.labelSelector, `${field}.labelSelector`),
    ...validateSelector(term.namespaceSelector, `${field}.namespaceSelector`),
    ...(term.namespaces ?? []).flatMap((name) =>
      invalidEach(`${field}.namespace`, name, labelProblems(name)),
    ),
    ...(key === '' ? [required(`${field}.topologyKey`, 'can not be empty')] : []),
    ...invalidEach(`${field}.topologyKey`, key, qualifiedNameProblems(key)),
  ];
}

/** Problems of a label selector. */
export function validateSelector(selector: Selector | undefined, field: string): FieldError[] {
  return [
    ...validateLabels(selector?.matchLabels, `${field}.matchLabels`),
    ...(selector?.matchExpressions ?? []).flatMap((rule, index) => {
      const own = `${field}.matchExpressions[${index}]`;
      const values = (rule.values ?? []).flatMap((value, at) =>
        invalidEach(`${own}.values[${at}]`, value, labelValueProblems(value)),
      );
      return [...validateRequirement(rule, own, { numbers: false }), ...values];
    }),
  ];
}
