// A Job and its pods as one pass sees them: what is counted already and what is new.
import type { KubeObject } from '../../kinds/pod.ts';
import { countIndexes, hasIndex, parseIndexes, withIndexes } from '../../workloads/job/indexes.ts';
import type { Interval } from '../../workloads/job/indexes.ts';
import { isIndexed } from '../../workloads/job/job.ts';
import type { Job } from '../../workloads/job/job.ts';
import { isActive, isTerminating } from '../pod-states.ts';
import { judge } from './failure-policy.ts';
import {
  failuresBefore,
  finishedAt,
  hasFailed,
  indexOf,
  isCountable,
  isTracked,
  phaseOf,
  uidOf,
  validIndex,
} from './job-pods.ts';

export interface View {
  job: Job;
  now: Date;
  pods: readonly KubeObject[];
  active: readonly KubeObject[];
  terminating: readonly KubeObject[];
  /** All successes, stored or not. */
  succeeded: number;
  /** All failures that count, stored or not. */
  failed: number;
  /** The indexes as stored, and together with the new ones. */
  storedIndexes: readonly Interval[];
  succeededIndexes: readonly Interval[];
  /** Absent without backoffLimitPerIndex. */
  failedIndexes?: readonly Interval[];
  /** The last failed pod of each index that awaits a replacement: it holds the index's failure count. */
  waiting: ReadonlyMap<number, KubeObject>;
}

/** Everything on which the later steps of a pass base their decisions. */
export function viewOf(job: Job, pods: readonly KubeObject[], now: Date): View {
  const { spec, status } = job;
  const uncounted = status.uncountedTerminatedPods ?? {};
  const fresh = (pod: KubeObject, counted: readonly string[] = []): boolean =>
    isTracked(pod) && !counted.includes(uidOf(pod)) && isCountable(pod, spec);
  const newFailed = pods.filter(
    (pod) => fresh(pod, uncounted.failed) && hasFailed(pod, job) && judge(spec, pod).counted,
  );
  const newSucceeded = pods.filter(
    (pod) => fresh(pod, uncounted.succeeded) && phaseOf(pod) === 'Succeeded',
  );
  const indexes = indexesOf(job, pods);
  const view: View = {
    job,
    now,
    pods,
    active: pods.filter(isActive),
    terminating: pods.filter(isTerminating),
    succeeded: isIndexed(spec)
      ? countIndexes(indexes.succeededIndexes)
      : (status.succeeded ?? 0) + (uncounted.succeeded ?? []).length + newSucceeded.length,
    failed: (status.failed ?? 0) + (uncounted.failed ?? []).length + newFailed.length,
    ...indexes,
    waiting: new Map(),
  };
  return indexes.failedIndexes === undefined ? view : { ...view, waiting: waitingPods(view) };
}

type Indexes = Pick<View, 'storedIndexes' | 'succeededIndexes' | 'failedIndexes'>;

function indexesOf(job: Job, pods: readonly KubeObject[]): Indexes {
  const { spec, status } = job;
  if (!isIndexed(spec)) return { storedIndexes: [], succeededIndexes: [] };
  const { completions = 0, backoffLimitPerIndex: limit } = spec;
  const of = (chosen: (pod: KubeObject) => boolean): number[] =>
    pods.flatMap((pod) => {
      const index = isTracked(pod) ? validIndex(pod, spec) : undefined;
      return index !== undefined && chosen(pod) ? [index] : [];
    });
  const storedIndexes = parseIndexes(status.completedIndexes, completions);
  const succeededIndexes = withIndexes(
    storedIndexes,
    of((pod) => phaseOf(pod) === 'Succeeded'),
  );
  if (limit === undefined) return { storedIndexes, succeededIndexes };
  const stored = parseIndexes(status.failedIndexes, completions);
  const { failed = [] } = status.uncountedTerminatedPods ?? {};
  const failedIndexes = withIndexes(
    stored,
    // Pods counted before are skipped: the end of the Job also deletes pods whose index has not failed.
    of((pod) => !failed.includes(uidOf(pod)) && failsIndex(pod, job, limit)),
  );
  return { storedIndexes, succeededIndexes, failedIndexes };
}

function failsIndex(pod: KubeObject, job: Job, limit: number): boolean {
  if (!hasFailed(pod, job)) return false;
  const { action, counted } = judge(job.spec, pod);
  return action === 'FailIndex' || (counted && failuresBefore(pod).counted >= limit);
}

function waitingPods(view: View): Map<number, KubeObject> {
  const { job, pods, active, succeededIndexes, failedIndexes = [] } = view;
  const running = new Set(active.map(indexOf));
  const waiting = new Map<number, KubeObject>();
  for (const pod of pods) {
    const index = validIndex(pod, job.spec);
    if (index === undefined || !isTracked(pod) || !hasFailed(pod, job)) continue;
    if (running.has(index) || hasIndex(succeededIndexes, index) || hasIndex(failedIndexes, index))
      continue;
    const other = waiting.get(index);
    if (other === undefined || isLater(pod, other)) waiting.set(index, pod);
  }
  return waiting;
}

const isLater = (pod: KubeObject, other: KubeObject): boolean =>
  attempts(other) <= attempts(pod) && finishedAt(pod) >= finishedAt(other);

function attempts(pod: KubeObject): number {
  const { counted, ignored } = failuresBefore(pod);
  return counted + ignored;
}
