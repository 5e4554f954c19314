// A Job from its first pod to its end, pass by pass.
import { describe, expect, it } from 'vitest';
import { jobController } from '../../../src/controllers/job/job-controller.ts';
import { validateJobStatus } from '../../../src/workloads/job/validate-job-status.ts';
import { toJob } from '../../../src/workloads/job/job.ts';
import { JobWorld, jobWorld } from './job-world.ts';

const TRACKING = 'batch.kubernetes.io/job-tracking';
const names = (world: JobWorld): string[] => world.pods.map(({ metadata }) => metadata.name ?? '');
const activeNames = (world: JobWorld): string[] =>
  world.active.map(({ metadata }) => metadata.name ?? '');

describe('a Job', () => {
  it('Q4: makes a pod that it holds until it is counted', () => {
    const world = jobWorld();
    expect(world.pods).toMatchObject([
      {
        metadata: {
          generateName: 'j-',
          labels: { 'job-name': 'j' },
          finalizers: [TRACKING],
          ownerReferences: [{ kind: 'Job', name: 'j', controller: true, blockOwnerDeletion: true }],
        },
        spec: { restartPolicy: 'Never' },
      },
    ]);
    expect(world.status).toEqual({
      startTime: '2026-01-01T00:00:00Z',
      active: 1,
      ready: 0,
      terminating: 0,
      uncountedTerminatedPods: {},
    });
    expect(world.said).toEqual(['SuccessfulCreate']);
  });

  it('Q4: writes its start and its pods in one status', () => {
    const world = jobWorld();
    expect(world.written).toEqual(['create pods/j-1', 'updateStatus jobs.batch/j']);
  });

  it('Q4: counts before it lets go, and completes after SuccessCriteriaMet', () => {
    const world = jobWorld();
    world.start('j-1');
    world.settle();
    expect(world.status).toMatchObject({ active: 1, ready: 1 });
    world.end('j-1', 0);
    world.reconcile(jobController, 'j');
    expect(world.status).toMatchObject({ uncountedTerminatedPods: { succeeded: ['uid-2'] } });
    expect(world.conditions).toEqual(['SuccessCriteriaMet CompletionsReached']);
    expect(world.pods[0]?.metadata).not.toHaveProperty('finalizers');
    world.settle();
    expect(world.status).toMatchObject({
      succeeded: 1,
      ready: 0,
      terminating: 0,
      uncountedTerminatedPods: {},
      completionTime: '2026-01-01T00:00:00Z',
    });
    expect(world.status).not.toHaveProperty('active');
    expect(world.conditions).toEqual([
      'SuccessCriteriaMet CompletionsReached',
      'Complete CompletionsReached',
    ]);
    expect(world.said).toEqual(['SuccessfulCreate', 'Completed']);
  });

  it('Q4: runs as many at once as it may until enough have succeeded', () => {
    const world = jobWorld({ completions: 5, parallelism: 2 });
    const seen: number[] = [];
    while (world.active.length > 0) {
      seen.push(world.active.length);
      world.end(activeNames(world)[0] ?? '', 0);
      world.settle();
    }
    expect(seen).toEqual([2, 2, 2, 2, 1]);
    expect(world.status.succeeded).toBe(5);
    expect(names(world)).toHaveLength(5);
  });

  it('Q4: of a work queue makes no pod after the first success and ends with the last', () => {
    const world = jobWorld({ parallelism: 2 });
    world.end('j-1', 0);
    world.settle();
    expect(activeNames(world)).toEqual(['j-2']);
    expect(world.conditions).toEqual([]);
    world.endAll(0);
    expect(world.status.succeeded).toBe(2);
    expect(world.conditions).toContain('Complete CompletionsReached');
  });

  it('Q4: without completions to reach is complete at once', () => {
    const world = jobWorld({ completions: 0 });
    expect(world.conditions).toContain('Complete CompletionsReached');
    expect(world.pods).toEqual([]);
  });

  it('Q4: another one manages is left alone', () => {
    expect(jobWorld({ managedBy: 'example.com/other' }).written).toEqual([]);
    expect(jobWorld({ managedBy: 'kubernetes.io/job-controller' }).pods).toHaveLength(1);
  });

  it('Q9: of fewer pods gives up those that have come least far, uncounted', () => {
    const world = jobWorld({ completions: 5, parallelism: 3 });
    world.start('j-2');
    world.change({ parallelism: 1 });
    expect(activeNames(world)).toEqual(['j-2']);
    expect(world.status).toMatchObject({ active: 1 });
    expect(world.status).not.toHaveProperty('failed');
  });

  it('Q4: adopts pods of its selector and lets go of those that leave it', () => {
    const world = new JobWorld();
    const { labels = {} } = world.job.spec.template.metadata;
    world.add('pods', { metadata: { name: 'mine', labels }, status: { phase: 'Running' } });
    world.settle();
    expect(world.pods).toMatchObject([
      { metadata: { name: 'mine', finalizers: [TRACKING], ownerReferences: [{ name: 'j' }] } },
    ]);
    world.edit('pods', 'mine', (pod) => ({ ...pod, metadata: { ...pod.metadata, labels: {} } }));
    world.settle();
    expect(world.pods[0]?.metadata).not.toHaveProperty('finalizers');
    expect(world.pods[0]?.metadata).not.toHaveProperty('ownerReferences');
    expect(activeNames(world)).toHaveLength(2);
  });

  it('Q4: says why no pod could be made, and counts only those there are', () => {
    let quota = 1;
    const world = new JobWorld(
      { completions: 3, parallelism: 3 },
      {},
      {
        refuses: (write) =>
          write.verb === 'create' && quota-- <= 0
            ? { reason: 'Forbidden', message: 'exceeded quota', details: {} }
            : undefined,
      },
    );
    world.reconcile(jobController, 'j');
    expect(world.events.at(-1)).toMatchObject({
      type: 'Warning',
      reason: 'FailedCreate',
      message: 'Error creating: exceeded quota',
    });
    expect(world.active).toHaveLength(1);
    expect(world.status.active ?? 0).toBeLessThanOrEqual(1);
  });
});

describe('failures of a Job', () => {
  it('Q4: are replaced after 10, 20, 40 … seconds, until there are too many', () => {
    const world = jobWorld({ backoffLimit: 3 });
    const waits: number[] = [];
    while (!world.conditions.some((text) => text.startsWith('Failed '))) {
      world.endAll(1);
      let waited = 0;
      while (world.active.length === 0 && waited < 1000 && !world.conditions.length) {
        world.later(1).settle();
        waited += 1;
      }
      waits.push(waited);
    }
    expect(waits).toEqual([10, 20, 40, 0]);
    expect(world.status).toMatchObject({ failed: 4, terminating: 0 });
    expect(world.conditions).toEqual([
      'FailureTarget BackoffLimitExceeded',
      'Failed BackoffLimitExceeded',
    ]);
    expect(world.events.at(-1)).toEqual({
      object: 'j',
      type: 'Warning',
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    });
  });

  it('Q4: wake the Job when the back-off ends', () => {
    const world = jobWorld();
    world.endAll(1);
    expect(world.requeues.at(-1)).toEqual(new Date('2026-01-01T00:00:10Z'));
  });

  it('Q4: leave the other pods in the status while the Job waits', () => {
    const world = jobWorld({ completions: 4, parallelism: 2 });
    world.start('j-2');
    world.end('j-1', 1);
    world.settle();
    expect(world.status).toMatchObject({ active: 1, ready: 1, failed: 1 });
  });

  it('Q4: by kubectl delete count too', () => {
    const world = jobWorld();
    world.start('j-1');
    world.markDeleted('j-1');
    world.settle();
    expect(world.status).toMatchObject({ failed: 1 });
    world.later(11).settle();
    expect(world.active).toHaveLength(1);
  });

  it('Q4: of a policy of Failed wait for the end of the pod', () => {
    const world = jobWorld({ podReplacementPolicy: 'Failed' });
    world.start('j-1');
    world.markDeleted('j-1');
    world.later(60).settle();
    expect(world.status).toMatchObject({ terminating: 1, ready: 0 });
    expect(world.status).not.toHaveProperty('failed');
    expect(names(world)).toEqual(['j-1']);
    world.end('j-1', 143);
    world.settle();
    expect(world.status).toMatchObject({ terminating: 0, failed: 1 });
    world.later(10).settle();
    expect(world.active).toHaveLength(1);
  });

  it('Q4: in place count where the pod restarts its containers', () => {
    const world = jobWorld({ backoffLimit: 2 }, { restartPolicy: 'OnFailure' });
    world.start('j-1');
    world.edit('pods', 'j-1', (pod) => ({
      ...pod,
      status: { ...(pod['status'] as object), containerStatuses: [{ restartCount: 2 }] },
    }));
    world.settle();
    expect(world.conditions).toEqual(['FailureTarget BackoffLimitExceeded']);
    expect(world.status).toMatchObject({ terminating: 1 });
    world.end('j-1', 143);
    world.settle();
    expect(world.conditions).toContain('Failed BackoffLimitExceeded');
    expect(world.status).toMatchObject({ failed: 1, terminating: 0 });
  });
});

describe('a deadline', () => {
  it('Q4: ends the Job when its last pod is gone', () => {
    const world = jobWorld({ activeDeadlineSeconds: 30 });
    world.start('j-1');
    world.settle();
    expect(world.requeues.at(-1)).toEqual(new Date('2026-01-01T00:00:30Z'));
    world.later(30).settle();
    expect(world.conditions).toEqual(['FailureTarget DeadlineExceeded']);
    expect(world.status).toMatchObject({ terminating: 1, failed: 1 });
    world.end('j-1', 0);
    world.settle();
    expect(world.conditions).toEqual(['FailureTarget DeadlineExceeded', 'Failed DeadlineExceeded']);
    expect(world.status).toMatchObject({ failed: 1, terminating: 0 });
    expect(world.status).not.toHaveProperty('succeeded');
  });

  it('R13: removes a finished Job when its time is over', () => {
    const world = jobWorld({ ttlSecondsAfterFinished: 60 });
    world.endAll(0);
    expect(world.requeues.at(-1)).toEqual(new Date('2026-01-01T00:01:00Z'));
    world.later(59).settle();
    expect(world.get('jobs.batch', 'j')).toBeDefined();
    world.later(1).settle();
    expect(world.get('jobs.batch', 'j')).toBeUndefined();
  });
});

describe('a suspended Job', () => {
  it('Q4: has no pods and no start', () => {
    const world = jobWorld({ suspend: true });
    expect(world.pods).toEqual([]);
    expect(world.status).not.toHaveProperty('startTime');
    expect(world.conditions).toEqual(['Suspended JobSuspended']);
    expect(world.said).toEqual(['Suspended']);
  });

  it('Q4: removes its pods uncounted, and begins anew when it resumes', () => {
    const world = jobWorld({ activeDeadlineSeconds: 600 });
    world.start('j-1');
    world.change({ suspend: true });
    expect(world.status).toMatchObject({ terminating: 1, ready: 0 });
    expect(world.status).not.toHaveProperty('active');
    expect(world.pods[0]?.metadata).not.toHaveProperty('finalizers');
    world.end('j-1', 143);
    world.later(300).settle();
    expect(world.status).not.toHaveProperty('failed');
    world.change({ suspend: false });
    expect(world.status).toMatchObject({
      startTime: '2026-01-01T00:05:00Z',
      active: 1,
      conditions: [{ type: 'Suspended', status: 'False', reason: 'JobResumed' }],
    });
    expect(world.said).toEqual([
      'SuccessfulCreate',
      'SuccessfulDelete',
      'Suspended',
      'SuccessfulCreate',
      'Resumed',
    ]);
  });
});

describe('a Job suspended beyond its deadline', () => {
  it('Q4: fails as soon as it resumes, and stays suspended by its conditions', () => {
    const world = jobWorld({ activeDeadlineSeconds: 30 });
    world.start('j-1');
    world.change({ suspend: true });
    world.end('j-1', 143);
    world.later(60).settle();
    expect(world.conditions).toEqual(['Suspended JobSuspended']);
    world.change({ suspend: false });
    world.settle();
    expect(world.conditions).toEqual([
      'Suspended JobSuspended',
      'FailureTarget DeadlineExceeded',
      'Failed DeadlineExceeded',
    ]);
    expect(world.status).toMatchObject({ conditions: [{ status: 'True' }, {}, {}] });
    expect(world.status).not.toHaveProperty('failed');
  });
});

describe('each status', () => {
  it('Q4: may follow the one before by the rules of the API', () => {
    for (const spec of [{}, { completions: 3, parallelism: 2 }, { backoffLimit: 0 }]) {
      const world = new JobWorld(spec);
      for (let step = 0; step < 40; step++) {
        const before = world.job;
        world.reconcile(jobController, 'j');
        expect(validateJobStatus(world.job, before)).toEqual([]);
        const [name] = activeNames(world);
        if (name !== undefined && step % 3 === 1) world.start(name);
        if (name !== undefined && step % 3 === 2) world.end(name, step % 2);
        world.later(30);
      }
      expect(toJob(world.job).status.conditions?.length).toBe(2);
    }
  });
});
