// Defaults of a Job at creation.
import { describe, expect, it } from 'vitest';
import { defaultJob } from '../../../src/workloads/job/default-job.ts';
import { sentJob, storedJob } from './jobs.ts';

const GENERATED = {
  'job-name': 'j',
  'batch.kubernetes.io/job-name': 'j',
  'controller-uid': 'u-j',
  'batch.kubernetes.io/controller-uid': 'u-j',
};

describe('defaults', () => {
  it.each([
    ['nothing', {}, { completions: 1, parallelism: 1, backoffLimit: 6 }],
    ['completions', { completions: 4 }, { completions: 4, parallelism: 1 }],
    ['parallelism: a work queue', { parallelism: 3 }, { parallelism: 3 }],
    ['zero is given', { parallelism: 0, backoffLimit: 0 }, { parallelism: 0, backoffLimit: 0 }],
    [
      'a limit per index',
      { completionMode: 'Indexed', completions: 2, backoffLimitPerIndex: 1 },
      { backoffLimit: 2_147_483_647 },
    ],
    [
      'a failure policy',
      { podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'X' }] }] } },
      {
        podReplacementPolicy: 'Failed',
        podFailurePolicy: {
          rules: [{ action: 'Ignore', onPodConditions: [{ type: 'X', status: 'True' }] }],
        },
      },
    ],
    [
      'modes',
      {},
      {
        completionMode: 'NonIndexed',
        suspend: false,
        manualSelector: false,
        podReplacementPolicy: 'TerminatingOrFailed',
      },
    ],
  ])('Q4: of %s', (_, given, wanted) => {
    expect(defaultJob(sentJob(given)).spec).toMatchObject(wanted);
  });

  it('Q4: leave the completions of a work queue open', () => {
    expect(defaultJob(sentJob({ parallelism: 3 })).spec).not.toHaveProperty('completions');
  });
});

describe('the selector of a new Job', () => {
  it('Q4: is its uid, and its template and itself carry the labels', () => {
    const job = storedJob();
    expect(job.spec.selector).toEqual({
      matchLabels: { 'batch.kubernetes.io/controller-uid': 'u-j' },
    });
    expect(job.spec.template.metadata.labels).toEqual(GENERATED);
    expect(job.metadata).toMatchObject({ generation: 1, labels: GENERATED });
    expect(job.status).toEqual({});
  });

  it('Q4: leaves labels of its own as they are', () => {
    expect(storedJob({}, {}, { labels: { a: 'b' } }).metadata.labels).toEqual({ a: 'b' });
  });

  it('Q4: is left to the client by manualSelector', () => {
    const template = {
      metadata: { labels: { team: 'blue' } },
      spec: { containers: [], restartPolicy: 'Never' },
    };
    const selector = { matchLabels: { team: 'blue' } };
    const job = storedJob({ manualSelector: true, selector, template });
    expect(job.spec.selector).toEqual(selector);
    expect(job.spec.template.metadata.labels).toEqual({ team: 'blue' });
    expect(job.metadata.labels).toEqual({ team: 'blue' });
  });
});
