// The states of a pod's resize: promised, infeasible, forgotten, complete; and the kubelet's events for them.
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../src/kinds/pod.ts';
import type { ObservedContainer, ObservedPod } from '../../src/pod/run/observed.ts';
import { resizeRefusal } from '../../src/pod/placement/schedule.ts';
import type { PodRecord } from '../../src/record/record.ts';
import {
  resizeDue,
  settleResize,
  withCompletion,
  withResizeError,
} from '../../src/record/resize.ts';

const SMALL = { requests: { cpu: '10m' } };
const LARGE = { requests: { memory: '1Gi', cpu: '20m' }, limits: { cpu: '1' } };
const HUGE = { requests: { cpu: '9000' } };

const pod = (resources: object, generation = 2): Pod => ({
  metadata: { name: 'p', generation },
  spec: { restartPolicy: 'Always', containers: [{ name: 'app', image: 'i', resources }] },
  status: {},
});

function record(
  observed: Partial<ObservedPod> = {},
  app: Partial<ObservedContainer> = {},
  more: Partial<PodRecord> = {},
): PodRecord {
  const current = { run: 1, startedAt: '2026-01-01T00:00:00Z', started: true, ready: true };
  return {
    uid: 'u',
    namespace: 'default',
    name: 'p',
    generation: { number: 1, runs: 1 },
    task: { attempt: 1 },
    logNonce: 'n',
    tokens: {},
    observed: {
      sandboxReady: true,
      allocated: { app: SMALL },
      containers: { app: { desiredRun: 1, hello: true, current, ...app } },
      ...observed,
    },
    ...more,
  };
}

const pending = (wanted: object): Partial<ObservedPod> => ({
  resizePending: { generation: 2, reason: 'Infeasible', message: 'no', wanted: { app: wanted } },
});
const underWay = { resize: { generation: 2 }, allocated: { app: LARGE } };

describe('what is due', () => {
  it.each([
    ['nothing while the spec asks for what was promised', SMALL, record(), undefined],
    ['a promise where it asks for something else', LARGE, record(), 'promise'],
    [
      'nothing of a node that promises no sizes',
      LARGE,
      record({ allocated: undefined } as never),
      undefined,
    ],
    [
      'nothing of a pod that is over',
      LARGE,
      record({}, {}, { end: { is: 'finished', at: 'x' } }),
      undefined,
    ],
    ['nothing where the same was found infeasible', HUGE, record(pending(HUGE)), undefined],
    ['a promise where something else was', LARGE, record(pending(HUGE)), 'promise'],
    ['the end of a pending resize that is taken back', SMALL, record(pending(HUGE)), 'forget'],
    [
      'nothing while a container has its old size',
      LARGE,
      record(underWay, { resources: SMALL }),
      undefined,
    ],
    [
      'nothing while a container has yet to run anew',
      LARGE,
      record(underWay, { restartAfter: 1 }),
      undefined,
    ],
    [
      'the completion after the last container',
      LARGE,
      record(underWay, { restartAfter: 0 }),
      'complete',
    ],
    [
      'the completion beside another that is infeasible',
      HUGE,
      record({ ...underWay, ...pending(HUGE) }),
      'complete',
    ],
  ])('%s', (_name, resources, known, due) => expect(resizeDue(pod(resources), known)).toBe(due));
});

describe('what becomes of it', () => {
  it('a promise keeps the old size until it is changed, and says that it began', () => {
    const { record: after, events } =
      settleResize(pod(LARGE), record(pending(HUGE)), () => undefined) ?? {};
    expect(after?.observed).toMatchObject({
      allocated: { app: LARGE },
      resize: { generation: 2 },
      containers: { app: { resources: SMALL } },
    });
    expect(after?.observed).not.toHaveProperty('resizePending');
    expect(events).toEqual([
      {
        type: 'Normal',
        reason: 'ResizeStarted',
        component: 'kubelet',
        message:
          'Pod resize started: {"containers":[{"name":"app","resources":{"limits":{"cpu":"1"},"requests":{"cpu":"20m","memory":"1Gi"}}}],"generation":2}',
      },
    ]);
  });

  it('a second promise goes from what the container has, and forgets the error of the first', () => {
    const after = settleResize(
      pod(HUGE, 3),
      record(underWay, { resources: SMALL, resizeError: 'busy' }),
      () => undefined,
    )?.record.observed;
    expect(after).toMatchObject({
      resize: { generation: 3 },
      containers: { app: { resources: SMALL } },
    });
    expect(after?.containers['app']).not.toHaveProperty('resizeError');
  });

  it('an infeasible one is reported, and nothing is promised', () => {
    const { record: after, events } = settleResize(pod(HUGE), record(), () => 'too much') ?? {};
    expect(after?.observed).toMatchObject({
      allocated: { app: SMALL },
      resizePending: { generation: 2, reason: 'Infeasible', message: 'too much' },
    });
    expect(events).toEqual([
      {
        type: 'Warning',
        reason: 'ResizeInfeasible',
        component: 'kubelet',
        message:
          'Pod resize Infeasible: {"containers":[{"name":"app","resources":{"requests":{"cpu":"9000"}}}],"generation":2,"error":"too much"}',
      },
    ]);
  });

  it('one that is taken back is forgotten without a word', () => {
    const { record: after, events } =
      settleResize(pod(SMALL), record(pending(HUGE)), () => undefined) ?? {};
    expect([after, events]).toEqual([record(), []]);
  });

  it('the completion names the generation that began, and what was promised', () => {
    const { record: after, events } = withCompletion(
      pod(HUGE, 5),
      record({ ...underWay, ...pending(HUGE) }),
    );
    expect(after.observed).not.toHaveProperty('resize');
    expect(events).toMatchObject([
      {
        type: 'Normal',
        reason: 'ResizeCompleted',
        message: expect.stringMatching(/^Pod resize completed: .*"memory":"1Gi".*"generation":2}$/),
      },
    ]);
  });

  it('an error is reported once, safe for HTML as Go writes it', () => {
    const { record: after, events } = withResizeError(
      pod(LARGE),
      record(underWay, { resources: SMALL }),
      'app',
      'a < b',
    );
    expect(events).toMatchObject([
      {
        type: 'Warning',
        reason: 'ResizeError',
        message: expect.stringMatching(
          /^Pod resize error: .*"generation":2,"error":"a \\u003c b"}$/,
        ),
      },
    ]);
    expect(withResizeError(pod(LARGE), after, 'app', 'a < b')).toEqual({
      record: after,
      events: [],
    });
  });
});

describe('what a node can never give', () => {
  const node = { status: { allocatable: { cpu: '2', memory: '1Gi' } } };
  it.each([
    [{ cpu: '2', memory: '1Gi' }, [], undefined],
    [
      { cpu: '2001m' },
      [],
      "Node didn't have enough capacity: cpu, requested: 2001, capacity: 2000",
    ],
    [
      { cpu: '3', memory: '2Gi' },
      [],
      "Node didn't have enough capacity: memory, requested: 2147483648, capacity: 1073741824",
    ],
    [
      { cpu: '1' },
      ['cpu'],
      "Node didn't have enough capacity: cpu, requested: 1000, capacity: 32000",
    ],
  ])('requests %j, too large for any task: %j', (requests, tooLarge, why) =>
    expect(resizeRefusal(pod({ requests }), node, tooLarge)).toBe(why),
  );
});
