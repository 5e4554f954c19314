// What a CronJob knows about its Jobs: which are active, the last run, the last success, and which exceed the history limits.
import type { KubeObject } from '../../kinds/pod.ts';
import { wholeSeconds } from '../../kinds/time.ts';
import { present } from '../../present.ts';
import { own } from '../../own.ts';
import { jobName, SCHEDULED_AT } from '../../workloads/cron-job/cron-job.ts';
import type { CronJob, CronJobStatus } from '../../workloads/cron-job/cron-job.ts';
import { finishedCondition, hasCondition, isFinished, toJob } from '../../workloads/job/job.ts';
import type { Job } from '../../workloads/job/job.ts';
import type { Announcement } from '../controller.ts';

type JobReference = NonNullable<CronJobStatus['active']>[number];

export interface Books {
  active: JobReference[];
  lastScheduleTime?: string;
  lastSuccessfulTime?: string;
  announcements: Announcement[];
  /** Finished Jobs beyond the limits. */
  expired: Job[];
}

/** Reads the CronJob's own Jobs; `all` is every Job of the namespace. */
export function keepBooks(cronJob: CronJob, all: readonly KubeObject[], ours: Job[]): Books {
  const { status } = cronJob;
  const expired = expiredJobs(cronJob, ours);
  const gone = new Set(expired.map(({ metadata }) => metadata.uid));
  const books: Books = {
    active: (status.active ?? []).filter(({ uid }) => !gone.has(uid)),
    ...present({
      lastScheduleTime: status.lastScheduleTime,
      lastSuccessfulTime: status.lastSuccessfulTime,
    }),
    announcements: [],
    expired,
  };
  for (const job of ours) enter(books, cronJob, job);
  strikeMissing(books, all);
  return books;
}

function enter(books: Books, cronJob: CronJob, job: Job): void {
  const { name = '', uid } = job.metadata;
  const listed = books.active.some((reference) => reference.uid === uid);
  const scheduled = scheduledTime(cronJob, job);
  if (scheduled !== undefined && !(Date.parse(books.lastScheduleTime ?? '') >= scheduled.getTime()))
    books.lastScheduleTime = wholeSeconds(scheduled);
  if (!isFinished(job.status)) {
    if (listed) return;
    // A run whose pass ended before it was entered; any other Job was created by somebody else.
    if (scheduled !== undefined) books.active.push(referenceTo(job));
    else books.announcements.push(unexpected(name));
    return;
  }
  if (listed) {
    const condition = finishedCondition(job.status)?.type ?? '';
    books.active = books.active.filter((reference) => reference.uid !== uid);
    books.announcements.push({
      type: 'Normal',
      reason: 'SawCompletedJob',
      message: `Saw completed job: ${name}, condition: ${condition}`,
    });
  }
  const { completionTime } = job.status;
  if (
    hasCondition(job.status, 'Complete') &&
    completionTime !== undefined &&
    !(Date.parse(books.lastSuccessfulTime ?? '') >= Date.parse(completionTime))
  )
    books.lastSuccessfulTime = completionTime;
}

const unexpected = (name: string): Announcement => ({
  type: 'Warning',
  reason: 'UnexpectedJob',
  message: `Saw a job that the controller did not create or forgot: ${name}`,
});

/** The scheduled time of the Job, if its name and its annotation agree on it. */
function scheduledTime(cronJob: CronJob, { metadata }: Job): Date | undefined {
  const text = own(metadata.annotations, SCHEDULED_AT);
  const time = new Date(text ?? Number.NaN);
  return Number.isNaN(time.getTime()) || metadata.name !== jobName(cronJob, time)
    ? undefined
    : time;
}

/** The entry of a Job in `active`. */
export const referenceTo = ({
  metadata: { name, namespace, uid, resourceVersion },
}: Job): JobReference => ({
  kind: 'Job',
  apiVersion: 'batch/v1',
  ...present({ namespace, name, uid, resourceVersion }),
});

function strikeMissing(books: Books, all: readonly KubeObject[]): void {
  const names = new Set(all.map(({ metadata }) => metadata.name));
  for (const { name = '' } of books.active.filter((reference) => !names.has(reference.name)))
    books.announcements.push({
      type: 'Normal',
      reason: 'MissingJob',
      message: `Active job went missing: ${name}`,
    });
  books.active = books.active.filter(({ name }) => names.has(name));
}

/** Successes and failures separately, oldest first. */
function expiredJobs({ spec }: CronJob, ours: readonly Job[]): Job[] {
  const beyond = (type: string, limit: number | undefined): Job[] => {
    const finished = ours.filter(({ status }) => finishedCondition(status)?.type === type);
    if (limit === undefined || finished.length <= limit) return [];
    return finished.sort(byStart).slice(0, finished.length - limit);
  };
  return [
    ...beyond('Complete', spec.successfulJobsHistoryLimit),
    ...beyond('Failed', spec.failedJobsHistoryLimit),
  ];
}

const startOf = ({ status }: Job): number =>
  status.startTime === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(status.startTime);

const byStart = (a: Job, b: Job): number =>
  startOf(a) - startOf(b) || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1);

/** The Jobs that the CronJob controls. */
export const jobsOf = ({ metadata }: CronJob, all: readonly KubeObject[]): Job[] =>
  all
    .filter((job) =>
      job.metadata.ownerReferences?.some(
        ({ controller, uid }) => controller === true && uid === metadata.uid,
      ),
    )
    .map(toJob);
