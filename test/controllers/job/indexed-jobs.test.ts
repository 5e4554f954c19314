// Jobs whose pods have indexes, and the policies over them.
import { describe, expect, it } from 'vitest';
import { jobWorld } from './job-world.ts';
import type { JobWorld } from './job-world.ts';

const INDEXED = { completionMode: 'Indexed', completions: 3, parallelism: 3 };
const INDEX = 'batch.kubernetes.io/job-completion-index';
const FAILURES = 'batch.kubernetes.io/job-index-failure-count';
const IGNORED = 'batch.kubernetes.io/job-index-ignored-failure-count';

const indexes = (world: JobWorld): string[] =>
  world.active.map(({ metadata }) => metadata.annotations?.[INDEX] ?? '');
const podOf = (world: JobWorld, index: number): string =>
  world.active.find(({ metadata }) => metadata.annotations?.[INDEX] === `${index}`)?.metadata
    .name ?? '';
const onExit = (action: string, ...values: number[]): object => ({
  podFailurePolicy: { rules: [{ action, onExitCodes: { operator: 'In', values } }] },
});

describe('an indexed Job', () => {
  it('Q4: numbers its pods: name, host name, label, annotation, variable', () => {
    const world = jobWorld(INDEXED);
    expect(indexes(world)).toEqual(['0', '1', '2']);
    expect(world.pods[1]).toMatchObject({
      metadata: {
        generateName: 'j-1-',
        labels: { [INDEX]: '1', 'job-name': 'j' },
        annotations: { [INDEX]: '1' },
      },
      spec: {
        hostname: 'j-1',
        containers: [
          {
            env: [
              {
                name: 'JOB_COMPLETION_INDEX',
                valueFrom: {
                  fieldRef: { apiVersion: 'v1', fieldPath: `metadata.labels['${INDEX}']` },
                },
              },
            ],
          },
        ],
      },
    });
  });

  it('Q4: keeps a variable of that name', () => {
    const container = {
      name: 'a',
      image: 'b',
      env: [{ name: 'JOB_COMPLETION_INDEX', value: 'x' }],
    };
    const world = jobWorld(INDEXED, { containers: [container] });
    expect(world.pods[0]?.spec.containers[0]?.env).toEqual(container.env);
  });

  it('Q4: lists what is complete and makes the lowest index that is missing', () => {
    const world = jobWorld({ ...INDEXED, completions: 5 });
    world.end(podOf(world, 1), 0);
    world.settle();
    expect(world.status).toMatchObject({ completedIndexes: '1', succeeded: 1 });
    expect(indexes(world)).toEqual(['0', '2', '3']);
    world.end(podOf(world, 2), 0);
    world.settle();
    world.end(podOf(world, 3), 0);
    world.settle();
    expect(world.status.completedIndexes).toBe('1-3');
    world.endAll(0);
    expect(world.status).toMatchObject({ completedIndexes: '0-4', succeeded: 5 });
    expect(world.conditions).toContain('Complete CompletionsReached');
  });

  it('Q4: tries an index again', () => {
    const world = jobWorld(INDEXED);
    world.end(podOf(world, 1), 1);
    world.settle();
    expect(indexes(world)).toEqual(['0', '2']);
    world.later(10).settle();
    expect(indexes(world)).toEqual(['0', '2', '1']);
    expect(world.status.failed).toBe(1);
  });

  it('Q9: may grow and shrink', () => {
    const world = jobWorld(INDEXED);
    world.endAll(0);
    const grown = jobWorld(INDEXED);
    grown.end(podOf(grown, 2), 0);
    grown.settle();
    grown.change({ completions: 2, parallelism: 2 });
    expect(grown.status.succeeded).toBeUndefined();
    expect(indexes(grown)).toEqual(['0', '1']);
    expect(world.status.succeeded).toBe(3);
  });

  it('Q4: cuts a long name for its pods', () => {
    const world = jobWorld(INDEXED);
    world.edit('jobs.batch', 'j', (job) => job);
    const [pod] = world.pods;
    expect(pod?.metadata.generateName?.length).toBeLessThanOrEqual(58);
  });
});

describe('a limit per index', () => {
  const EACH = { ...INDEXED, backoffLimitPerIndex: 1, backoffLimit: 2_147_483_647 };

  it('Q4: fails an index alone, and the Job when all are over', () => {
    const world = jobWorld(EACH);
    expect(world.status.failedIndexes).toBe('');
    world.end(podOf(world, 0), 0);
    world.end(podOf(world, 2), 0);
    world.end(podOf(world, 1), 1);
    world.settle();
    expect(world.status).toMatchObject({ completedIndexes: '0,2', failedIndexes: '' });
    // The failed pod holds the count until its replacement takes it over.
    expect(world.pods.filter(({ metadata }) => metadata.finalizers)).toHaveLength(1);
    world.later(10).settle();
    expect(world.active[0]?.metadata.annotations).toMatchObject({ [INDEX]: '1', [FAILURES]: '1' });
    expect(world.pods.filter(({ metadata }) => metadata.finalizers)).toHaveLength(1);
    world.endAll(1);
    expect(world.status).toMatchObject({ failedIndexes: '1', failed: 2, succeeded: 2 });
    expect(world.conditions).toEqual(['FailureTarget FailedIndexes', 'Failed FailedIndexes']);
  });

  it('Q4: ends the Job where too many have failed', () => {
    const world = jobWorld({ ...EACH, backoffLimitPerIndex: 0, maxFailedIndexes: 1 });
    world.end(podOf(world, 0), 1);
    world.settle();
    expect(world.conditions).toEqual([]);
    world.end(podOf(world, 1), 1);
    world.settle();
    expect(world.status.failedIndexes).toBe('0,1');
    expect(world.conditions).toContain('FailureTarget MaxFailedIndexesExceeded');
  });

  it('Q4: waits longer after each failure of the index only', () => {
    const world = jobWorld({ ...EACH, backoffLimitPerIndex: 5 });
    world.end(podOf(world, 1), 1);
    world.settle();
    world.later(10).settle();
    world.end(podOf(world, 1), 1);
    world.end(podOf(world, 0), 1);
    world.settle();
    expect(world.later(10).settle()).toBeUndefined();
    expect(indexes(world).sort()).toEqual(['0', '2']);
    world.later(10).settle();
    expect(indexes(world).sort()).toEqual(['0', '1', '2']);
  });

  it('Q4: fails an index at once by FailIndex, and does not count what is ignored', () => {
    const world = jobWorld({
      ...EACH,
      podReplacementPolicy: 'Failed',
      podFailurePolicy: {
        rules: [
          { action: 'FailIndex', onExitCodes: { operator: 'In', values: [42] } },
          { action: 'Ignore', onExitCodes: { operator: 'In', values: [7] } },
        ],
      },
    });
    world.end(podOf(world, 0), 42);
    world.end(podOf(world, 1), 7);
    world.settle();
    expect(world.status).toMatchObject({ failedIndexes: '0', failed: 1 });
    world.later(10).settle();
    expect(
      world.active.find(({ metadata }) => metadata.annotations?.[INDEX] === '1')?.metadata,
    ).toMatchObject({ annotations: { [FAILURES]: '0', [IGNORED]: '1' } });
  });
});

describe('a failure policy', () => {
  it('Q4: fails the Job by the exit code of a pod', () => {
    const world = jobWorld({ completions: 4, parallelism: 2, ...onExit('FailJob', 42) });
    world.start('j-2');
    world.end('j-1', 42);
    world.settle();
    expect(world.conditions).toEqual(['FailureTarget PodFailurePolicy']);
    expect(world.status.conditions?.[0]?.message).toBe(
      'Container app for pod default/j-1 failed with exit code 42 matching FailJob rule at index 0',
    );
    world.end('j-2', 143);
    world.settle();
    expect(world.status).toMatchObject({ failed: 2, terminating: 0 });
    expect(world.conditions).toContain('Failed PodFailurePolicy');
  });

  it('Q4: does not count an evicted pod', () => {
    const rule = {
      action: 'Ignore',
      onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }],
    };
    const world = jobWorld({ backoffLimit: 0, podFailurePolicy: { rules: [rule] } });
    world.end('j-1', 143, [{ type: 'DisruptionTarget', status: 'True' }]);
    world.settle();
    expect(world.conditions).toEqual([]);
    expect(world.status).not.toHaveProperty('failed');
    world.later(10).settle();
    world.endAll(0);
    expect(world.conditions).toContain('Complete CompletionsReached');
  });
});

describe('a success policy', () => {
  it.each([
    ['by indexes', { succeededIndexes: '0' }],
    ['by a count', { succeededCount: 1 }],
    ['by a count of some indexes', { succeededIndexes: '0,2', succeededCount: 1 }],
  ])('Q4: completes the Job %s and removes the rest uncounted', (_, rule) => {
    const world = jobWorld({ ...INDEXED, successPolicy: { rules: [rule] } });
    world.start(podOf(world, 1));
    world.start(podOf(world, 2));
    world.end(podOf(world, 0), 0);
    world.settle();
    expect(world.conditions).toEqual(['SuccessCriteriaMet SuccessPolicy']);
    expect(world.status).toMatchObject({ terminating: 2, succeeded: 1, completedIndexes: '0' });
    for (const { metadata } of world.pods.slice(1)) world.end(metadata.name ?? '', 143);
    world.settle();
    expect(world.conditions).toEqual([
      'SuccessCriteriaMet SuccessPolicy',
      'Complete SuccessPolicy',
    ]);
    expect(world.status.conditions?.[1]?.message).toBe('Matched rules at index 0');
    expect(world.status).not.toHaveProperty('failed');
  });
});
