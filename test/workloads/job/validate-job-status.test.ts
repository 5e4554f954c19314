// Which changes of a Job's status are valid.
import { describe, expect, it } from 'vitest';
import { validateJobStatus } from '../../../src/workloads/job/validate-job-status.ts';
import { storedJob } from './jobs.ts';

const T = '2026-01-01T00:00:00Z';
const is = (...types: string[]): { conditions: { type: string; status: string }[] } => ({
  conditions: types.map((type) => ({ type, status: 'True' })),
});
const change = (spec: object, old: object, next: object): string[] =>
  validateJobStatus({ ...storedJob(spec), status: next }, { ...storedJob(spec), status: old }).map(
    ({ field, message }) => `${field}: ${message}`,
  );
const done = { ...is('SuccessCriteriaMet', 'Complete'), startTime: T, completionTime: T };
const INDEXED = { completionMode: 'Indexed', completions: 3, parallelism: 2 };

describe('the status of a Job', () => {
  it.each([
    [
      'starts',
      {},
      {},
      { startTime: T, active: 1, ready: 0, terminating: 0, uncountedTerminatedPods: {} },
    ],
    ['completes', {}, { startTime: T, ...is('SuccessCriteriaMet') }, done],
    [
      'fails',
      {},
      { startTime: T, ...is('FailureTarget') },
      { startTime: T, ...is('FailureTarget', 'Failed') },
    ],
    [
      'starts again when it resumes',
      {},
      { startTime: T, ...is('Suspended') },
      { startTime: '2026-01-02T00:00:00Z', conditions: [{ type: 'Suspended', status: 'False' }] },
    ],
  ])('Q4: %s', (_, spec, old, next) => {
    expect(change(spec, old, next)).toEqual([]);
  });

  it.each([
    [
      'counts below zero',
      {},
      {},
      { active: -1 },
      'status.active: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'more ready than active',
      {},
      {},
      { active: 1, ready: 2 },
      'status.ready: Invalid value: 2: cannot set more ready pods than active',
    ],
    [
      'Failed alone',
      {},
      {},
      { startTime: T, ...is('Failed') },
      'status.conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition',
    ],
    [
      'success taken back',
      {},
      { startTime: T, ...is('SuccessCriteriaMet') },
      { startTime: T },
      'status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition',
    ],
    [
      'failures taken back',
      {},
      { failed: 2 },
      { failed: 1 },
      'status.failed: Invalid value: 1: cannot decrease the failed counter',
    ],
    [
      'another start',
      {},
      { startTime: T },
      { startTime: '2026-01-02T00:00:00Z' },
      'status.startTime: Required value: startTime cannot be removed for unsuspended job',
    ],
    [
      'an end before the start',
      {},
      {},
      { ...done, completionTime: '2025-01-01T00:00:00Z' },
      'status.completionTime: Invalid value: "2025-01-01T00:00:00Z": must be equal to or after `startTime`',
    ],
    [
      'an end with pods',
      {},
      {},
      { ...done, active: 1 },
      'status.active: Invalid value: 1: active>0 is invalid for finished job',
    ],
    [
      'a pod counted twice',
      {},
      {},
      { uncountedTerminatedPods: { succeeded: ['a'], failed: ['a'] } },
      'status.uncountedTerminatedPods.failed[0]: Duplicate value: "a"',
    ],
    [
      'indexes of a Job without',
      {},
      {},
      { completedIndexes: '0' },
      'status.completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes when non-indexed completion mode',
    ],
    [
      'indexes in both lists',
      { ...INDEXED, backoffLimitPerIndex: 1 },
      {},
      { completedIndexes: '0-2', failedIndexes: '1' },
      'status.failedIndexes: Invalid value: "1": failedIndexes and completedIndexes overlap at index: 1',
    ],
    [
      'indexes that are none',
      INDEXED,
      {},
      { completedIndexes: '2,1' },
      'status.completedIndexes: Invalid value: "2,1": error parsing completedIndexes: non-increasing order, previous: 2, current: 1',
    ],
  ])('Q4: refuses %s', (_, spec, old, next, line) => {
    expect(change(spec, old, next)).toContain(line);
  });
});
