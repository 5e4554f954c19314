// Whether the Job is decided. The first rule that holds wins, and a stored decision stands.
import { later } from '../../later.ts';
import { countIndexes } from '../../workloads/job/indexes.ts';
import { conditionOf, hasCondition, isIndexed } from '../../workloads/job/job.ts';
import type { Job } from '../../workloads/job/job.ts';
import { judge } from './failure-policy.ts';
import { hasFailed, phaseOf, restartsOf } from './job-pods.ts';
import { satisfiedRule } from './success-policy.ts';
import type { View } from './view.ts';

/** The condition that comes first; Complete or Failed follows with the same reason once nothing is left to count. */
export interface Outcome {
  type: 'SuccessCriteriaMet' | 'FailureTarget';
  reason: string;
  message: string;
}

export const COMPLETIONS_REACHED: Outcome = {
  type: 'SuccessCriteriaMet',
  reason: 'CompletionsReached',
  message: 'Reached expected number of succeeded pods',
};

const failure = (reason: string, message: string): Outcome => ({
  type: 'FailureTarget',
  reason,
  message,
});

/** The outcome, as far as it does not depend on this pass's actions; undefined: the Job continues. */
export const decidedOutcome = (view: View): Outcome | undefined =>
  storedOutcome(view.job) ??
  policyOutcome(view) ??
  limitOutcome(view) ??
  indexOutcome(view) ??
  successOutcome(view);

function storedOutcome({ status }: Job): Outcome | undefined {
  for (const type of ['SuccessCriteriaMet', 'FailureTarget'] as const) {
    if (!hasCondition(status, type)) continue;
    const { reason = '', message = '' } = conditionOf(status, type) ?? {};
    return { type, reason, message };
  }
  return undefined;
}

function policyOutcome({ job, pods }: View): Outcome | undefined {
  if (job.spec.podFailurePolicy === undefined) return undefined;
  for (const pod of pods) {
    const message = hasFailed(pod, job) ? judge(job.spec, pod).failsJob : undefined;
    if (message !== undefined) return failure('PodFailurePolicy', message);
  }
  return undefined;
}

function limitOutcome(view: View): Outcome | undefined {
  const { job, failed, now } = view;
  if (failed > (job.spec.backoffLimit ?? 0) || restartsTooOften(view))
    return failure('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  const deadline = deadlineOf(job);
  return deadline !== undefined && deadline <= now
    ? failure('DeadlineExceeded', 'Job was active longer than specified deadline')
    : undefined;
}

/** In-place restarts count if the pods restart their containers. */
function restartsTooOften({ job: { spec }, pods }: View): boolean {
  if (spec.template.spec.restartPolicy !== 'OnFailure') return false;
  const restarts = pods
    .filter((pod) => ['Running', 'Pending'].includes(phaseOf(pod)))
    .reduce((sum, pod) => sum + restartsOf(pod), 0);
  const { backoffLimit = 0 } = spec;
  return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit;
}

/**
 * When the Job will have been active for too long; undefined: no deadline, or not running. A Job that resumes is judged by its first start,
 * as in Kubernetes: the new start is written only by a pass that goes on, so one suspended beyond its deadline fails at once.
 */
export const deadlineOf = ({ spec, status }: Job): Date | undefined =>
  spec.activeDeadlineSeconds === undefined ||
  spec.suspend === true ||
  status.startTime === undefined
    ? undefined
    : later(new Date(status.startTime), spec.activeDeadlineSeconds);

function indexOutcome({ job, failedIndexes, succeeded }: View): Outcome | undefined {
  if (failedIndexes === undefined) return undefined;
  const { maxFailedIndexes, completions = 0 } = job.spec;
  const failed = countIndexes(failedIndexes);
  if (maxFailedIndexes !== undefined && failed > maxFailedIndexes)
    return failure(
      'MaxFailedIndexesExceeded',
      'Job has exceeded the specified maximal number of failed indexes',
    );
  return failed > 0 && failed + succeeded >= completions
    ? failure('FailedIndexes', 'Job has failed indexes')
    : undefined;
}

function successOutcome({ job, succeededIndexes }: View): Outcome | undefined {
  const rule = isIndexed(job.spec) ? satisfiedRule(job.spec, succeededIndexes) : undefined;
  return rule === undefined
    ? undefined
    : {
        type: 'SuccessCriteriaMet',
        reason: 'SuccessPolicy',
        message: `Matched rules at index ${rule}`,
      };
}
