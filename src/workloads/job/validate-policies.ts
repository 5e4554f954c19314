// Rules of podFailurePolicy and successPolicy.
import type { FieldError } from '../../errors.ts';
import { repeats } from '../../repeats.ts';
import {
  duplicate,
  invalidEach,
  invalidValue,
  notNegative,
  notSupported,
  quote,
  required,
  tooLong,
  tooMany,
} from '../../validation/field-errors.ts';
import { qualifiedNameProblems } from '../../validation/names.ts';
import { countIndexes, indexesProblem, parseIndexes } from './indexes.ts';
import { isIndexed } from './job.ts';
import type { JobSpec, PodFailurePolicyRule, SuccessPolicyRule } from './job.ts';

const MAX_RULES = 20;
const MAX_VALUES = 255;
const MAX_PATTERNS = 20;
const MAX_INDEXES_BYTES = 64 * 1024;
const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const STATUSES = ['False', 'True', 'Unknown'];

/** An Invalid without a value (Go's OmitValueType). */
export const invalidWhole = (field: string, detail: string): FieldError => ({
  field,
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${detail}`,
});

/** No problem, Required with the valid values, or Unsupported. */
function choice(field: string, value: string | undefined, values: readonly string[]): FieldError[] {
  if (!value) return [required(field, `valid values: [${values.map(quote).join(' ')}]`)];
  return values.includes(value) ? [] : [notSupported(field, value, values)];
}

/** Problems of `podFailurePolicy`. */
export function validateFailurePolicy(spec: JobSpec, field: string): FieldError[] {
  const { podFailurePolicy: policy, template } = spec;
  if (policy === undefined) return [];
  const names = [...template.spec.containers, ...(template.spec.initContainers ?? [])].map(
    ({ name }) => name,
  );
  return [
    ...(policy.rules.length > MAX_RULES
      ? [tooMany(`${field}.rules`, policy.rules.length, MAX_RULES)]
      : []),
    ...policy.rules.flatMap((rule, index) =>
      validateFailureRule(rule, `${field}.rules[${index}]`, {
        names,
        perIndex: spec.backoffLimitPerIndex !== undefined,
      }),
    ),
  ];
}

function validateFailureRule(
  rule: PodFailurePolicyRule,
  field: string,
  { names, perIndex }: { names: readonly string[]; perIndex: boolean },
): FieldError[] {
  const { action, onExitCodes, onPodConditions = [] } = rule;
  const errors =
    action === 'FailIndex' && !perIndex
      ? [invalidValue(`${field}.action`, action, 'requires the backoffLimitPerIndex to be set')]
      : choice(`${field}.action`, action, ACTIONS);
  if (onExitCodes) errors.push(...validateExitCodes(onExitCodes, `${field}.onExitCodes`, names));
  if (onPodConditions.length > MAX_PATTERNS)
    errors.push(tooMany(`${field}.onPodConditions`, onPodConditions.length, MAX_PATTERNS));
  errors.push(
    ...onPodConditions.flatMap(({ type, status }, index) => [
      ...invalidEach(
        `${field}.onPodConditions[${index}].type`,
        type ?? '',
        qualifiedNameProblems(type ?? ''),
      ),
      ...choice(`${field}.onPodConditions[${index}].status`, status, STATUSES),
    ]),
  );
  if (onExitCodes && onPodConditions.length > 0)
    errors.push(
      invalidWhole(field, 'specifying both OnExitCodes and OnPodConditions is not supported'),
    );
  if (!onExitCodes && onPodConditions.length === 0)
    errors.push(
      invalidWhole(field, 'specifying one of OnExitCodes and OnPodConditions is required'),
    );
  return errors;
}

function validateExitCodes(
  codes: NonNullable<PodFailurePolicyRule['onExitCodes']>,
  field: string,
  names: readonly string[],
): FieldError[] {
  const { operator, containerName } = codes;
  const values = codes.values ?? [];
  const errors = choice(`${field}.operator`, operator, ['In', 'NotIn']);
  if (containerName !== undefined && !names.includes(containerName))
    errors.push(
      invalidValue(
        `${field}.containerName`,
        containerName,
        'must be one of the container or initContainer names in the pod template',
      ),
    );
  if (values.length === 0)
    errors.push(invalidValue(`${field}.values`, values, 'at least one value is required'));
  if (values.length > MAX_VALUES)
    errors.push(tooMany(`${field}.values`, values.length, MAX_VALUES));
  const second = repeats(values);
  for (const [index, value] of values.entries()) {
    if (operator === 'In' && value === 0)
      errors.push(
        invalidValue(`${field}.values[${index}]`, value, 'must not be 0 for the In operator'),
      );
    if (second.has(index)) errors.push(duplicate(`${field}.values[${index}]`, value));
  }
  if (values.some((value, index) => (values[index - 1] ?? value) > value))
    errors.push(invalidValue(`${field}.values`, values, 'must be ordered'));
  return errors;
}

/** As Kubernetes prints its own type. */
export const shownSuccessPolicy = ({
  rules,
}: {
  rules?: readonly SuccessPolicyRule[];
}): object => ({
  Rules:
    rules?.map(({ succeededIndexes = null, succeededCount = null }) => ({
      SucceededIndexes: succeededIndexes,
      SucceededCount: succeededCount,
    })) ?? null,
});

/** As Kubernetes prints its own type. */
export const shownFailurePolicy = ({
  rules,
}: {
  rules?: readonly PodFailurePolicyRule[];
}): object => ({
  Rules:
    rules?.map(({ action = '', onExitCodes: codes, onPodConditions: conditions }) => ({
      Action: action,
      OnExitCodes: codes
        ? {
            ContainerName: codes.containerName ?? null,
            Operator: codes.operator ?? '',
            Values: codes.values ?? null,
          }
        : null,
      OnPodConditions:
        conditions?.map(({ type, status }) => ({ Type: type, Status: status })) ?? null,
    })) ?? null,
});

/** Problems of `successPolicy`. */
export function validateSuccessPolicy(spec: JobSpec, field: string): FieldError[] {
  const { successPolicy: policy, completions = 0 } = spec;
  if (policy === undefined) return [];
  if (!isIndexed(spec))
    return [invalidValue(field, shownSuccessPolicy(policy), 'requires indexed completion mode')];
  const rules = policy.rules ?? [];
  return [
    ...(rules.length === 0
      ? [
          required(
            `${field}.rules`,
            'at least one rules must be specified when the successPolicy is specified',
          ),
        ]
      : []),
    ...(rules.length > MAX_RULES ? [tooMany(`${field}.rules`, rules.length, MAX_RULES)] : []),
    ...rules.flatMap((rule, index) =>
      validateSuccessRule(rule, `${field}.rules[${index}]`, completions),
    ),
  ];
}

function validateSuccessRule(
  { succeededCount: count, succeededIndexes: indexes }: SuccessPolicyRule,
  field: string,
  completions: number,
): FieldError[] {
  const errors: FieldError[] = [];
  if (count === undefined && indexes === undefined)
    errors.push(
      required(field, 'at least one of succeededCount or succeededIndexes must be specified'),
    );
  const problem = indexes === undefined ? undefined : indexesProblem(indexes, completions);
  if (indexes !== undefined && Buffer.byteLength(indexes) > MAX_INDEXES_BYTES)
    errors.push(tooLong(`${field}.succeededIndexes`, MAX_INDEXES_BYTES));
  if (problem !== undefined)
    errors.push(
      invalidValue(
        `${field}.succeededIndexes`,
        indexes,
        `error parsing succeededIndexes: ${problem}`,
      ),
    );
  if (count === undefined) return errors;
  const place = `${field}.succeededCount`;
  const named = problem === undefined ? countIndexes(parseIndexes(indexes, completions)) : 0;
  errors.push(...notNegative(place, count));
  if (count > completions)
    errors.push(
      invalidValue(
        place,
        count,
        `must be less than or equal to ${completions} (the number of specified completions)`,
      ),
    );
  if (indexes !== undefined && count > named)
    errors.push(
      invalidValue(
        place,
        count,
        `must be less than or equal to ${named} (the number of indexes in the specified succeededIndexes field)`,
      ),
    );
  return errors;
}
