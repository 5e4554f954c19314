// The CronJob controller: creates a Job at each time of a schedule (pkg/controller/cronjob).
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../kinds/pod.ts';
import { present } from '../../present.ts';
import { jobName, SCHEDULED_AT, toCronJob } from '../../workloads/cron-job/cron-job.ts';
import type { CronJob, CronJobStatus } from '../../workloads/cron-job/cron-job.ts';
import { rfc3339In } from '../../workloads/cron-job/time-zone.ts';
import { controllerReference } from '../claim.ts';
import type { Controller, Outcome, World, Write } from '../controller.ts';
import { jobsOf, keepBooks } from './book-keeping.ts';
import type { Books } from './book-keeping.ts';
import { nextRun } from './next-run.ts';
import type { NextRun } from './next-run.ts';

const CRON_JOBS = 'cronjobs.batch';
const JOBS = 'jobs.batch';

export const cronJobController: Controller = {
  name: 'cronjob-controller',
  resource: CRON_JOBS,
  reads: [JOBS],
  reconcile: (object, world, now) => reconcile(toCronJob(object), world, now),
};

function reconcile(cronJob: CronJob, world: World, now: Date): Outcome {
  const all = world.list(JOBS);
  const ours = jobsOf(cronJob, all);
  const books = keepBooks(cronJob, all, ours);
  const run = nextRun(cronJob, books, now);
  const replaced = run.time !== undefined ? replacedJobs(cronJob, books, all) : [];
  const status = statusOf(books, replaced);
  return {
    writes: [
      ...[...books.announcements, ...run.announcements].map((announcement): Write => ({
        verb: 'event',
        ...announcement,
      })),
      ...[...books.expired, ...replaced].map(removal),
      ...startOf(cronJob, run, all),
      ...(isDeepStrictEqual(status, cronJob.status)
        ? []
        : [{ verb: 'updateStatus', resource: CRON_JOBS, object: { ...cronJob, status } } as const]),
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

/** A new run enters `active` and becomes the last one only in the pass that its Job wakes, because it has a uid only then. */
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
    },
  ];
}
