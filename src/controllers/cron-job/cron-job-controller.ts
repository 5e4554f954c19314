// The CronJob controller: creates a Job at each time of a schedule (pkg/controller/cronjob).
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../kinds/pod.ts';
import { wholeSeconds } from '../../kinds/time.ts';
import { present } from '../../present.ts';
import { toJob } from '../../workloads/job/job.ts';
import { jobName, SCHEDULED_AT, toCronJob } from '../../workloads/cron-job/cron-job.ts';
import type { CronJob, CronJobStatus } from '../../workloads/cron-job/cron-job.ts';
import { rfc3339In } from '../../workloads/cron-job/time-zone.ts';
import { controllerReference } from '../claim.ts';
import type { Controller, Outcome, World, Write } from '../controller.ts';
import { jobsOf, keepBooks, referenceTo } from './book-keeping.ts';
import type { Books } from './book-keeping.ts';
import { nextRun } from './next-run.ts';
import type { NextRun } from './next-run.ts';

const CRON_JOBS = 'cronjobs.batch';
const JOBS = 'jobs.batch';

export const cronJobController: Controller = {
  name: 'cronjob-controller',
  resource: CRON_JOBS,
  reads: [JOBS],
  waitsAlone: true,
  reconcile: (object, world, now) => reconcile(toCronJob(object), world, now),
};

function reconcile(cronJob: CronJob, world: World, now: Date): Outcome {
  const all = world.list(JOBS);
  const ours = jobsOf(cronJob, all);
  const books = keepBooks(cronJob, all, ours);
  const run = nextRun(cronJob, books, now);
  const replaced = run.time !== undefined ? replacedJobs(cronJob, books, all) : [];
  const status = statusOf(books, replaced);
  const start = startOf({ ...cronJob, status }, run, all);
  // A new run enters the status once its Job is there.
  const isEntered = start.length > 0 && world.refused.length === 0;
  return {
    writes: [
      // Once a pass: a refusal has it looked at again.
      ...(world.refused.length > 0 ? [] : [...books.announcements, ...run.announcements]).map(
        (announcement): Write => ({ verb: 'event', ...announcement }),
      ),
      ...[...books.expired, ...replaced].map(removal),
      ...start,
      ...(isEntered || isDeepStrictEqual(status, cronJob.status)
        ? []
        : [written({ ...cronJob, status })]),
    ],
    ...present({ requeueAt: run.requeueAt }),
  };
}

/** The active Jobs that the policy Replace deletes. */
function replacedJobs(
  { spec }: CronJob,
  { active }: Books,
  all: readonly KubeObject[],
): KubeObject[] {
  if (spec.concurrencyPolicy !== 'Replace') return [];
  const names = new Set(active.map(({ name }) => name));
  return all.filter(({ metadata }) => names.has(metadata.name));
}

const written = (object: CronJob): Write => ({ verb: 'updateStatus', resource: CRON_JOBS, object });

/** The CronJob with a new run. If the pass ends before this is written, the next one finds the Job. */
const entered = (cronJob: CronJob, job: KubeObject, time: Date): CronJob => ({
  ...cronJob,
  status: {
    ...cronJob.status,
    active: [...(cronJob.status.active ?? []), referenceTo(toJob(job))],
    lastScheduleTime: wholeSeconds(time),
  },
});

function statusOf(books: Books, replaced: readonly KubeObject[]): CronJobStatus {
  const gone = new Set(replaced.map(({ metadata }) => metadata.name));
  const active = books.active.filter(({ name }) => !gone.has(name));
  return present({
    active: active.length > 0 ? active : undefined,
    lastScheduleTime: books.lastScheduleTime,
    lastSuccessfulTime: books.lastSuccessfulTime,
  });
}

const removal = (job: KubeObject): Write => ({
  verb: 'delete',
  resource: JOBS,
  object: job,
  propagationPolicy: 'Background',
  done: { type: 'Normal', reason: 'SuccessfulDelete', message: 'Deleted job %name' },
  refused: { type: 'Warning', reason: 'FailedDelete', message: 'Deleted job: %error' },
});

/** The Job of the run; none if its name is taken, by an earlier pass or by somebody else. */
function startOf(cronJob: CronJob, { time, zone }: NextRun, all: readonly KubeObject[]): Write[] {
  if (time === undefined || zone === undefined) return [];
  const name = jobName(cronJob, time);
  if (all.some(({ metadata }) => metadata.name === name)) return [];
  const { metadata, spec } = cronJob.spec.jobTemplate;
  const owner = { apiVersion: 'batch/v1', kind: 'CronJob', object: cronJob };
  return [
    {
      verb: 'create',
      resource: JOBS,
      object: {
        metadata: {
          name,
          ...present({ namespace: cronJob.metadata.namespace, labels: metadata.labels }),
          annotations: { ...metadata.annotations, [SCHEDULED_AT]: rfc3339In(zone, time) },
          ownerReferences: [controllerReference(owner)],
        },
        spec,
      },
      done: { type: 'Normal', reason: 'SuccessfulCreate', message: 'Created job %name' },
      refused: { type: 'Warning', reason: 'FailedCreate', message: 'Error creating job: %error' },
      follow: (job) => written(entered(cronJob, job, time)),
    },
  ];
}
