// How many pods a running Job should have now, and how to get there: a pass either deletes or creates pods, never both.
import type { KubeObject } from '../../kinds/pod.ts';
import { withIndexes } from '../../workloads/job/indexes.ts';
import type { Interval } from '../../workloads/job/indexes.ts';
import { isIndexed } from '../../workloads/job/job.ts';
import { indexDue, replacementDue } from './back-off.ts';
import { indexOf, replacesFailedOnly } from './job-pods.ts';
import { newPod } from './new-pod.ts';
import { podsToRemove } from './remove-first.ts';
import type { View } from './view.ts';

/** Creations or deletions of one pass. */
const MOST_PER_PASS = 500;

export interface PodPlan {
  remove: KubeObject[];
  create: KubeObject[];
  /** When the back-off of failed pods ends. */
  dueAt?: Date;
}

const NOTHING: PodPlan = { remove: [], create: [] };

/** The plan for a Job that is not decided. */
export function planPods(view: View): PodPlan {
  const { job, active, terminating } = view;
  if (job.spec.suspend === true)
    return { ...NOTHING, remove: podsToRemove(job.spec, active, active.length) };
  const wanted = wantedPods(view);
  const remove = podsToRemove(job.spec, active, active.length - wanted).slice(0, MOST_PER_PASS);
  if (remove.length > 0) return { ...NOTHING, remove };
  const awaited = replacesFailedOnly(job.spec) ? terminating.length : 0;
  const missing = Math.min(wanted - awaited - active.length, MOST_PER_PASS);
  if (missing <= 0) return NOTHING;
  return job.spec.backoffLimitPerIndex === undefined
    ? planTogether(view, missing)
    : planByIndex(view, missing);
}

function wantedPods({ job: { spec }, active, succeeded }: View): number {
  const { completions, parallelism = 1 } = spec;
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism;
  return Math.max(0, Math.min(parallelism, completions - succeeded));
}

/** All pods wait for the last failure's back-off. */
function planTogether(view: View, missing: number): PodPlan {
  const { job, pods, now } = view;
  const dueAt = replacementDue(job, pods);
  if (dueAt !== undefined && dueAt > now) return { ...NOTHING, dueAt };
  const create = isIndexed(job.spec)
    ? pendingIndexes(view, missing).map((index) => newPod(job, { index }))
    : Array.from({ length: missing }, () => newPod(job));
  return { ...NOTHING, create };
}

/** Each index waits for the back-off of its own last failure. */
function planByIndex(view: View, missing: number): PodPlan {
  const { job, now, waiting } = view;
  const tried = pendingIndexes(view, missing).map((index) => {
    const replaces = waiting.get(index);
    return { index, ...(replaces && { replaces, dueAt: indexDue(replaces) }) };
  });
  const due = tried.filter(({ dueAt }) => dueAt === undefined || dueAt <= now);
  const times = tried.flatMap(({ dueAt }) => (dueAt !== undefined && dueAt > now ? [dueAt] : []));
  const create = due.map((one) => newPod(job, one));
  if (times.length === 0) return { ...NOTHING, create };
  return { ...NOTHING, create, dueAt: new Date(Math.min(...times.map((time) => time.getTime()))) };
}

/** The lowest indexes that are neither running nor finished. */
function pendingIndexes(view: View, count: number): number[] {
  const { job, active, terminating, succeededIndexes, failedIndexes = [] } = view;
  const busy = [...active, ...(replacesFailedOnly(job.spec) ? terminating : [])].flatMap(
    (pod) => indexOf(pod) ?? [],
  );
  const over = withIndexes([...succeededIndexes, ...failedIndexes], busy);
  return gaps(over, job.spec.completions ?? 0, count);
}

function gaps(over: readonly Interval[], completions: number, count: number): number[] {
  const found: number[] = [];
  let candidate = 0;
  for (const [first, last] of [...over, [completions, completions] as const]) {
    for (; candidate < Math.min(first, completions) && found.length < count; candidate++)
      found.push(candidate);
    candidate = Math.max(candidate, last + 1);
  }
  return found;
}
