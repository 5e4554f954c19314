// Which edits of a pod its running task still lacks, and how a resize changes its record.
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../src/kinds/pod.ts';
import type { TaskArn } from '../../src/ports/identity.ts';
import type { PodRecord } from '../../src/record/record.ts';
import { settleResize } from '../../src/record/resize.ts';
import { resized, taskEdits, withOldSizes } from '../../src/record/task-edits.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const pod = (resources = {}, more: Partial<Pod['spec']> = {}): Pod => ({
  metadata: { name: 'p' },
  spec: { containers: [{ name: 'app', image: 'i', resources }], ...more },
  status: {},
});
const task = { attempt: 1, arn: 'arn:task' as TaskArn };
const record = (more: Partial<PodRecord> = {}, app = {}): PodRecord => ({
  uid: 'u',
  namespace: 'default',
  name: 'p',
  generation: { number: 1, runs: 1 },
  task,
  logNonce: 'n',
  tokens: {},
  observed: {
    sandboxReady: true,
    acceptedAt: '2026-01-01T00:00:00Z',
    containers: {
      app: {
        desiredRun: 1,
        hello: true,
        current: { run: 1, startedAt: '2026-01-01T00:00:00Z', started: true, ready: true },
        ...app,
      },
    },
  },
  ...more,
});
const debugged = pod({}, { ephemeralContainers: [{ name: 'dbg', image: 'i' }] });
const SMALL = { requests: { cpu: '10m' } };
const LARGE = { requests: { cpu: '20m' } };

describe('ephemeral containers that shall join', () => {
  it.each([
    ['one that has not', record(), ['dbg']],
    ['none that has', record({ task: { ...task, added: ['dbg'] } }), []],
    [
      'none before the sandbox is ready',
      { ...record(), observed: { ...record().observed, sandboxReady: false } },
      [],
    ],
    ['none without a task', record({ task: { ...task, end: { is: 'stopped', at: 'x' } } }), []],
    [
      'none whose image is in back-off',
      record({
        pulls: {
          dbg: {
            seconds: 10,
            failedAt: '',
            until: '2026-01-01T00:00:05Z',
            reason: 'ErrImagePull',
            message: '',
          },
        },
      }),
      [],
    ],
    [
      'one whose back-off is over',
      record({
        pulls: {
          dbg: {
            seconds: 10,
            failedAt: '',
            until: '2025-12-31T23:59:59Z',
            reason: 'ErrImagePull',
            message: '',
          },
        },
      }),
      ['dbg'],
    ],
  ])('%s', (_name, known, names) =>
    expect(taskEdits(debugged, known, NOW).add.map(({ name }) => name)).toEqual(names),
  );
});

/** `LARGE` is promised while it still has `SMALL`. */
const promised =
  settleResize(pod(LARGE), withOldSizes(pod(SMALL), record()), () => undefined)?.record ?? record();

describe('a resize', () => {
  it('is due from the promise until the container has its new size', () => {
    expect(promised.observed.containers['app']?.resources).toEqual(SMALL);
    expect(taskEdits(pod(LARGE), promised, NOW).resize).toEqual([
      { name: 'app', image: 'i', resources: LARGE },
    ]);
    const done = resized(promised, { name: 'app', resources: LARGE }, LARGE);
    expect(done.observed.containers['app']).not.toHaveProperty('resources');
    expect(taskEdits(pod(LARGE), done, NOW).resize).toEqual([]);
  });

  it('stays due where another size was promised meanwhile', () => {
    expect(
      resized(promised, { name: 'app', resources: SMALL }, LARGE).observed.containers['app']
        ?.resources,
    ).toEqual(LARGE);
  });

  it.each([
    ['RestartContainer', 'cpu', 1],
    ['RestartContainer', 'memory', undefined],
    ['NotRequired', 'cpu', undefined],
  ])('%s for %s: the run that another follows is %s', (restartPolicy, resourceName, run) => {
    const done = resized(
      promised,
      { name: 'app', resources: LARGE, resizePolicy: [{ resourceName, restartPolicy }] },
      LARGE,
    );
    expect(done.observed.containers['app']?.restartAfter).toBe(run);
  });

  it('goes by what was promised, not by what the spec asks for', () => {
    expect(taskEdits(pod({ requests: { cpu: '9' } }), promised, NOW).resize).toEqual([
      { name: 'app', image: 'i', resources: LARGE },
    ]);
  });

  it('of a pod that is not bound yet needs nothing', () => {
    const { acceptedAt: _at, ...observed } = record().observed;
    const unbound = { ...record(), observed };
    expect(withOldSizes(pod(SMALL), unbound)).toBe(unbound);
  });
});
