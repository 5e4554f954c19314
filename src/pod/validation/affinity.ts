// Rules of affinity, and of the selectors it shares with topology spread.
import type { FieldError } from '../../errors.ts';
import type { PodSpec } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import { repeats } from '../../repeats.ts';
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
  subdomainProblems,
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
type Labels = Readonly<Record<string, string>>;
type Selector = { matchLabels?: Record<string, string>; matchExpressions?: Requirement[] };

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';
const MAX_WEIGHT = 100;

/** Problems of `spec.affinity` of a pod with these labels. */
export function validateAffinity(affinity: Affinity, labels: Labels): FieldError[] {
  return [
    ...(affinity.nodeAffinity ? validateNodeAffinity(affinity.nodeAffinity) : []),
    ...(affinity.podAffinity
      ? validatePodAffinity(affinity.podAffinity, 'spec.affinity.podAffinity', labels)
      : []),
    ...(affinity.podAntiAffinity
      ? validatePodAffinity(affinity.podAntiAffinity, 'spec.affinity.podAntiAffinity', labels)
      : []),
  ];
}

const validateWeight = (weight: number, field: string): FieldError[] =>
  weight >= 1 && weight <= MAX_WEIGHT
    ? []
    : [invalidValue(`${field}.weight`, weight, 'must be in the range 1-100')];

/** Problems of a selector of nodes, of a pod or a volume. */
export function validateNodeSelector(
  selector: { nodeSelectorTerms?: NodeTerm[] },
  field: string,
): FieldError[] {
  const own = `${field}.nodeSelectorTerms`;
  const terms = selector.nodeSelectorTerms ?? [];
  if (terms.length === 0) return [required(own, 'must have at least one node selector term')];
  return terms.flatMap((term, index) =>
    validateNodeTerm(term, `${own}[${index}]`, { values: true }),
  );
}

function validateNodeAffinity(affinity: NonNullable<Affinity['nodeAffinity']>): FieldError[] {
  const errors: FieldError[] = [];
  const needed = affinity[REQUIRED];
  if (needed)
    errors.push(...validateNodeSelector(needed, `spec.affinity.nodeAffinity.${REQUIRED}`));
  for (const [index, { weight = 0, preference }] of (affinity[PREFERRED] ?? []).entries()) {
    const own = `spec.affinity.nodeAffinity.${PREFERRED}[${index}]`;
    errors.push(
      ...validateWeight(weight, own),
      ...validateNodeTerm(preference ?? {}, `${own}.preference`, { values: false }),
    );
  }
  return errors;
}

// Values that no label can have are wrong where a node must have them, and only warned of where it should.
function validateNodeTerm(
  term: NodeTerm,
  field: string,
  { values }: { values: boolean },
): FieldError[] {
  return [
    ...(term.matchExpressions ?? []).flatMap((rule, index) => {
      const own = `${field}.matchExpressions[${index}]`;
      return [
        ...validateRequirement(rule, own, { numbers: true }),
        ...(values ? validateValues(rule, own, labelValueProblems) : []),
      ];
    }),
    ...(term.matchFields ?? []).flatMap((rule, index) =>
      validateFieldRequirement(rule, `${field}.matchFields[${index}]`),
    ),
  ];
}

const validateValues = (
  rule: Requirement,
  field: string,
  problems: (value: string) => string[],
): FieldError[] =>
  (rule.values ?? []).flatMap((value, at) =>
    invalidEach(`${field}.values[${at}]`, value, problems(value)),
  );

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
    errors.push(
      invalidValue(`${field}.operator`, rule.operator ?? '', 'not a valid selector operator'),
    );
  else if (rule.values?.length !== 1)
    errors.push(
      required(
        `${field}.values`,
        "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
      ),
    );
  if (rule.key !== 'metadata.name')
    return [
      ...errors,
      invalidValue(`${field}.key`, rule.key ?? '', 'not a valid field selector key'),
    ];
  return [...errors, ...validateValues(rule, field, subdomainProblems)];
}

function validatePodAffinity(
  affinity: NonNullable<Affinity['podAffinity']>,
  field: string,
  labels: Labels,
): FieldError[] {
  return [
    ...(affinity[REQUIRED] ?? []).flatMap((term, index) =>
      validatePodTerm(term, `${field}.${REQUIRED}[${index}]`, labels),
    ),
    ...(affinity[PREFERRED] ?? []).flatMap(({ weight = 0, podAffinityTerm }, index) => {
      const own = `${field}.${PREFERRED}[${index}]`;
      return [
        ...validateWeight(weight, own),
        ...validatePodTerm(
          podAffinityTerm ?? { topologyKey: '' },
          `${own}.podAffinityTerm`,
          labels,
        ),
      ];
    }),
  ];
}

function validatePodTerm(term: PodTerm, field: string, labels: Labels): FieldError[] {
  const key = term.topologyKey ?? '';
  return [
    ...validateSelector(term.labelSelector, `${field}.labelSelector`),
    ...validateSelector(term.namespaceSelector, `${field}.namespaceSelector`),
    ...(term.namespaces ?? []).flatMap((name) =>
      invalidEach(`${field}.namespace`, name, labelProblems(name)),
    ),
    ...validateLabelKeys(term, field, labels),
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
      return [
        ...validateRequirement(rule, own, { numbers: false }),
        ...validateValues(rule, own, labelValueProblems),
      ];
    }),
  ];
}

interface LabelKeys {
  matchLabelKeys?: string[];
  mismatchLabelKeys?: string[];
  labelSelector?: Selector;
}

/** Problems of `matchLabelKeys` and `mismatchLabelKeys` once creation has merged them into the selector. */
export function validateLabelKeys(term: LabelKeys, field: string, labels: Labels): FieldError[] {
  const { matchLabelKeys = [], mismatchLabelKeys = [], labelSelector } = term;
  const unwanted = new Set(mismatchLabelKeys);
  return [
    ...keyProblems(matchLabelKeys, `${field}.matchLabelKeys`, labelSelector),
    ...keyProblems(mismatchLabelKeys, `${field}.mismatchLabelKeys`, labelSelector),
    ...selectedTwice(matchLabelKeys, labelSelector, labels).map(([key, index]) =>
      invalidValue(`${field}[${index}]`, key, 'exists in both matchLabelKeys and labelSelector'),
    ),
    ...[...matchLabelKeys.entries()]
      .filter(([, key]) => unwanted.has(key))
      .map(([index, key]) =>
        invalidValue(
          `${field}.matchLabelKeys[${index}]`,
          key,
          'exists in both matchLabelKeys and mismatchLabelKeys',
        ),
      ),
  ];
}

function keyProblems(
  keys: readonly string[],
  field: string,
  selector: Selector | undefined,
): FieldError[] {
  if (keys.length === 0) return [];
  return selector
    ? keys.flatMap((key, index) =>
        invalidEach(`${field}[${index}]`, key, qualifiedNameProblems(key)),
      )
    : [forbiddenValue(field, 'must not be specified when labelSelector is not set')];
}

// Each merged key has one expression of its own: what is beyond them was selected already.
function selectedTwice(
  keys: readonly string[],
  selector: Selector | undefined,
  labels: Labels,
): [string, number][] {
  if (keys.length === 0 || !selector) return [];
  const left = new Map<string, number>();
  const count = (key: string, by: number): void => void left.set(key, (left.get(key) ?? 0) + by);
  for (const key of Object.keys(selector.matchLabels ?? {})) count(key, 1);
  for (const { key } of selector.matchExpressions ?? []) count(key, 1);
  for (const key of keys) count(key, -1);
  const second = repeats(keys);
  return keys.flatMap((key, index): [string, number][] => {
    const again = second.has(index) || (left.get(key) ?? 0) > 0;
    return again && own(labels, key) !== undefined ? [[key, index]] : [];
  });
}
