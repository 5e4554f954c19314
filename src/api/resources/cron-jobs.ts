// CronJobs at the API; their rules are in src/workloads/cron-job, their controller in src/controllers/cron-job.
import { defaultCronJob, toCronJob } from '../../workloads/cron-job/cron-job.ts';
import {
  validateCronJob,
  validateCronJobUpdate,
} from '../../workloads/cron-job/validate-cron-job.ts';
import { jobSizeWarnings } from '../../workloads/job/validate-job.ts';
import { workloadNameWarnings } from '../../workloads/pod-template.ts';
import { age, ageColumn, column, fieldDescription, lazyPrinter, nameColumn } from './columns.ts';
import { statusOf } from './plain.ts';
import type { Strategy } from './strategy.ts';
import { containerCells, containerColumns, selectorText } from './template-columns.ts';
import { workload } from './workload.ts';

const BATCH = 'io.k8s.api.batch.v1';

const printer = lazyPrinter(
  () => [
    nameColumn(),
    column('Schedule', fieldDescription(`${BATCH}.CronJobSpec`, 'schedule')),
    column('Timezone', fieldDescription(`${BATCH}.CronJobSpec`, 'timeZone')),
    {
      name: 'Suspend',
      type: 'boolean',
      // The columns still have the text of batch/v1beta1.
      description: fieldDescription(`${BATCH}.CronJobSpec`, 'suspend').replace('\n\n', '  '),
    },
    {
      name: 'Active',
      type: 'integer',
      description: fieldDescription(`${BATCH}.CronJobStatus`, 'active'),
    },
    column('Last Schedule', fieldDescription(`${BATCH}.CronJobStatus`, 'lastScheduleTime')),
    ageColumn(),
    ...containerColumns(),
    column('Selector', fieldDescription(`${BATCH}.JobSpec`, 'selector'), 1),
  ],
  (object) => {
    const { metadata, spec, status } = toCronJob(object);
    const last = status.lastScheduleTime;
    return [
      metadata.name ?? '',
      spec.schedule,
      spec.timeZone ?? '<none>',
      spec.suspend === true ? 'True' : 'False',
      status.active?.length ?? 0,
      last === undefined ? '<none>' : { at: Date.parse(last) },
      age(object),
      ...containerCells(spec.jobTemplate.spec.template),
      selectorText(spec.jobTemplate.spec.selector),
    ];
  },
);

export const cronJobs: Strategy = {
  ...workload({
    defaults: defaultCronJob,
    templateOf: (object) => toCronJob(object).spec.jobTemplate.spec.template,
    path: 'spec.jobTemplate.spec.template',
    problems: (object) => validateCronJob(toCronJob(object)),
    updateProblems: (next, old) => validateCronJobUpdate(toCronJob(next), toCronJob(old)),
    warnings: (object) => {
      const { metadata, spec } = toCronJob(object);
      return [
        ...workloadNameWarnings(metadata.name ?? ''),
        ...jobSizeWarnings(spec.jobTemplate.spec, 'spec.jobTemplate.spec'),
      ];
    },
  }),
  printer,
};

/** `/status` of cronjobs. */
export const cronJobStatus: Strategy = statusOf(cronJobs);
