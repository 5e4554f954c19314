// Rules of new and changed Jobs.
import { describe, expect, it } from 'vitest';
import type { FieldError } from '../../../src/errors.ts';
import { validateJobUpdate } from '../../../src/workloads/job/validate-job-update.ts';
import { validateJob } from '../../../src/workloads/job/validate-job.ts';
import { storedJob } from './jobs.ts';

const lines = (problems: FieldError[]): string[] => [
  ...new Set(problems.map(({ field, message }) => `${field}: ${message}`)),
];
const INDEXED = { completionMode: 'Indexed', completions: 3 };
const exit = (fields: object): object => ({
  podFailurePolicy: {
    rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [1], ...fields } }],
  },
});

describe('a new Job', () => {
  it('Q4: of every mode is right', () => {
    for (const spec of [
      {},
      { parallelism: 3 },
      { ...INDEXED, backoffLimitPerIndex: 1, maxFailedIndexes: 3 },
      exit({}),
      { ...INDEXED, successPolicy: { rules: [{ succeededIndexes: '0-1', succeededCount: 1 }] } },
      { managedBy: 'example.com/queue' },
    ])
      expect(lines(validateJob(storedJob(spec)))).toEqual([]);
  });

  it.each([
    [
      'C11',
      {},
      { restartPolicy: 'Always' },
      'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ],
    [
      'Q4',
      { parallelism: -1 },
      {},
      'spec.parallelism: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'Q4',
      { completionMode: 'Sorted' },
      {},
      'spec.completionMode: Unsupported value: "Sorted": supported values: "NonIndexed", "Indexed"',
    ],
    [
      'Q4',
      { completionMode: 'Indexed', parallelism: 2 },
      {},
      'spec.completions: Required value: when completion mode is Indexed',
    ],
    [
      'Q4',
      { ...INDEXED, maxFailedIndexes: 1 },
      {},
      'spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified',
    ],
    [
      'Q4',
      { backoffLimitPerIndex: 1 },
      {},
      'spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode',
    ],
    [
      'Q4',
      { ...INDEXED, completions: 200_000, parallelism: 1, backoffLimitPerIndex: 1 },
      {},
      'spec.maxFailedIndexes: Required value: must be specified when completions is above 100000',
    ],
    [
      'Q4',
      { managedBy: 'nobody' },
      {},
      'spec.managedBy: Invalid value: "nobody": must be a domain-prefixed path (such as "acme.io/foo")',
    ],
    [
      'Q4',
      exit({}),
      { restartPolicy: 'OnFailure' },
      'spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified',
    ],
    [
      'Q4',
      exit({ operator: '' }),
      {},
      'spec.podFailurePolicy.rules[0].onExitCodes.operator: Required value: valid values: ["In" "NotIn"]',
    ],
    [
      'Q4',
      exit({ values: [0] }),
      {},
      'spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator',
    ],
    [
      'Q4',
      { ...exit({}), podReplacementPolicy: 'TerminatingOrFailed' },
      {},
      'spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"',
    ],
    [
      'Q4',
      { successPolicy: { rules: [{ succeededCount: 1 }] } },
      {},
      'spec.successPolicy: Invalid value: {"Rules":[{"SucceededIndexes":null,"SucceededCount":1}]}: requires indexed completion mode',
    ],
    [
      'Q4',
      { ...INDEXED, successPolicy: { rules: [{ succeededIndexes: '0-3' }] } },
      {},
      'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "0-3": error parsing succeededIndexes: too large index: "3"',
    ],
    [
      'Q4',
      { ...INDEXED, successPolicy: { rules: [{ succeededIndexes: '0', succeededCount: 2 }] } },
      {},
      'spec.successPolicy.rules[0].succeededCount: Invalid value: 2: must be less than or equal to 1 (the number of indexes in the specified succeededIndexes field)',
    ],
    [
      'Q4',
      { ...INDEXED, successPolicy: { rules: [] } },
      {},
      'spec.successPolicy.rules: Required value: at least one rules must be specified when the successPolicy is specified',
    ],
  ])('%s: %j %j is refused', (_, spec, pod, line) => {
    expect(lines(validateJob(storedJob(spec, pod)))).toEqual([line]);
  });

  it('C11: takes OnFailure and Never only', () => {
    const field = 'spec.template.spec.restartPolicy';
    for (const [restartPolicy, refused] of [
      ['OnFailure', false],
      ['Never', false],
      ['Always', true],
      ['Sometimes', true],
    ] as const)
      expect(
        validateJob(storedJob({}, { restartPolicy })).some((problem) => problem.field === field),
      ).toBe(refused);
  });

  it('Q4: may not bring another value of a generated label', () => {
    const template = {
      metadata: { labels: { 'job-name': 'other' } },
      spec: { containers: [{ name: 'a', image: 'b' }], restartPolicy: 'Never' },
    };
    expect(lines(validateJob(storedJob({ template })))).toEqual([
      expect.stringContaining(
        'spec.template.metadata.labels[job-name]: Invalid value: {',
      ) as string,
    ]);
  });

  it('Q4: of 63 characters has no room for indexes', () => {
    const job = storedJob(INDEXED, {}, { name: 'j'.repeat(63) });
    expect(lines(validateJob(job))[0]).toContain(
      'will not able to create pod with invalid DNS label',
    );
  });
});

describe('an update of a Job', () => {
  it.each([
    [
      'completions',
      { completions: 2 },
      { completions: 3 },
      'spec.completions: Invalid value: 3: field is immutable',
    ],
    [
      'completions of an indexed Job alone',
      INDEXED,
      { ...INDEXED, completions: 4 },
      'spec.completions: Invalid value: 4: can only be modified in tandem with spec.parallelism',
    ],
    [
      'mode',
      { completions: 2 },
      { completions: 2, completionMode: 'Indexed' },
      'spec.completionMode: Invalid value: "Indexed": field is immutable',
    ],
    [
      'manager',
      {},
      { managedBy: 'a.b/c' },
      'spec.managedBy: Invalid value: "a.b/c": field is immutable',
    ],
  ])('Q4: of its %s is refused', (_, old, next, line) => {
    expect(lines(validateJobUpdate(storedJob(next), storedJob(old)))).toEqual([line]);
  });

  it('Q4: of its template is refused, unless it is suspended and never started', () => {
    const change = (suspend: boolean, pod: object): string[] =>
      lines(validateJobUpdate(storedJob({ suspend }, pod), storedJob({ suspend })));
    const placed = {
      nodeSelector: { a: 'b' },
      affinity: { nodeAffinity: {} },
      schedulingGates: [{ name: 'a.b/c' }],
    };
    expect(change(false, placed)[0]).toMatch(/^spec.template: .*field is immutable$/);
    expect(change(true, placed)).toEqual([]);
    expect(change(true, { hostname: 'x' })[0]).toMatch(/^spec.template: .*field is immutable$/);
  });

  it('Q9: of size and limits is taken', () => {
    const next = { parallelism: 5, backoffLimit: 1, activeDeadlineSeconds: 9, suspend: true };
    expect(lines(validateJobUpdate(storedJob({ ...next, completions: 1 }), storedJob()))).toEqual(
      [],
    );
    const more = { ...INDEXED, completions: 5, parallelism: 5 };
    expect(lines(validateJobUpdate(storedJob(more), storedJob(INDEXED)))).toEqual([]);
  });
});
