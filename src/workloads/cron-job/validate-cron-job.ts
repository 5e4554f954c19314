// Rules of a CronJob, in Kubernetes' order (pkg/apis/batch/validation).
import type { FieldError } from '../../errors.ts';
import {
  invalidValue,
  notNegative,
  notSupported,
  oneOf,
  required,
} from '../../validation/field-errors.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from '../../validation/object-meta.ts';
import { validateJobSpec } from '../job/validate-job.ts';
import type { CronJob, CronJobSpec } from './cron-job.ts';
import { parseSchedule, zonedSchedule } from './parse-schedule.ts';
import { timeZoneProblem } from './time-zone.ts';

/** A Job's name adds eleven characters for the minute, and may have 63. */
const MAX_NAME = 52;

/** All problems of a new CronJob. */
export function validateCronJob({ metadata, spec }: CronJob): FieldError[] {
  const { name = '' } = metadata;
  return [
    ...validateObjectMeta(metadata, { namespaced: true, name: 'subdomain' }),
    ...validateSpec(spec, undefined),
    ...(name.length > MAX_NAME
      ? [invalidValue('metadata.name', name, `must be no more than ${MAX_NAME} characters`)]
      : []),
  ];
}

/** All problems of an update; an old schedule that was allowed stays allowed. */
export const validateCronJobUpdate = (next: CronJob, old: CronJob): FieldError[] => [
  ...validateObjectMetaUpdate(next.metadata, old.metadata),
  ...validateSpec(next.spec, old.spec),
];

function validateSpec(spec: CronJobSpec, old: CronJobSpec | undefined): FieldError[] {
  return [
    ...validateSchedule(spec, old),
    ...notNegative('spec.startingDeadlineSeconds', spec.startingDeadlineSeconds),
    ...(old !== undefined && old.timeZone === spec.timeZone ? [] : validateZone(spec.timeZone)),
    ...oneOf('spec.concurrencyPolicy', spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace']),
    ...validateTemplate(spec),
    ...notNegative('spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit),
    ...notNegative('spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit),
  ];
}

function validateSchedule(
  { schedule, timeZone }: CronJobSpec,
  old: CronJobSpec | undefined,
): FieldError[] {
  const field = 'spec.schedule';
  if (schedule === '') return [required(field)];
  const { schedule: bare, zone } = zonedSchedule(schedule);
  const parsed = parseSchedule(bare);
  const errors: FieldError[] = [];
  if (zone !== undefined && timeZoneProblem(zone) !== undefined)
    errors.push(
      invalidValue(field, schedule, `provided bad location ${zone}: unknown time zone ${zone}`),
    );
  else if ('problem' in parsed) errors.push(invalidValue(field, schedule, parsed.problem));
  if (!schedule.includes('TZ')) return errors;
  const before = old?.schedule.includes('TZ') === true;
  if (!before)
    errors.push(
      invalidValue(
        field,
        schedule,
        'cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
      ),
    );
  else if (timeZone !== undefined)
    errors.push(
      invalidValue(field, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule'),
    );
  return errors;
}

function validateZone(zone: string | undefined): FieldError[] {
  const problem = zone === undefined ? undefined : timeZoneProblem(zone);
  return problem === undefined ? [] : [invalidValue('spec.timeZone', zone, problem)];
}

function validateTemplate({ jobTemplate: { spec } }: CronJobSpec): FieldError[] {
  const path = 'spec.jobTemplate.spec';
  return [
    ...validateJobSpec(spec, path),
    ...(spec.selector === undefined
      ? []
      : [invalidValue(`${path}.selector`, spec.selector, '`selector` will be auto-generated')]),
    ...(spec.manualSelector === true
      ? [notSupported(`${path}.manualSelector`, true, ['nil', 'false'])]
      : []),
  ];
}
