// Rules for a Job's status: contradictory counts and conditions are refused, whoever manages the Job.
import { isDeepStrictEqual } from 'node:util';
import type { FieldError } from '../../errors.ts';
import { repeats } from '../../repeats.ts';
import { duplicate, invalidValue, notNegative, required } from '../../validation/field-errors.ts';
import { commonIndex, indexesProblem, parseIndexes } from './indexes.ts';
import { hasCondition, isFinished, isIndexed } from './job.ts';
import type { Job, JobStatus } from './job.ts';
import { invalidWhole } from './validate-policies.ts';

const COUNTS = ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const;
const CONDITIONS = 'status.conditions';

/** Both versions of a status: a rule applies only if one of its fields has changed, so an old fault blocks nothing else. */
class Change {
  readonly next: JobStatus;
  readonly old: JobStatus;
  constructor({ status: next }: Job, { status: old }: Job) {
    this.next = next;
    this.old = old;
  }
  is = (type: string): boolean => hasCondition(this.next, type);
  was = (type: string): boolean => hasCondition(this.old, type);
  turned = (...types: string[]): boolean => types.some((type) => this.is(type) !== this.was(type));
  changed = (...names: (keyof JobStatus)[]): boolean =>
    names.some((name) => !isDeepStrictEqual(this.next[name], this.old[name]));
}

/** Problems of a status write, without those of metadata. */
export function validateJobStatus(next: Job, old: Job): FieldError[] {
  const change = new Change(next, old);
  return [
    ...COUNTS.flatMap((name) => notNegative(`status.${name}`, next.status[name])),
    ...validateUncounted(next.status),
    ...validateCompletion(change),
    ...validateOutcome(change),
    ...validateFinished(change, next),
    ...validateIndexes(change, next),
    ...validateNumbers(change),
    ...validateCriteria(change, next),
    ...validateTransition(change, next),
  ];
}

function validateUncounted({ uncountedTerminatedPods: uncounted }: JobStatus): FieldError[] {
  const uids = (['succeeded', 'failed'] as const).flatMap((list) =>
    (uncounted?.[list] ?? []).map((uid, index) => ({
      field: `status.uncountedTerminatedPods.${list}[${index}]`,
      uid,
    })),
  );
  const second = repeats(uids.map(({ uid }) => uid));
  return uids.flatMap(({ field, uid }, index) => {
    if (uid === '') return [invalidValue(field, uid, 'must not be empty')];
    return second.has(index) ? [duplicate(field, uid)] : [];
  });
}

function validateCompletion({ next, is, turned, changed }: Change): FieldError[] {
  const errors: FieldError[] = [];
  const { completionTime, startTime } = next;
  const field = 'status.completionTime';
  if (turned('Complete', 'Failed') && is('Complete') && is('Failed'))
    errors.push(invalidWhole(CONDITIONS, 'cannot set Complete=True and Failed=true conditions'));
  if (turned('Complete', 'FailureTarget') && is('Complete') && is('FailureTarget'))
    errors.push(
      invalidWhole(CONDITIONS, 'cannot set Complete=True and FailureTarget=true conditions'),
    );
  if (turned('Complete') || changed('completionTime')) {
    if (completionTime !== undefined && !is('Complete'))
      errors.push(
        invalidValue(
          field,
          completionTime,
          'cannot set completionTime when there is no Complete=True condition',
        ),
      );
    if (completionTime === undefined && is('Complete'))
      errors.push(required(field, 'completionTime is required for Complete jobs'));
  }
  if (
    changed('completionTime', 'startTime') &&
    startTime !== undefined &&
    completionTime !== undefined &&
    new Date(completionTime) < new Date(startTime)
  )
    errors.push(invalidValue(field, completionTime, 'must be equal to or after `startTime`'));
  return errors;
}

function validateOutcome({ is, turned, changed }: Change): FieldError[] {
  const errors: FieldError[] = [];
  if ((turned('Failed') || changed('failedIndexes')) && is('Failed') && !is('FailureTarget'))
    errors.push(
      invalidWhole(
        CONDITIONS,
        'cannot set Failed=True condition without the FailureTarget=true condition',
      ),
    );
  if (turned('Complete', 'SuccessCriteriaMet') && is('Complete') && !is('SuccessCriteriaMet'))
    errors.push(
      invalidWhole(
        CONDITIONS,
        'cannot set Complete=True condition without the SuccessCriteriaMet=true condition',
      ),
    );
  return errors;
}

function validateFinished({ next, old, changed }: Change, { spec }: Job): FieldError[] {
  if (!isFinished(next)) return [];
  const now = !isFinished(old);
  const { active = 0, startTime, uncountedTerminatedPods: uncounted } = next;
  const nothing = spec.suspend === true && spec.completions === 0;
  const errors: FieldError[] = [];
  if ((now || changed('active')) && active > 0)
    errors.push(invalidValue('status.active', active, 'active>0 is invalid for finished job'));
  if ((now || changed('startTime')) && !nothing && startTime === undefined)
    errors.push(required('status.startTime', 'startTime is required for finished job'));
  if (
    (now || changed('uncountedTerminatedPods')) &&
    (uncounted?.failed ?? []).length + (uncounted?.succeeded ?? []).length > 0
  )
    errors.push(
      invalidValue('status.uncountedTerminatedPods', uncounted, 'must be empty for finished job'),
    );
  return errors;
}

function validateIndexes({ next, changed }: Change, { spec }: Job): FieldError[] {
  const { completedIndexes = '', failedIndexes } = next;
  const { completions, backoffLimitPerIndex } = spec;
  const errors: FieldError[] = [];
  const completed = 'status.completedIndexes';
  const failed = 'status.failedIndexes';
  const check = (field: string, name: string, text: string): void => {
    const problem = completions === undefined ? undefined : indexesProblem(text, completions);
    if (problem !== undefined)
      errors.push(invalidValue(field, text, `error parsing ${name}: ${problem}`));
  };
  if (changed('completedIndexes')) check(completed, 'completedIndexes', completedIndexes);
  if (changed('failedIndexes') && backoffLimitPerIndex !== undefined)
    check(failed, 'failedIndexes', failedIndexes ?? '');
  if (changed('completedIndexes') && completedIndexes !== '' && !isIndexed(spec))
    errors.push(
      invalidValue(
        completed,
        completedIndexes,
        'cannot set non-empty completedIndexes when non-indexed completion mode',
      ),
    );
  if (changed('failedIndexes') && backoffLimitPerIndex === undefined && failedIndexes !== undefined)
    errors.push(
      invalidValue(
        failed,
        failedIndexes,
        'cannot set non-null failedIndexes when backoffLimitPerIndex is null',
      ),
    );
  if (changed('failedIndexes', 'completedIndexes') && completions !== undefined) {
    const both = commonIndex(
      parseIndexes(completedIndexes, completions),
      parseIndexes(failedIndexes, completions),
    );
    if (both !== undefined)
      errors.push(
        invalidValue(
          failed,
          failedIndexes,
          `failedIndexes and completedIndexes overlap at index: ${both}`,
        ),
      );
  }
  return errors;
}

function validateNumbers({ next, old, changed }: Change): FieldError[] {
  const { terminating = 0, ready, active = 0 } = next;
  const errors: FieldError[] = [];
  if (
    (isFinished(next) !== isFinished(old) || changed('terminating')) &&
    terminating > 0 &&
    isFinished(next)
  )
    errors.push(
      invalidValue('status.terminating', terminating, 'terminating>0 is invalid for finished job'),
    );
  if (changed('ready', 'active') && ready !== undefined && ready > active)
    errors.push(invalidValue('status.ready', ready, 'cannot set more ready pods than active'));
  return errors;
}

function validateCriteria({ is }: Change, { spec }: Job): FieldError[] {
  const errors: FieldError[] = [];
  const met = is('SuccessCriteriaMet');
  if (met && is('Failed'))
    errors.push(
      invalidWhole(CONDITIONS, 'cannot set SuccessCriteriaMet=True and Failed=true conditions'),
    );
  if (met && is('FailureTarget'))
    errors.push(
      invalidWhole(
        CONDITIONS,
        'cannot set SuccessCriteriaMet=True and FailureTarget=true conditions',
      ),
    );
  if (spec.successPolicy && !met && is('Complete'))
    errors.push(
      invalidWhole(
        CONDITIONS,
        'cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True',
      ),
    );
  return errors;
}

/** What has been reached stays. */
function validateTransition(change: Change, job: Job): FieldError[] {
  const { next, old, is, was, changed } = change;
  const { spec } = job;
  const errors = ['Failed', 'Complete', 'FailureTarget']
    .filter((type) => was(type) && !is(type))
    .map((type) => invalidWhole(CONDITIONS, `cannot disable the terminal ${type}=True condition`));
  if ((next.failed ?? 0) < (old.failed ?? 0))
    errors.push(
      invalidValue('status.failed', next.failed ?? 0, 'cannot decrease the failed counter'),
    );
  const elastic = isIndexed(spec) && spec.completions === spec.parallelism;
  if (!elastic && (next.succeeded ?? 0) < (old.succeeded ?? 0))
    errors.push(
      invalidValue(
        'status.succeeded',
        next.succeeded ?? 0,
        'cannot decrease the succeeded counter',
      ),
    );
  if (
    next.completionTime !== undefined &&
    old.completionTime !== undefined &&
    changed('completionTime')
  )
    errors.push(invalidValue('status.completionTime', next.completionTime, 'field is immutable'));
  errors.push(...validateStartTime(change, job));
  if (was('SuccessCriteriaMet') && !is('SuccessCriteriaMet'))
    errors.push(invalidWhole(CONDITIONS, 'cannot disable the SuccessCriteriaMet=True condition'));
  if (was('Complete') && !was('SuccessCriteriaMet') && is('SuccessCriteriaMet'))
    errors.push(
      invalidWhole(
        CONDITIONS,
        'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions',
      ),
    );
  return errors;
}

function validateStartTime({ next, old, was, changed }: Change, { spec }: Job): FieldError[] {
  const resumes =
    was('Suspended') &&
    (next.conditions ?? []).some(({ type, status }) => type === 'Suspended' && status === 'False');
  return changed('startTime') && !resumes && old.startTime !== undefined && spec.suspend !== true
    ? [required('status.startTime', 'startTime cannot be removed for unsuspended job')]
    : [];
}
