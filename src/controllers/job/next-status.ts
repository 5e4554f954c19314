// The status that a pass writes: sizes, counters, and the conditions in their order.
import type { KubeObject } from '../../kinds/pod.ts';
import { wholeSeconds } from '../../kinds/time.ts';
import { present } from '../../present.ts';
import { conditionOf, hasCondition } from '../../workloads/job/job.ts';
import type { JobCondition, JobStatus } from '../../workloads/job/job.ts';
import type { Announcement } from '../controller.ts';
import { isReady } from '../pod-states.ts';
import type { Count } from './count-pods.ts';
import type { Outcome } from './outcome.ts';
import type { PodPlan } from './plan-pods.ts';
import type { View } from './view.ts';

export interface Pass extends Count {
  outcome: Outcome | undefined;
  plan: PodPlan;
}

export interface NextStatus {
  status: JobStatus;
  announcements: Announcement[];
}

/** The next status, and the events to record once it is stored. */
export function nextStatus(view: View, pass: Pass): NextStatus {
  const { job, now } = view;
  const { conditions: before = [], startTime, completionTime } = job.status;
  const suspended = job.spec.suspend === true;
  const pause = pass.outcome === undefined ? pauseChange(view) : undefined;
  const end = endOf(view, pass);
  const interim =
    pass.outcome !== undefined && !hasCondition(job.status, pass.outcome.type)
      ? [newCondition(pass.outcome.type, 'True', pass.outcome, now)]
      : [];
  const conditions = [
    ...before.map((condition) => (pause?.type === condition.type ? pause : condition)),
    ...(pause && conditionOf(job.status, pause.type) === undefined ? [pause] : []),
    ...interim,
    ...(end ? [end] : []),
  ];
  const started = pause?.status === 'False' || (startTime === undefined && !suspended);
  const { active, ready, terminating } = sizesOf(view, pass.plan.remove);
  const { succeeded, failed, ...others } = pass.counters;
  return {
    // In Kubernetes' member order.
    status: {
      ...present({
        conditions: conditions.length > 0 ? conditions : undefined,
        startTime: started ? wholeSeconds(now) : startTime,
        completionTime: end?.type === 'Complete' ? end.lastTransitionTime : completionTime,
        active: active || undefined,
        succeeded,
        failed,
      }),
      terminating,
      ...others,
      ready,
    },
    announcements: [...(pause ? [pauseAnnouncement(pause)] : []), ...endAnnouncements(view, end)],
  };
}

function newCondition(
  type: string,
  status: string,
  { reason, message }: Pick<Outcome, 'reason' | 'message'>,
  now: Date,
): JobCondition {
  const time = wholeSeconds(now);
  return { type, status, lastProbeTime: time, lastTransitionTime: time, reason, message };
}

/** Suspended becomes True, or False if it was True; undefined: unchanged. A Job that is being deleted stays as it is. */
function pauseChange({ job, now }: View): JobCondition | undefined {
  if (job.metadata.deletionTimestamp !== undefined) return undefined;
  const isPaused = hasCondition(job.status, 'Suspended');
  if (job.spec.suspend === true && !isPaused)
    return newCondition('Suspended', 'True', SUSPENDED, now);
  return job.spec.suspend !== true && isPaused
    ? newCondition('Suspended', 'False', RESUMED, now)
    : undefined;
}

const SUSPENDED = { reason: 'JobSuspended', message: 'Job suspended' };
const RESUMED = { reason: 'JobResumed', message: 'Job resumed' };

const pauseAnnouncement = ({ status, message = '' }: JobCondition): Announcement => ({
  type: 'Normal',
  reason: status === 'True' ? 'Suspended' : 'Resumed',
  message,
});

/** Complete or Failed, once the first condition is stored, everything is counted and no pod is terminating. */
function endOf(
  { job, now, terminating }: View,
  { outcome, counters, counted, plan }: Pass,
): JobCondition | undefined {
  if (outcome === undefined || !hasCondition(job.status, outcome.type)) return undefined;
  const { succeeded = [], failed = [] } = counters.uncountedTerminatedPods ?? {};
  const open = succeeded.length + failed.length + counted.length + plan.remove.length;
  if (open > 0 || terminating.length > 0) return undefined;
  return newCondition(
    outcome.type === 'SuccessCriteriaMet' ? 'Complete' : 'Failed',
    'True',
    outcome,
    now,
  );
}

function endAnnouncements({ job, succeeded }: View, end: JobCondition | undefined): Announcement[] {
  if (end === undefined) return [];
  const { reason = '', message = '' } = end;
  if (end.type === 'Failed') return [{ type: 'Warning', reason, message }];
  const { completions } = job.spec;
  const surplus: Announcement = {
    type: 'Warning',
    reason: 'TooManySucceededPods',
    message: 'Too many succeeded pods running after completion count reached',
  };
  return [
    ...(completions !== undefined && succeeded > completions ? [surplus] : []),
    { type: 'Normal', reason: 'Completed', message: 'Job completed' },
  ];
}

/** The pod counts after this pass's deletions. */
function sizesOf(
  { active, terminating }: View,
  removed: readonly KubeObject[],
): Required<Pick<JobStatus, 'active' | 'ready' | 'terminating'>> {
  const gone = new Set(removed);
  const left = active.filter((pod) => !gone.has(pod));
  return {
    active: left.length,
    ready: left.filter(isReady).length,
    terminating: terminating.length + removed.length,
  };
}
