// A CronJob and its Jobs, minute by minute on a virtual clock.
import { describe, expect, it } from 'vitest';
import { cronJobController } from '../../../src/controllers/cron-job/cron-job-controller.ts';
import type { KubeObject } from '../../../src/kinds/pod.ts';
import { defaultCronJob, toCronJob } from '../../../src/workloads/cron-job/cron-job.ts';
import type { CronJobStatus } from '../../../src/workloads/cron-job/cron-job.ts';
import { isFinished, toJob } from '../../../src/workloads/job/job.ts';
import { sentJob } from '../../workloads/job/jobs.ts';
import { TestWorld } from '../world.ts';
import type { WorldOptions } from '../world.ts';

const MINUTE = Date.parse('2026-01-01T00:00:00Z') / 60_000;
const run = (minute: number): string => `c-${MINUTE + minute}`;

class CronWorld extends TestWorld {
  constructor(spec: object = {}, options: Partial<WorldOptions> = {}) {
    super({ controllers: [cronJobController], ...options });
    const { spec: template } = sentJob();
    const sent = {
      metadata: { name: 'c' },
      spec: { schedule: '* * * * *', jobTemplate: { spec: template }, ...spec },
    };
    this.add('cronjobs.batch', defaultCronJob(sent));
    this.settle();
  }

  get status(): CronJobStatus {
    return toCronJob(this.get('cronjobs.batch', 'c') as KubeObject).status;
  }

  get active(): string[] {
    return (this.status.active ?? []).map(({ name }) => name ?? '');
  }

  get jobs(): string[] {
    return this.list('jobs.batch').map(({ metadata }) => metadata.name ?? '');
  }

  get said(): string[] {
    return this.events.map(({ reason }) => reason);
  }

  /** Advances minute by minute, reconciling slightly after each. */
  minutes(count: number): this {
    for (let n = 0; n < count; n++) {
      this.now = new Date(this.now.getTime() + 60_000);
      this.settle();
    }
    return this;
  }

  finish(name: string, type = 'Complete'): void {
    const time = this.now.toISOString();
    this.edit('jobs.batch', name, (job) => ({
      ...job,
      status: {
        startTime: job.metadata.creationTimestamp,
        ...(type === 'Complete' && { completionTime: time }),
        conditions: [{ type, status: 'True', lastTransitionTime: time }],
      },
    }));
    this.settle();
  }
}

describe('a CronJob', () => {
  it('Q5: waits for its time and then makes a Job named by the minute', () => {
    const world = new CronWorld({ timeZone: 'Europe/Berlin' });
    expect(world.jobs).toEqual([]);
    expect(world.requeues.at(-1)).toEqual(new Date('2026-01-01T00:01:00.100Z'));
    world.minutes(1);
    expect(world.list('jobs.batch')).toMatchObject([
      {
        metadata: {
          name: run(1),
          annotations: {
            'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-01T01:01:00+01:00',
          },
          ownerReferences: [{ kind: 'CronJob', name: 'c', controller: true }],
        },
        spec: { template: { spec: { restartPolicy: 'Never' } } },
      },
    ]);
    expect(world.status).toMatchObject({
      active: [{ apiVersion: 'batch/v1', kind: 'Job', name: run(1), namespace: 'default' }],
      lastScheduleTime: '2026-01-01T00:01:00Z',
    });
    expect(world.said).toEqual(['SuccessfulCreate']);
  });

  it('Q5: sees the Job complete', () => {
    const world = new CronWorld().minutes(1);
    world.finish(run(1));
    expect(world.status).toEqual({
      lastScheduleTime: '2026-01-01T00:01:00Z',
      lastSuccessfulTime: '2026-01-01T00:01:00.000Z',
    });
    expect(world.events.at(-1)?.message).toBe(`Saw completed job: ${run(1)}, condition: Complete`);
  });

  it('Q5: sees a Job go missing', () => {
    const world = new CronWorld().minutes(1);
    world.remove('jobs.batch', run(1));
    world.settle();
    expect(world.active).toEqual([]);
    expect(world.events.at(-1)?.message).toBe(`Active job went missing: ${run(1)}`);
    expect(world.jobs).toEqual([]);
  });

  it('Q5: does not take a Job that somebody made from it for a run', () => {
    const world = new CronWorld({ suspend: true });
    const [{ metadata } = { metadata: {} }] = world.list('cronjobs.batch');
    const owner = { apiVersion: 'batch/v1', kind: 'CronJob', name: 'c', uid: metadata.uid ?? '' };
    const ownerReferences = [{ ...owner, controller: true }];
    world.add('jobs.batch', { metadata: { name: 'by-hand', ownerReferences }, status: {} });
    world.settle();
    expect(world.said).toContain('UnexpectedJob');
    expect(world.status).toEqual({});
  });

  it('Q5: leaves a name alone that somebody else has', () => {
    const world = new CronWorld();
    world.add('jobs.batch', { metadata: { name: run(1) }, status: {} });
    world.minutes(1);
    expect(world.said).toEqual([]);
    expect(world.jobs).toEqual([run(1)]);
  });

  it('Q5: says why a Job could not be made, and tries again', () => {
    let refuse = true;
    const world = new CronWorld(
      {},
      {
        refuses: ({ verb }) =>
          verb === 'create' && refuse
            ? { reason: 'Forbidden', message: 'exceeded quota', details: {} }
            : undefined,
      },
    ).minutes(1);
    expect(world.events).toContainEqual(
      expect.objectContaining({
        reason: 'FailedCreate',
        message: 'Error creating job: exceeded quota',
      }),
    );
    expect(world.status).toEqual({});
    refuse = false;
    world.settle();
    expect(world.jobs).toEqual([run(1)]);
  });
});

describe('concurrency', () => {
  it('Q5: Allow runs beside', () => {
    expect(new CronWorld().minutes(3).active).toEqual([run(1), run(2), run(3)]);
  });

  it('Q5: Forbid waits, and starts late for its own minute', () => {
    const world = new CronWorld({ concurrencyPolicy: 'Forbid' }).minutes(2);
    expect(world.active).toEqual([run(1)]);
    expect(world.said).toContain('JobAlreadyActive');
    world.finish(run(1));
    expect(world.active).toEqual([run(2)]);
    expect(world.status.lastScheduleTime).toBe('2026-01-01T00:02:00Z');
  });

  it('Q5: Replace removes what runs', () => {
    const world = new CronWorld({ concurrencyPolicy: 'Replace' }).minutes(2);
    expect(world.jobs).toEqual([run(2)]);
    expect(world.active).toEqual([run(2)]);
    expect(world.said).toEqual(['SuccessfulCreate', 'SuccessfulDelete', 'SuccessfulCreate']);
  });
});

describe('missed times', () => {
  it('Q5: only the last is run', () => {
    const world = new CronWorld();
    world.now = new Date('2026-01-01T00:10:30Z');
    world.settle();
    expect(world.jobs).toEqual([run(10)]);
  });

  it('Q5: more than 100 are warned of', () => {
    const world = new CronWorld();
    world.now = new Date('2026-01-01T02:00:00Z');
    world.settle();
    expect(world.said).toContain('TooManyMissedTimes');
    expect(world.jobs).toEqual([run(120)]);
  });

  it('Q5: later than the deadline is too late', () => {
    const world = new CronWorld({ schedule: '0 * * * *', startingDeadlineSeconds: 30 });
    world.now = new Date('2026-01-01T01:00:20Z');
    world.settle();
    expect(world.jobs).toEqual([run(60)]);
    world.now = new Date('2026-01-01T02:01:00Z');
    world.settle();
    expect(world.jobs).toEqual([run(60)]);
  });

  it('Q5: while suspended run once when it goes on', () => {
    const world = new CronWorld({ suspend: true }).minutes(5);
    expect(world.jobs).toEqual([]);
    world.edit('cronjobs.batch', 'c', (object) => ({
      ...object,
      spec: { ...(object['spec'] as object), suspend: false },
    }));
    world.settle();
    expect(world.jobs).toEqual([run(5)]);
  });
});

describe('history', () => {
  it('Q5: keeps the last successes and failures, apart', () => {
    const world = new CronWorld({ successfulJobsHistoryLimit: 2 });
    for (let minute = 1; minute <= 6; minute++) {
      world.minutes(1);
      world.finish(run(minute), minute % 2 === 0 ? 'Failed' : 'Complete');
    }
    expect(world.jobs).toEqual([run(3), run(5), run(6)]);
    expect(world.said.filter((reason) => reason === 'SuccessfulDelete')).toHaveLength(3);
  });

  it('Q5: of none removes a Job when it ends', () => {
    const world = new CronWorld({ successfulJobsHistoryLimit: 0 }).minutes(1);
    world.finish(run(1));
    expect(world.jobs).toEqual([]);
    expect(world.status).not.toHaveProperty('active');
    expect(world.status.lastSuccessfulTime).toBeDefined();
  });
});

describe('what cannot be scheduled', () => {
  it.each([
    [
      { timeZone: 'Moon/Base' },
      'UnknownTimeZone',
      'invalid timeZone: "Moon/Base": unknown time zone Moon/Base',
    ],
    [
      { schedule: '61 * * * *' },
      'UnparseableSchedule',
      'unparseable schedule: "61 * * * *" : end of range (61) above maximum (59): 61',
    ],
    [
      { schedule: '0 0 30 2 *' },
      'InvalidSchedule',
      'invalid schedule: 0 0 30 2 * : time difference between two schedules is less than 1 second',
    ],
  ])('Q5: %j is said in an event', (spec, reason, message) => {
    const world = new CronWorld(spec);
    expect(world.events[0]).toMatchObject({ type: 'Warning', reason, message });
    expect(world.jobs).toEqual([]);
  });

  it('Q5: an old schedule with its zone runs, with a warning', () => {
    const world = new CronWorld({ schedule: 'CRON_TZ=Europe/Berlin 5 1 * * *' }).minutes(5);
    expect(world.said).toContain('UnsupportedSchedule');
    expect(world.jobs).toEqual([run(5)]);
  });
});

it('R7: a day of a CronJob takes about a second', () => {
  const world = new CronWorld({ schedule: '*/5 * * * *', timeZone: 'Europe/Berlin' });
  const begun = process.cpuUsage();
  let made = 0;
  const end = new Date('2026-01-02T00:00:00Z');
  while (world.now < end) {
    const next = world.requeues.at(-1);
    if (next === undefined || next <= world.now) throw new Error('nothing is waited for');
    world.now = next;
    world.settle();
    for (const job of world.list('jobs.batch'))
      if (!isFinished(toJob(job).status)) {
        made += 1;
        world.finish(job.metadata.name ?? '');
      }
  }
  expect(made).toBe(288);
  expect(world.jobs).toHaveLength(3);
  // CPU time, because the machine may be busy.
  const { user, system } = process.cpuUsage(begun);
  expect((user + system) / 1e6).toBeLessThan(3);
});
