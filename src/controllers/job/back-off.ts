// How long a Job waits before it replaces failed pods.
import type { KubeObject } from '../../kinds/pod.ts';
import { later } from '../../later.ts';
import type { Job } from '../../workloads/job/job.ts';
import { failuresBefore, finishedAt, hasFailed, isCountable, phaseOf } from './job-pods.ts';

const INITIAL_SECONDS = 10;
const MAX_SECONDS = 600;

/** The delay after `failures` failures in a row, in seconds. */
const backOffSeconds = (failures: number): number =>
  failures === 0 ? 0 : Math.min(INITIAL_SECONDS * 2 ** (failures - 1), MAX_SECONDS);

/**
 * When the next pod may be created, judged by the pods that ended since the last success; undefined: at once. Pods that no longer exist
 * are forgotten, as by a restarted kube-controller-manager.
 */
export function replacementDue(job: Job, pods: readonly KubeObject[]): Date | undefined {
  const counted = pods.filter((pod) => isCountable(pod, job.spec));
  const succeeded = counted.filter((pod) => phaseOf(pod) === 'Succeeded').map(timeOf);
  const lastSuccess = Math.max(...succeeded, Number.NEGATIVE_INFINITY);
  const failed = counted
    .filter((pod) => hasFailed(pod, job))
    .map(timeOf)
    .filter((time) => time > lastSuccess);
  return failed.length === 0
    ? undefined
    : later(new Date(Math.max(...failed)), backOffSeconds(failed.length));
}

const timeOf = (pod: KubeObject): number => finishedAt(pod).getTime();

/** When the index of a failed pod may be retried. */
export function indexDue(lastFailed: KubeObject): Date {
  const { counted, ignored } = failuresBefore(lastFailed);
  return later(finishedAt(lastFailed), backOffSeconds(counted + ignored + 1));
}
