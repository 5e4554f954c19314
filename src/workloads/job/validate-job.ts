// Rules of a new Job, in Kubernetes' order (pkg/apis/batch/validation).
import type { FieldError } from '../../errors.ts';
import { selects } from '../../pod/placement/selection.ts';
import { validateSelector } from '../../pod/validation/affinity.ts';
import {
  invalidEach,
  invalidValue,
  notNegative,
  notSupported,
  required,
  tooLong,
} from '../../validation/field-errors.ts';
import { labelProblems, subdomainProblems } from '../../validation/names.ts';
import { validateObjectMeta } from '../../validation/object-meta.ts';
import { byKey } from '../../by-key.ts';
import { validateTemplate } from '../pod-template.ts';
import type { PodTemplate } from '../pod-template.ts';
import { isIndexed } from './job.ts';
import type { Job, JobSpec } from './job.ts';
import { validateFailurePolicy, validateSuccessPolicy } from './validate-policies.ts';

const MAX_PARALLELISM = 100_000;
const MAX_FAILED_INDEXES = 100_000;
const MANY_COMPLETIONS = 100_000;
const MAX_PARALLELISM_OF_MANY = 10_000;
const MAX_FAILED_INDEXES_OF_MANY = 10_000;
const MAX_MANAGED_BY = 63;

/** All problems of a defaulted Job whose selector is already generated. */
export function validateJob(job: Job): FieldError[] {
  const { metadata, spec } = job;
  const name = metadata.name ?? '';
  const last = `${name}-${(spec.completions ?? 0) - 1}`;
  const errors = [
    ...validateObjectMeta(metadata, { namespaced: true, name: 'subdomain' }),
    ...validateGenerated(job),
    ...validateSelectedSpec(spec),
  ];
  if (isIndexed(spec) && (spec.completions ?? 0) > 0 && labelProblems(last).length > 0)
    errors.push(
      invalidValue(
        'metadata.name',
        name,
        `will not able to create pod with invalid DNS label: ${last}`,
      ),
    );
  return errors;
}

// A generated selector works only with the labels that it selects.
function validateGenerated({ metadata, spec }: Job): FieldError[] {
  if (spec.manualSelector === true || spec.selector === undefined) return [];
  const { uid = '', name = '' } = metadata;
  const expected = {
    'controller-uid': uid,
    'job-name': name,
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
  };
  const field = 'spec.template.metadata.labels';
  const labels = Object.entries(spec.template.metadata.labels ?? {});
  const errors = Object.entries(expected).flatMap(([key, value]): FieldError[] => {
    const found = labels.find(([label]) => label === key);
    if (found === undefined) return [required(`${field}[${key}]`, `must be '${value}'`)];
    return found[1] === value
      ? []
      : [invalidValue(`${field}[${key}]`, shownLabels(spec.template), `must be '${value}'`)];
  });
  return selects(spec.selector, expected)
    ? errors
    : [
        ...errors,
        invalidValue(
          'spec.selector',
          shownSelector(spec.selector),
          '`selector` not auto-generated',
        ),
      ];
}

const shownLabels = ({ metadata: { labels } }: PodTemplate): unknown => labels && byKey(labels);

/** A selector as printed in messages. */
export const shownSelector = (selector: JobSpec['selector']): unknown =>
  selector && {
    ...selector,
    ...(selector.matchLabels && { matchLabels: byKey(selector.matchLabels) }),
  };

/** Problems of a Job's spec, including the selector. */
export function validateSelectedSpec(spec: JobSpec): FieldError[] {
  const errors = [
    ...validateJobSpec(spec, 'spec'),
    ...(spec.selector === undefined
      ? [required('spec.selector')]
      : validateSelector(spec.selector, 'spec.selector')),
  ];
  const { labels } = spec.template.metadata;
  return selects(spec.selector, labels)
    ? errors
    : [
        ...errors,
        invalidValue(
          'spec.template.metadata.labels',
          shownLabels(spec.template),
          '`selector` does not match template `labels`',
        ),
      ];
}

const NUMBERS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const;

/** Problems of the spec of a Job, or of a CronJob's Job template, without the selector. */
export function validateJobSpec(spec: JobSpec, path: string): FieldError[] {
  return [
    ...NUMBERS.flatMap((name) => notNegative(`${path}.${name}`, spec[name])),
    ...(spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined
      ? [required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified')]
      : []),
    ...validateManagedBy(spec.managedBy, `${path}.managedBy`),
    ...validateMode(spec, path),
    ...validateFailurePolicy(spec, `${path}.podFailurePolicy`),
    ...validateSuccessPolicy(spec, `${path}.successPolicy`),
    ...validateReplacementPolicy(spec, `${path}.podReplacementPolicy`),
    ...validateTemplate(spec.template, `${path}.template`),
    ...validateRestartPolicy(spec, `${path}.template.spec.restartPolicy`),
  ];
}

function validateManagedBy(value: string | undefined, field: string): FieldError[] {
  if (value === undefined) return [];
  const long = Buffer.byteLength(value) > MAX_MANAGED_BY ? [tooLong(field, MAX_MANAGED_BY)] : [];
  if (value === '') return [required(field), ...long];
  const slash = value.indexOf('/');
  const host = value.slice(0, slash);
  const path = value.slice(slash + 1);
  if (slash < 1 || path === '')
    return [
      invalidValue(field, value, 'must be a domain-prefixed path (such as "acme.io/foo")'),
      ...long,
    ];
  return [
    ...invalidEach(field, host, subdomainProblems(host)),
    ...pathErrors(field, path),
    ...long,
  ];
}

const PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";

const pathErrors = (field: string, path: string): FieldError[] =>
  new RegExp(`^${PATH}$`).test(path)
    ? []
    : [invalidValue(field, path, `Invalid path (regex used for validation is '${PATH}')`)];

function validateMode(spec: JobSpec, path: string): FieldError[] {
  const { completionMode, backoffLimitPerIndex, maxFailedIndexes } = spec;
  if (completionMode === 'Indexed') return validateIndexedSpec(spec, path);
  if (completionMode !== undefined && completionMode !== 'NonIndexed')
    return [notSupported(`${path}.completionMode`, completionMode, ['NonIndexed', 'Indexed'])];
  const detail = 'requires indexed completion mode';
  return Object.entries({ backoffLimitPerIndex, maxFailedIndexes }).flatMap(([name, value]) =>
    value === undefined ? [] : [invalidValue(`${path}.${name}`, value, detail)],
  );
}

function validateIndexedSpec(spec: JobSpec, path: string): FieldError[] {
  const { completions, parallelism = 0, maxFailedIndexes = 0, backoffLimitPerIndex } = spec;
  const errors: FieldError[] = [];
  const most = (name: string, value: number, limit: number, when = ''): void => {
    if (value > limit)
      errors.push(
        invalidValue(`${path}.${name}`, value, `must be less than or equal to ${limit}${when}`),
      );
  };
  if (completions === undefined)
    errors.push(required(`${path}.completions`, 'when completion mode is Indexed'));
  most('parallelism', parallelism, MAX_PARALLELISM, ' when completion mode is Indexed');
  if (completions !== undefined && maxFailedIndexes > completions)
    errors.push(
      invalidValue(
        `${path}.maxFailedIndexes`,
        maxFailedIndexes,
        'must be less than or equal to completions',
      ),
    );
  most('maxFailedIndexes', maxFailedIndexes, MAX_FAILED_INDEXES);
  if ((completions ?? 0) <= MANY_COMPLETIONS || backoffLimitPerIndex === undefined) return errors;
  if (spec.maxFailedIndexes === undefined)
    errors.push(
      required(
        `${path}.maxFailedIndexes`,
        `must be specified when completions is above ${MANY_COMPLETIONS}`,
      ),
    );
  const when = ` when completions are above ${MANY_COMPLETIONS} and used with backoff limit per index`;
  most('parallelism', parallelism, MAX_PARALLELISM_OF_MANY, when);
  most('maxFailedIndexes', maxFailedIndexes, MAX_FAILED_INDEXES_OF_MANY, when);
  return errors;
}

function validateReplacementPolicy(
  { podReplacementPolicy: policy, podFailurePolicy }: JobSpec,
  field: string,
): FieldError[] {
  const supported = podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  return policy === undefined || supported.includes(policy)
    ? []
    : [notSupported(field, policy, supported)];
}

function validateRestartPolicy(spec: JobSpec, field: string): FieldError[] {
  const policy = spec.template.spec.restartPolicy ?? '';
  // Always is what defaulting makes of a missing policy.
  if (policy === 'Always' || policy === '')
    return [required(field, 'valid values: "OnFailure", "Never"')];
  if (policy !== 'OnFailure' && policy !== 'Never')
    return [notSupported(field, policy, ['OnFailure', 'Never'])];
  return spec.podFailurePolicy && policy !== 'Never'
    ? [invalidValue(field, policy, 'only "Never" is supported when podFailurePolicy is specified')]
    : [];
}

/** The warning that more indexes may fail than a status can hold. */
export const jobSizeWarnings = (
  { completionMode, completions = 0, parallelism = 0 }: JobSpec,
  path: string,
): string[] =>
  completionMode === 'Indexed' &&
  completions > MANY_COMPLETIONS &&
  parallelism > MAX_PARALLELISM_OF_MANY
    ? [
        `${path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail`,
      ]
    : [];
