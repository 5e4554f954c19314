// Rules of what schedulers read: tolerations, gates, topology spread.
import type { FieldError } from '../../errors.ts';
import type { PodSpec } from '../../kinds/pod.ts';
import { repeats } from '../../repeats.ts';
import {
  duplicate,
  invalidEach,
  invalidValue,
  notSupported,
  oneOf,
  required,
} from '../../validation/field-errors.ts';
import { labelValueProblems, qualifiedNameProblems } from '../../validation/names.ts';
import { validateLabelKeys, validateSelector } from './affinity.ts';

type Toleration = NonNullable<PodSpec['tolerations']>[number];
type Spread = NonNullable<PodSpec['topologySpreadConstraints']>[number];

/** Problems of `spec.tolerations`. */
export function validateTolerations(tolerations: readonly Toleration[]): FieldError[] {
  return tolerations.flatMap((toleration, index) => {
    const field = `spec.tolerations[${index}]`;
    const { key, operator, effect } = toleration;
    const errors = key ? invalidEach(`${field}.key`, key, qualifiedNameProblems(key)) : [];
    if (!key && operator !== 'Exists') {
      errors.push(
        invalidValue(
          `${field}.operator`,
          operator ?? '',
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    }
    if (toleration.tolerationSeconds !== undefined && effect !== 'NoExecute') {
      errors.push(
        invalidValue(
          `${field}.effect`,
          effect ?? '',
          "effect must be 'NoExecute' when `tolerationSeconds` is set",
        ),
      );
    }
    errors.push(...validateOperator(toleration, `${field}.operator`));
    return effect
      ? [
          ...errors,
          ...oneOf(`${field}.effect`, effect, ['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
        ]
      : errors;
  });
}

function validateOperator({ operator, value = '' }: Toleration, field: string): FieldError[] {
  switch (operator) {
    case 'Equal':
    case '':
    case undefined: {
      const problems = labelValueProblems(value);
      return problems.length === 0 ? [] : [invalidValue(field, value, problems.join(';'))];
    }
    case 'Exists':
      return value === ''
        ? []
        : [invalidValue(field, value, "value must be empty when `operator` is 'Exists'")];
    case 'Lt':
    case 'Gt':
      return [notSupported(field, operator, ['Equal', 'Exists', 'Lt', 'Gt'])];
    default:
      return [notSupported(field, operator, ['Equal', 'Exists'])];
  }
}

/** Problems of `spec.schedulingGates`. */
export function validateGates(gates: NonNullable<PodSpec['schedulingGates']>): FieldError[] {
  const second = repeats(gates.map(({ name }) => name));
  return gates.flatMap(({ name }, index) => {
    const field = `spec.schedulingGates[${index}]`;
    const errors = invalidEach(field, name ?? '', qualifiedNameProblems(name ?? ''));
    return second.has(index) ? [...errors, duplicate(field, name)] : errors;
  });
}

/** Problems of `spec.topologySpreadConstraints` of a pod with these labels. */
export function validateSpread(
  constraints: readonly Spread[],
  labels: Readonly<Record<string, string>>,
): FieldError[] {
  return constraints.flatMap((constraint, index) => {
    const field = `spec.topologySpreadConstraints[${index}]`;
    const { maxSkew = 0, topologyKey, whenUnsatisfiable } = constraint;
    const errors =
      maxSkew > 0 ? [] : [invalidValue(`${field}.maxSkew`, maxSkew, 'must be greater than zero')];
    if (!topologyKey) errors.push(required(`${field}.topologyKey`, 'can not be empty'));
    errors.push(
      ...oneOf(`${field}.whenUnsatisfiable`, whenUnsatisfiable, [
        'DoNotSchedule',
        'ScheduleAnyway',
      ]),
    );
    const again = constraints
      .slice(index + 1)
      .some(
        (other) =>
          other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable,
      );
    if (again)
      errors.push(
        duplicate(
          `${field}.{topologyKey, whenUnsatisfiable}`,
          `{${topologyKey}, ${whenUnsatisfiable}}`,
        ),
      );
    return [
      ...errors,
      ...validateDomains(constraint, field),
      ...validateLabelKeys(constraint, field, labels),
      ...validateSelector(constraint.labelSelector, `${field}.labelSelector`),
    ];
  });
}

function validateDomains(constraint: Spread, field: string): FieldError[] {
  const { minDomains, whenUnsatisfiable, nodeAffinityPolicy, nodeTaintsPolicy } = constraint;
  const errors: FieldError[] = [];
  if (minDomains !== undefined && minDomains <= 0)
    errors.push(invalidValue(`${field}.minDomains`, minDomains, 'must be greater than zero'));
  if (minDomains !== undefined && whenUnsatisfiable !== 'DoNotSchedule') {
    errors.push(
      invalidValue(
        `${field}.minDomains`,
        minDomains,
        `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable ?? ''}`,
      ),
    );
  }
  if (nodeAffinityPolicy !== undefined)
    errors.push(...oneOf(`${field}.nodeAffinityPolicy`, nodeAffinityPolicy, ['Honor', 'Ignore']));
  if (nodeTaintsPolicy !== undefined)
    errors.push(...oneOf(`${field}.nodeTaintsPolicy`, nodeTaintsPolicy, ['Honor', 'Ignore']));
  return errors;
}
