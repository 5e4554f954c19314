// Jobs at the API; their rules are in src/workloads/job, their controller in src/controllers/job.
import type { FieldError } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { humanDuration } from '../../pod/status/human-duration.ts';
import type { Cell } from '../../pod/status/human-duration.ts';
import { defaultJob, prepareJob } from '../../workloads/job/default-job.ts';
import { hasCondition, toJob } from '../../workloads/job/job.ts';
import type { Job } from '../../workloads/job/job.ts';
import { validateJobStatus } from '../../workloads/job/validate-job-status.ts';
import { validateJobUpdate } from '../../workloads/job/validate-job-update.ts';
import { jobSizeWarnings, validateJob } from '../../workloads/job/validate-job.ts';
import { workloadNameWarnings } from '../../workloads/pod-template.ts';
import { age, ageColumn, column, fieldDescription, lazyPrinter, nameColumn } from './columns.ts';
import { statusOf } from './plain.ts';
import type { Strategy } from './strategy.ts';
import { containerCells, containerColumns, selectorText } from './template-columns.ts';
import { withRefusals, workload } from './workload.ts';

const BATCH = 'io.k8s.api.batch.v1';

const SHOWN = ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'];

function statusText({ metadata, status }: Job): string {
  const ended = ['Complete', 'Failed'].find((type) => hasCondition(status, type));
  if (ended !== undefined) return ended;
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  return SHOWN.find((type) => hasCondition(status, type)) ?? 'Running';
}

function completions({ spec, status }: Job): string {
  const done = status.succeeded ?? 0;
  if (spec.completions !== undefined) return `${done}/${spec.completions}`;
  const { parallelism = 0 } = spec;
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`;
}

function duration({ status: { startTime, completionTime } }: Job): Cell {
  if (startTime === undefined) return '';
  const from = Date.parse(startTime);
  return completionTime === undefined
    ? { at: from }
    : humanDuration(Date.parse(completionTime) - from);
}

const printer = lazyPrinter(
  () => [
    nameColumn(),
    column('Status', 'Status of the job.'),
    column('Completions', fieldDescription(`${BATCH}.JobStatus`, 'succeeded')),
    column('Duration', 'Time required to complete the job.'),
    ageColumn(),
    ...containerColumns(),
    column('Selector', fieldDescription(`${BATCH}.JobSpec`, 'selector'), 1),
  ],
  (object) => {
    const job = toJob(object);
    return [
      job.metadata.name ?? '',
      statusText(job),
      completions(job),
      duration(job),
      age(job),
      ...containerCells(job.spec.template),
      selectorText(job.spec.selector),
    ];
  },
);

const templateOf = (object: KubeObject): Job['spec']['template'] => toJob(object).spec.template;

const updateProblems = (next: KubeObject, old: KubeObject): FieldError[] =>
  validateJobUpdate(toJob(next), toJob(old));

export const jobs: Strategy = {
  ...workload({
    defaults: defaultJob,
    templateOf,
    problems: (object) => validateJob(toJob(object)),
    updateProblems,
    warnings: (object) => {
      const { metadata, spec } = toJob(object);
      return [...workloadNameWarnings(metadata.name ?? ''), ...jobSizeWarnings(spec, 'spec')];
    },
  }),
  fields: {
    own: true,
    fields: { 'status.successful': (object) => `${toJob(object).status.succeeded ?? 0}` },
  },
  printer,
  prepareForCreate: (object) => prepareJob(toJob(object)),
  validateUpdate: (next, old, call) =>
    withRefusals(
      sameTemplate(next, old) ? undefined : templateOf(next),
      updateProblems(next, old),
      call,
    ),
};

const sameTemplate = (next: KubeObject, old: KubeObject): boolean =>
  JSON.stringify(templateOf(next)) === JSON.stringify(templateOf(old));

/** `/status` of jobs. */
export const jobStatus: Strategy = statusOf(jobs, (next, old) =>
  validateJobStatus(toJob(next), toJob(old)),
);
