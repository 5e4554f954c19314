// The Job controller: runs pods until enough have succeeded or too many have failed (pkg/controller/job).
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../kinds/pod.ts';
import { later } from '../../later.ts';
import { selects } from '../../pod/placement/selection.ts';
import { finishedCondition, JOB_TRACKING, toJob } from '../../workloads/job/job.ts';
import type { Job, JobStatus } from '../../workloads/job/job.ts';
import { claim, isControlledBy, isUncontrolled } from '../claim.ts';
import type { Controller, Outcome as Answer, World, Write } from '../controller.ts';
import { countPods } from './count-pods.ts';
import { isTracked, tracked, untracked } from './job-pods.ts';
import { COMPLETIONS_REACHED, deadlineOf, decidedOutcome } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { planPods } from './plan-pods.ts';
import type { PodPlan } from './plan-pods.ts';
import { nextStatus } from './next-status.ts';
import { viewOf } from './view.ts';
import type { View } from './view.ts';

const PODS = 'pods';
const JOBS = 'jobs.batch';
const OURS = 'kubernetes.io/job-controller';

export const jobController: Controller = {
  name: 'job-controller',
  resource: JOBS,
  reads: [PODS],
  backOff: { firstMs: 1_000, maxMs: 60_000 },
  childFinalizer: JOB_TRACKING,
  mayConcern: isUncontrolled,
  concerns: (pod, jobs) =>
    jobs
      .map(toJob)
      .filter(({ spec }) => selects(spec.selector, pod.metadata.labels))
      .map(({ metadata }) => metadata.name ?? ''),
  reconcile: (object, world, now) => {
    const job = toJob(object);
    const finished = finishedCondition(job.status);
    if (finished !== undefined) return endJob(job, finished.lastTransitionTime, world, now);
    return (job.spec.managedBy ?? OURS) === OURS ? runJob(job, world, now) : { writes: [] };
  },
};

/** A finished Job releases its last pods, and is deleted when its TTL has passed. */
function endJob(job: Job, since: string | undefined, world: World, now: Date): Answer {
  const writes = world
    .list(PODS)
    .filter((pod) => isControlledBy(pod, job) && isTracked(pod))
    .map((pod): Write => ({ verb: 'update', resource: PODS, object: untracked(pod) }));
  const { ttlSecondsAfterFinished: ttl } = job.spec;
  if (ttl === undefined || job.metadata.deletionTimestamp !== undefined) return { writes };
  const end = later(new Date(since ?? now), ttl);
  if (end > now) return { writes, requeueAt: end };
  return {
    writes: [
      ...writes,
      { verb: 'delete', resource: JOBS, object: job, propagationPolicy: 'Foreground' },
    ],
  };
}

function runJob(job: Job, world: World, now: Date): Answer {
  if (!['Indexed', 'NonIndexed'].includes(job.spec.completionMode ?? 'NonIndexed'))
    return { writes: [unknownMode] };
  const claimed = claimPods(job, world.list(PODS));
  const view = viewOf(job, claimed.pods, now);
  const decided = decidedOutcome(view);
  const plan = planOf(view, decided, world);
  const outcome = decided ?? reached(view, plan);
  const { counters, counted } = countPods(view, outcome);
  const removed = new Set(plan.remove);
  const { status, announcements } = nextStatus(view, { outcome, plan, counters, counted });
  const quiet = plan.create.length > 0 && onlySizes(status, job.status);
  return {
    writes: [
      ...claimed.writes,
      ...plan.remove.flatMap((pod) => removal(pod, { counted: decided?.type === 'FailureTarget' })),
      ...plan.create.map(creation),
      // Creating the pods wakes the Job, and then it counts them.
      ...(quiet || isDeepStrictEqual(status, job.status)
        ? []
        : statusWrites(job, status, announcements)),
      // A pod removed in this pass has a new version; the next pass releases it.
      ...counted
        .filter((pod) => !removed.has(pod))
        .map((pod): Write => ({ verb: 'update', resource: PODS, object: untracked(pod) })),
    ],
    ...requeue(job, outcome, plan),
  };
}

const unknownMode: Write = {
  verb: 'event',
  type: 'Warning',
  reason: 'UnknownCompletionMode',
  message: 'Skipped Job sync because completion mode is unknown',
};

/** The Job's pods. Adopted ones get the tracking finalizer, released ones lose it. */
function claimPods(job: Job, pods: readonly KubeObject[]): { pods: KubeObject[]; writes: Write[] } {
  const owner = { apiVersion: 'batch/v1', kind: 'Job', object: job };
  const { owned, writes } = claim(
    PODS,
    owner,
    (labels) => selects(job.spec.selector, labels),
    pods,
  );
  const known = new Set(pods);
  return {
    pods: owned.map((pod) => (known.has(pod) ? pod : tracked(pod))),
    writes: writes.map((write) =>
      write.verb === 'update'
        ? {
            ...write,
            object: isControlledBy(write.object, job)
              ? tracked(write.object)
              : untracked(write.object),
          }
        : write,
    ),
  };
}

function planOf(view: View, decided: Outcome | undefined, { refused }: World): PodPlan {
  if (decided !== undefined) return { remove: [...view.active], create: [] };
  if (view.job.metadata.deletionTimestamp !== undefined) return { remove: [], create: [] };
  const plan = planPods(view);
  // What was refused is retried later; until then only the existing pods count.
  return refused.some(({ write }) => write.verb === 'create') ? { ...plan, create: [] } : plan;
}

/** Enough pods have succeeded and none is left. */
function reached({ job, succeeded, active }: View, plan: PodPlan): Outcome | undefined {
  const left = active.length - plan.remove.length + plan.create.length;
  return left === 0 && succeeded >= (job.spec.completions ?? 1) ? COMPLETIONS_REACHED : undefined;
}

/** A failed Job's pods are counted after their deletion; all others are released uncounted. */
function removal(pod: KubeObject, { counted }: { counted: boolean }): Write[] {
  const remove: Write = {
    verb: 'delete',
    resource: PODS,
    object: pod,
    done: { type: 'Normal', reason: 'SuccessfulDelete', message: 'Deleted pod: %name' },
    refused: { type: 'Warning', reason: 'FailedDelete', message: 'Error deleting: %error' },
  };
  return counted || !isTracked(pod)
    ? [remove]
    : [{ verb: 'update', resource: PODS, object: untracked(pod) }, remove];
}

const creation = (object: KubeObject): Write => ({
  verb: 'create',
  resource: PODS,
  object,
  done: { type: 'Normal', reason: 'SuccessfulCreate', message: 'Created pod: %name' },
  refused: { type: 'Warning', reason: 'FailedCreate', message: 'Error creating: %error' },
});

function statusWrites(
  job: Job,
  status: JobStatus,
  announcements: ReturnType<typeof nextStatus>['announcements'],
): Write[] {
  return [
    { verb: 'updateStatus', resource: JOBS, object: { ...job, status } },
    ...announcements.map((announcement): Write => ({ verb: 'event', ...announcement })),
  ];
}

/** Whether only pod counts differ. */
function onlySizes(next: JobStatus, old: JobStatus): boolean {
  const rest = ({
    startTime: _start,
    active: _active,
    ready: _ready,
    terminating: _terminating,
    uncountedTerminatedPods: uncounted = {},
    ...others
  }: JobStatus): unknown => ({ ...others, uncounted });
  return isDeepStrictEqual(rest(next), rest(old));
}

function requeue(job: Job, outcome: Outcome | undefined, { dueAt }: PodPlan): { requeueAt?: Date } {
  const deadline = outcome === undefined ? deadlineOf(job) : undefined;
  const times = [dueAt, deadline].flatMap((time) => (time === undefined ? [] : [time.getTime()]));
  return times.length === 0 ? {} : { requeueAt: new Date(Math.min(...times)) };
}
