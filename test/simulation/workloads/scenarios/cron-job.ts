// A day of a CronJob: each of its times at most once, no overlap where that is forbidden, and no more history than its limits.
import type { Chance } from '../../random.ts';
import { BATCH, must, template } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import { endOf, isGoing } from '../sight.ts';

const PATH = `${BATCH}/cronjobs`;
const JOBS = 'jobs.batch';
const SCHEDULED_AT = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
const HOUR_MS = 60 * 60 * 1000;

/** Others may be caught up too late, when the next one is due. */
const AT_LEAST = 0.5;

export function cronJob(luck: Chance): Scenario {
  const concurrencyPolicy = luck.pick(['Allow', 'Forbid', 'Replace'] as const);
  const [kept, keptFailed] = [luck.below(4), luck.below(2)];
  const times = new Set<string>();
  return {
    moments: 24 * 6,
    sweeps: 0.8,
    momentMs: HOUR_MS / 3,
    pods: { moves: 0.8, ends: { chance: 0.6, code: () => (luck.happens(0.1) ? 1 : 0) } },
    podsAtRest: { moves: 1, ends: { chance: 1, code: () => 0 } },
    roots: [`${PATH}/hourly`],
    touched: [`${PATH}/hourly`],
    begin: async (user) => {
      const spec = {
        schedule: '17 * * * *',
        ...{
          concurrencyPolicy,
          successfulJobsHistoryLimit: kept,
          failedJobsHistoryLimit: keptFailed,
        },
        jobTemplate: {
          spec: { backoffLimit: 0, template: template('busybox:1', { restartPolicy: 'Never' }) },
        },
      };
      const metadata = { name: 'hourly' };
      await user.create(PATH, { apiVersion: 'batch/v1', kind: 'CronJob', metadata, spec });
    },
    rule: ({ key, type, object }, sight) => {
      if (key.resource !== JOBS || type !== 'ADDED') return [];
      const time = object.metadata.annotations?.[SCHEDULED_AT] ?? '';
      const again = times.has(time);
      times.add(time);
      const open = sight.of(JOBS).filter((job) => endOf(job) === undefined && !isGoing(job)).length;
      return [
        ...must(!again, () => `${time} twice`),
        ...must(concurrencyPolicy === 'Allow' || open === 1, () => `${open} Jobs at once`),
      ];
    },
    rest: (sight) => {
      const jobs = sight.of(JOBS);
      const moments = [...times].map((time) => Date.parse(time));
      const hours = (Math.max(...moments) - Math.min(...moments)) / HOUR_MS + 1;
      const [complete, failed] = ['Complete', 'Failed'].map(
        (end) => jobs.filter((job) => endOf(job) === end).length,
      );
      return [
        ...must(
          hours > 20 && times.size >= hours * AT_LEAST,
          () => `${times.size} of ${hours} hours' runs`,
        ),
        ...must((complete ?? 0) <= kept, () => `${complete} complete Jobs, ${kept} are kept`),
        ...must((failed ?? 0) <= keptFailed, () => `${failed} failed Jobs, ${keptFailed} are kept`),
      ];
    },
  };
}
