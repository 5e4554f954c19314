// A Job as the rules and the controller read it, with the conditions that describe its progress.
import type * as batch from 'kubernetes-types/batch/v1';
import type { KubeObject } from '../../kinds/pod.ts';
import type { PodTemplate } from '../pod-template.ts';

export const JOB_TRACKING = 'batch.kubernetes.io/job-tracking';
export const INDEX_KEY = 'batch.kubernetes.io/job-completion-index';
export const FAILURE_COUNT = 'batch.kubernetes.io/job-index-failure-count';
export const IGNORED_FAILURE_COUNT = 'batch.kubernetes.io/job-index-ignored-failure-count';

export interface JobSpec extends Omit<batch.JobSpec, 'template'> {
  template: PodTemplate;
}
export type JobStatus = batch.JobStatus;
export type JobCondition = batch.JobCondition;
export type PodFailurePolicyRule = batch.PodFailurePolicyRule;
export type SuccessPolicyRule = batch.SuccessPolicyRule;

export interface Job extends KubeObject {
  spec: JobSpec;
  status: JobStatus;
}

/** A defaulted object of the resource jobs; a missing status is empty. */
export const toJob = (object: KubeObject): Job =>
  (object['status'] === undefined ? { ...object, status: {} } : object) as Job;

/** Whether its pods have indexes. */
export const isIndexed = ({ completionMode }: Partial<JobSpec>): boolean =>
  completionMode === 'Indexed';

/** The condition of a type, whatever its status. */
export const conditionOf = ({ conditions }: JobStatus, type: string): JobCondition | undefined =>
  conditions?.find((condition) => condition.type === type);

/** Whether a condition is True. */
export const hasCondition = (status: JobStatus, type: string): boolean =>
  conditionOf(status, type)?.status === 'True';

/** Complete or Failed: final. */
export const finishedCondition = (status: JobStatus): JobCondition | undefined =>
  status.conditions?.find(
    ({ type, status: value }) => (type === 'Complete' || type === 'Failed') && value === 'True',
  );

/** Whether it is Complete or Failed. */
export const isFinished = (status: JobStatus): boolean => finishedCondition(status) !== undefined;
