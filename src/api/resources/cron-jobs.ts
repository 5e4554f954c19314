// CronJobs at the API; their rules are in src/workloads/cron-job, their controller in src/controllers/cron-job.
import type { FieldError } from '../../errors.ts';
import { defaultCronJob, toCronJob } from '../../workloads/cron-job/cron-job.ts';
import type { CronJob } from '../../workloads/cron-job/cron-job.ts';
import {
  validateCronJob,
  validateCronJobUpdate,
} from '../../workloads/cron-job/validate-cron-job.ts';
import { jobSizeWarnings } from '../../workloads/job/validate-job.ts';
import {
  refuseTemplate,
  templateWarnings,
  workloadNameWarnings,
} from '../../workloads/pod-template.ts';
import type { Call } from '../call.ts';
import { age, ageColumn, column, fieldDescription, lazyPrinter, nameColumn } from './columns.ts';
import { keepStatus, onNewGeneration, plain, statusOf } from './plain.ts';
import { refusals } from './pods.ts';
import type { Strategy } from './strategy.ts';
import { containerCells, containerColumns, selectorText } from './template-columns.ts';

const BATCH = 'io.k8s.api.batch.v1';
const TEMPLATE = 'spec.jobTemplate.spec.template';

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

/** The rules first, then droppod's refusals of the pods. */
function validate({ spec }: CronJob, problems: FieldError[], call: Call): FieldError[] {
  if (problems.length > 0) return problems;
  const { template } = spec.jobTemplate.spec;
  return refusals(call, refuseTemplate(template, TEMPLATE, call.ports.settings));
}

export const cronJobs: Strategy = {
  ...plain,
  printer,
  defaults: defaultCronJob,
  prepareForCreate: (object) => ({
    ...object,
    metadata: { ...object.metadata, generation: 1 },
    status: {},
  }),
  validate: (object, call) => validate(toCronJob(object), validateCronJob(toCronJob(object)), call),
  warnings: (object) => {
    const { metadata, spec } = toCronJob(object);
    return [
      ...workloadNameWarnings(metadata.name ?? ''),
      ...jobSizeWarnings(spec.jobTemplate.spec, 'spec.jobTemplate.spec'),
      ...templateWarnings(spec.jobTemplate.spec.template, TEMPLATE),
    ];
  },
  updateWarnings: onNewGeneration((object) =>
    templateWarnings(toCronJob(object).spec.jobTemplate.spec.template, TEMPLATE),
  ),
  prepareForUpdate: keepStatus,
  validateUpdate: (next, old, call) =>
    validate(toCronJob(next), validateCronJobUpdate(toCronJob(next), toCronJob(old)), call),
  resetFields: ['status'],
  generation: true,
};

/** `/status` of cronjobs. */
export const cronJobStatus: Strategy = statusOf(cronJobs);
