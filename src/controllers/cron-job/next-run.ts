// Whether a run is due now, and when to look again.
import { later } from '../../later.ts';
import { jobName } from '../../workloads/cron-job/cron-job.ts';
import type { CronJob } from '../../workloads/cron-job/cron-job.ts';
import { dueTime, nextLook } from '../../workloads/cron-job/due-time.ts';
import type { Timing } from '../../workloads/cron-job/due-time.ts';
import { parseSchedule, zonedSchedule } from '../../workloads/cron-job/parse-schedule.ts';
import { isTimeZone } from '../../workloads/cron-job/time-zone.ts';
import { present } from '../../present.ts';
import type { Announcement } from '../controller.ts';
import type { Books } from './book-keeping.ts';

export interface NextRun {
  /** The scheduled time of the run to start. */
  time?: Date;
  zone?: string;
  announcements: Announcement[];
  requeueAt?: Date;
}

const stop = (...announcements: Announcement[]): NextRun => ({ announcements });

const warning = (reason: string, message: string): Announcement => ({
  type: 'Warning',
  reason,
  message,
});

/** The decision for a CronJob with up-to-date books; deleted and suspended ones run nothing. */
export function nextRun(cronJob: CronJob, books: Books, now: Date): NextRun {
  const { spec, metadata } = cronJob;
  if (metadata.deletionTimestamp !== undefined) return stop();
  if (spec.timeZone !== undefined && !isTimeZone(spec.timeZone))
    return stop(
      warning(
        'UnknownTimeZone',
        `invalid timeZone: ${JSON.stringify(spec.timeZone)}: unknown time zone ${spec.timeZone}`,
      ),
    );
  if (spec.suspend === true) return stop();
  const { schedule: text, zone } = zonedSchedule(spec.schedule);
  const schedule = parseSchedule(text);
  if ('problem' in schedule)
    return stop(
      warning(
        'UnparseableSchedule',
        `unparseable schedule: ${JSON.stringify(spec.schedule)} : ${schedule.problem}`,
      ),
    );
  const timing: Timing = {
    schedule,
    zone: spec.timeZone ?? zone ?? 'UTC',
    since: new Date(books.lastScheduleTime ?? metadata.creationTimestamp ?? now),
    now,
  };
  const run = runOf(cronJob, books, timing);
  return zone === undefined
    ? run
    : { ...run, announcements: [unsupported(spec.schedule), ...run.announcements] };
}

const unsupported = (schedule: string): Announcement =>
  warning(
    'UnsupportedSchedule',
    `CRON_TZ or TZ used in schedule ${JSON.stringify(schedule)} is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details`,
  );

function runOf(cronJob: CronJob, books: Books, timing: Timing): NextRun {
  const { spec } = cronJob;
  const { now } = timing;
  const due = dueTime(withinDeadline(timing, spec.startingDeadlineSeconds));
  if (due === 'never')
    return stop(
      warning(
        'InvalidSchedule',
        `invalid schedule: ${spec.schedule} : time difference between two schedules is less than 1 second`,
      ),
    );
  const { time, missed } = due;
  const again = present({ requeueAt: nextLook(timing) });
  if (time === undefined) return { announcements: [], ...again };
  const announcements = missed === 'many' ? [tooMany] : [];
  const { startingDeadlineSeconds: deadline } = spec;
  if (deadline !== undefined && later(time, deadline) < now)
    return { announcements: [...announcements, missedSchedule(time)], ...again };
  const name = jobName(cronJob, time);
  const done =
    books.active.some((reference) => reference.name === name) ||
    Date.parse(books.lastScheduleTime ?? '') === time.getTime();
  if (done) return { announcements, ...again };
  if (spec.concurrencyPolicy === 'Forbid' && books.active.length > 0)
    return { announcements: [...announcements, alreadyActive], ...again };
  return {
    time,
    zone: spec.timeZone ?? 'UTC',
    announcements,
    ...present({ requeueAt: nextLook({ ...timing, since: time }) }),
  };
}

/** Times before the deadline are skipped. */
function withinDeadline(timing: Timing, seconds: number | undefined): Timing {
  if (seconds === undefined) return timing;
  const earliest = later(timing.now, -seconds);
  return earliest > timing.since ? { ...timing, since: earliest } : timing;
}

const tooMany = warning(
  'TooManyMissedTimes',
  'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
);

/** Go's RFC1123Z. */
const missedSchedule = (time: Date): Announcement =>
  warning(
    'MissSchedule',
    `Missed scheduled time to start a job: ${time.toUTCString().replace('GMT', '+0000')}`,
  );

const alreadyActive: Announcement = {
  type: 'Normal',
  reason: 'JobAlreadyActive',
  message: 'Not starting job because prior execution is running and concurrency policy is Forbid',
};
