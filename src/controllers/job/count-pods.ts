// Counting: a pod's uid goes into the status first, then its finalizer is removed, then the uid becomes part of a number. So a pod that is
// deleted early is still counted, and none is counted twice, wherever a pass breaks off.
import type { KubeObject } from '../../kinds/pod.ts';
import { present } from '../../present.ts';
import { countIndexes, formatIndexes, hasIndex, withIndexes } from '../../workloads/job/indexes.ts';
import { isIndexed } from '../../workloads/job/job.ts';
import type { JobStatus } from '../../workloads/job/job.ts';
import { judge } from './failure-policy.ts';
import { hasFailed, isCountable, isTracked, phaseOf, uidOf, validIndex } from './job-pods.ts';
import type { Outcome } from './outcome.ts';
import type { View } from './view.ts';

/** Keeps the list of uids below 20 KB. */
const MOST_UNCOUNTED = 500;

export interface Count {
  /** The part of the status that counts. */
  counters: Pick<
    JobStatus,
    'succeeded' | 'failed' | 'completedIndexes' | 'failedIndexes' | 'uncountedTerminatedPods'
  >;
  /** Pods whose end is included in `counters`: once those are stored, their finalizers may be removed. */
  counted: KubeObject[];
}

/** The next counters. `outcome`: once the Job is decided all pods are released, and the remaining ones of a failed Job count as failed. */
export function countPods(view: View, outcome: Outcome | undefined): Count {
  const { job, pods } = view;
  const { status } = job;
  const held = new Set(pods.filter(isTracked).map(uidOf));
  const before = status.uncountedTerminatedPods ?? {};
  const succeeded = (before.succeeded ?? []).filter((uid) => held.has(uid));
  const failed = (before.failed ?? []).filter((uid) => held.has(uid));
  const numbers = {
    succeeded: (status.succeeded ?? 0) + (before.succeeded ?? []).length - succeeded.length,
    failed: (status.failed ?? 0) + (before.failed ?? []).length - failed.length,
  };
  const indexes: number[] = [];
  const counted: KubeObject[] = [];
  for (const pod of inOrder(view)) {
    if (indexes.length + succeeded.length + failed.length >= MOST_UNCOUNTED) break;
    if (!isTracked(pod) || !mayBeCounted(view, pod, outcome)) continue;
    counted.push(pod);
    const uid = uidOf(pod);
    if (phaseOf(pod) === 'Succeeded' && !failed.includes(uid)) {
      if (isIndexed(job.spec)) indexes.push(...newIndex(view, pod));
      else if (!succeeded.includes(uid)) succeeded.push(uid);
    } else if (countsAsFailed(view, pod, outcome) && !failed.includes(uid)) failed.push(uid);
  }
  return { counters: countersOf(view, { numbers, succeeded, failed, indexes }), counted };
}

const inOrder = ({ job, pods }: View): readonly KubeObject[] =>
  isIndexed(job.spec)
    ? [...pods].sort((a, b) => (validIndex(a, job.spec) ?? -1) - (validIndex(b, job.spec) ?? -1))
    : pods;

function mayBeCounted({ job, waiting }: View, pod: KubeObject, outcome?: Outcome): boolean {
  if (job.metadata.deletionTimestamp !== undefined || outcome !== undefined) return true;
  if (phaseOf(pod) === 'Succeeded') return true;
  if (!hasFailed(pod, job)) return false;
  const index = validIndex(pod, job.spec);
  // It is kept until the pod that replaces it takes over its failure count.
  return index === undefined || waiting.get(index) !== pod;
}

function countsAsFailed({ job }: View, pod: KubeObject, outcome?: Outcome): boolean {
  const over = hasFailed(pod, job) || outcome?.type === 'FailureTarget';
  return over && isCountable(pod, job.spec) && judge(job.spec, pod).counted;
}

function newIndex({ job, storedIndexes }: View, pod: KubeObject): number[] {
  const index = validIndex(pod, job.spec);
  return index === undefined || hasIndex(storedIndexes, index) ? [] : [index];
}

interface Counting {
  numbers: { succeeded: number; failed: number };
  succeeded: string[];
  failed: string[];
  indexes: number[];
}

function countersOf(
  { job, storedIndexes, failedIndexes }: View,
  { numbers, succeeded, failed, indexes }: Counting,
): Count['counters'] {
  const completed = withIndexes(storedIndexes, indexes);
  const done = isIndexed(job.spec) ? countIndexes(completed) : numbers.succeeded;
  return present({
    succeeded: done || undefined,
    failed: numbers.failed || undefined,
    completedIndexes: formatIndexes(completed) || undefined,
    failedIndexes: failedIndexes && formatIndexes(failedIndexes),
    uncountedTerminatedPods: present({
      succeeded: succeeded.length > 0 ? succeeded : undefined,
      failed: failed.length > 0 ? failed : undefined,
    }),
  });
}
