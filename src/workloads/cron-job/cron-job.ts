// A CronJob as the rules and the controller read it; its defaults.
import type * as batch from 'kubernetes-types/batch/v1';
import type { KubeObject, ObjectMeta } from '../../kinds/pod.ts';
import { isMap } from '../../own.ts';
import { omitEmpty } from '../../pod/model/omit-empty.ts';
import { defaultJobTemplateSpec } from '../job/default-job.ts';
import type { JobSpec } from '../job/job.ts';

const SUCCESSFUL_LIMIT = 3;
const FAILED_LIMIT = 1;

export interface CronJobSpec extends Omit<batch.CronJobSpec, 'jobTemplate'> {
  jobTemplate: { metadata: ObjectMeta; spec: JobSpec };
}
export type CronJobStatus = batch.CronJobStatus;

export interface CronJob extends KubeObject {
  spec: CronJobSpec;
  status: CronJobStatus;
}

/** The annotation on a run's Job that holds its scheduled time. */
export const SCHEDULED_AT = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

/** The name of a run's Job, derived from the minute, so that a run cannot start twice. */
export const jobName = ({ metadata }: CronJob, time: Date): string =>
  `${metadata.name ?? ''}-${Math.floor(time.getTime() / 60_000)}`;

/** A defaulted object of the resource cronjobs; a missing status is empty. */
export const toCronJob = (object: KubeObject): CronJob =>
  (object['status'] === undefined ? { ...object, status: {} } : object) as CronJob;

/** The CronJob with every default; its Job template gets only the defaults of pods. May be repeated. */
export function defaultCronJob(object: KubeObject): CronJob {
  const spec = (isMap(object['spec']) ? object['spec'] : {}) as Partial<batch.CronJobSpec>;
  const template: { metadata?: unknown; spec?: unknown } = isMap(spec.jobTemplate)
    ? spec.jobTemplate
    : {};
  return {
    ...object,
    spec: {
      ...spec,
      schedule: spec.schedule ?? '',
      concurrencyPolicy: spec.concurrencyPolicy || 'Allow',
      suspend: spec.suspend ?? false,
      successfulJobsHistoryLimit: spec.successfulJobsHistoryLimit ?? SUCCESSFUL_LIMIT,
      failedJobsHistoryLimit: spec.failedJobsHistoryLimit ?? FAILED_LIMIT,
      jobTemplate: {
        metadata: omitEmpty(
          isMap(template.metadata) ? template.metadata : {},
          'metadata',
        ) as ObjectMeta,
        spec: defaultJobTemplateSpec(template.spec),
      },
    },
    status: (isMap(object['status']) ? object['status'] : {}) as CronJobStatus,
  };
}
