// A5, A6: the cells of `kubectl get pods -o wide` (printers/internalversion/printers.go).
import { describe, expect, it } from 'vitest';
import type { ContainerStatus, PodSpec, PodStatus } from '../../../src/kinds/pod.ts';
import { age, humanDuration } from '../../../src/pod/status/human-duration.ts';
import { podCells, podRowConditions } from '../../../src/pod/status/printer.ts';
import { at, NOW, podOf } from '../samples.ts';

const status = (
  name: string,
  state: ContainerStatus['state'],
  more: Partial<ContainerStatus> = {},
): ContainerStatus => ({
  name,
  state: state ?? {},
  lastState: {},
  ready: false,
  restartCount: 0,
  image: '',
  imageID: '',
  ...more,
});
const up = { running: { startedAt: at(-9) } };
const ended = (reason: string, exitCode = 1) => ({ terminated: { reason, exitCode } });
const last = (seconds: number) => ({ terminated: { exitCode: 1, finishedAt: at(-seconds) } });
const two: Partial<PodSpec> = { containers: [{ name: 'a' }, { name: 'b' }] };
const initialized = [{ type: 'Initialized', status: 'True' }];

describe('Ready, Status and Restarts', () => {
  it.each<[string, Partial<PodSpec>, Partial<PodStatus>, object, string[]]>([
    ['no statuses: the phase', {}, {}, {}, ['0/1', 'Pending', '0']],
    ['status.reason', {}, { phase: 'Failed', reason: 'Evicted' }, {}, ['0/1', 'Evicted', '0']],
    [
      'scheduling gates',
      {},
      { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] },
      {},
      ['0/1', 'SchedulingGated', '0'],
    ],
    [
      'restarts with the age of the newest end',
      {},
      {
        phase: 'Running',
        containerStatuses: [
          status('app', up, { ready: true, restartCount: 3, lastState: last(30) }),
        ],
      },
      {},
      ['1/1', 'Running', '3 (30s ago)'],
    ],
    [
      'the first container names the reason',
      two,
      {
        containerStatuses: [
          status('a', { waiting: { reason: 'X' } }),
          status('b', { waiting: { reason: 'Y' } }),
        ],
      },
      {},
      ['0/2', 'X', '0'],
    ],
    [
      'an end without a reason: signal',
      {},
      { containerStatuses: [status('app', { terminated: { exitCode: 137, signal: 9 } })] },
      {},
      ['0/1', 'Signal:9', '0'],
    ],
    [
      'an end without a reason: code',
      {},
      { containerStatuses: [status('app', { terminated: { exitCode: 3 } })] },
      {},
      ['0/1', 'ExitCode:3', '0'],
    ],
    [
      'one completed, one ready, pod ready',
      two,
      {
        containerStatuses: [status('a', ended('Completed', 0)), status('b', up, { ready: true })],
        conditions: [{ type: 'Ready', status: 'True' }],
      },
      {},
      ['1/2', 'Running', '0'],
    ],
    [
      'one completed, one ready, pod not ready',
      two,
      { containerStatuses: [status('a', ended('Completed', 0)), status('b', up, { ready: true })] },
      {},
      ['1/2', 'NotReady', '0'],
    ],
    [
      'completed hides no error',
      two,
      { containerStatuses: [status('a', ended('Completed', 0)), status('b', ended('Error'))] },
      {},
      ['0/2', 'Error', '0'],
    ],
    [
      'deleted',
      {},
      { phase: 'Running', containerStatuses: [status('app', up, { ready: true })] },
      { deletionTimestamp: at(0) },
      ['1/1', 'Terminating', '0'],
    ],
    [
      'deleted and its node lost',
      {},
      { phase: 'Running', reason: 'NodeLost' },
      { deletionTimestamp: at(0) },
      ['0/1', 'Unknown', '0'],
    ],
    [
      'deleted in a terminal phase',
      {},
      { phase: 'Failed', containerStatuses: [status('app', ended('Error'))] },
      { deletionTimestamp: at(0) },
      ['0/1', 'Error', '0'],
    ],
    [
      'init progress and its restarts',
      { initContainers: [{ name: 'i' }, { name: 'j' }] },
      {
        initContainerStatuses: [
          status('i', ended('Completed', 0)),
          status('j', up, { restartCount: 2, lastState: last(5) }),
        ],
      },
      {},
      ['0/1', 'Init:1/2', '2 (5s ago)'],
    ],
    [
      'init waiting',
      { initContainers: [{ name: 'i' }] },
      { initContainerStatuses: [status('i', { waiting: { reason: 'CrashLoopBackOff' } })] },
      {},
      ['0/1', 'Init:CrashLoopBackOff', '0'],
    ],
    [
      'init failed',
      { initContainers: [{ name: 'i' }] },
      { initContainerStatuses: [status('i', ended('OOMKilled', 137))] },
      {},
      ['0/1', 'Init:OOMKilled', '0'],
    ],
    [
      'a sidecar counts',
      { initContainers: [{ name: 's', restartPolicy: 'Always' }] },
      {
        phase: 'Running',
        initContainerStatuses: [status('s', up, { started: true, ready: true, restartCount: 1 })],
        containerStatuses: [status('app', up, { ready: true })],
      },
      {},
      ['2/2', 'Running', '1'],
    ],
    [
      'a sidecar that ended later still names the status (upstream does not clear it)',
      { initContainers: [{ name: 's', restartPolicy: 'Always' }] },
      {
        phase: 'Running',
        conditions: initialized,
        initContainerStatuses: [status('s', ended('Error'))],
        containerStatuses: [status('app', up, { ready: true })],
      },
      {},
      ['1/2', 'Init:Error', '0'],
    ],
  ])('%s', (_rule, spec, more, metadata, cells) => {
    const pod = podOf(spec, metadata);
    expect(podCells({ ...pod, status: { ...pod.status, ...more } }, NOW).slice(1, 4)).toEqual(
      cells,
    );
  });
});

describe('other cells and rows', () => {
  it('wide cells', () => {
    expect(podCells(podOf(), NOW)).toEqual([
      'web',
      '0/1',
      'Pending',
      '0',
      '60s',
      '<none>',
      '<none>',
      '<none>',
      '<none>',
    ]);
    const pod = podOf({
      nodeName: 'fargate',
      readinessGates: [{ conditionType: 'x' }, { conditionType: 'y' }],
    });
    const cells = podCells(
      {
        ...pod,
        status: {
          podIPs: [{ ip: '10.0.0.5' }],
          nominatedNodeName: 'n',
          conditions: [{ type: 'x', status: 'True' }],
        },
      },
      NOW,
    );
    expect(cells.slice(5)).toEqual(['10.0.0.5', 'fargate', 'n', '1/2']);
  });

  it('rows of pods in a terminal phase say so', () => {
    const conditions = (phase: string) => podRowConditions({ ...podOf(), status: { phase } });
    expect(conditions('Running')).toEqual([]);
    expect(conditions('Failed')).toEqual([
      { type: 'Completed', status: 'True', reason: 'Failed', message: 'The pod failed.' },
    ]);
  });
});

it.each([
  [-2000, '<invalid>'],
  [-1500, '0s'],
  [0, '0s'],
  [119_000, '119s'],
  [120_000, '2m'],
  [125_000, '2m5s'],
  [600_000, '10m'],
  [179 * 60_000, '179m'],
  [180 * 60_000, '3h'],
  [200 * 60_000, '3h20m'],
  [8 * 3600_000, '8h'],
  [47 * 3600_000, '47h'],
  [48 * 3600_000, '2d'],
  [53 * 3600_000, '2d5h'],
  [8 * 86_400_000, '8d'],
  [730 * 86_400_000, '2y'],
  [760 * 86_400_000, '2y30d'],
  [8 * 365 * 86_400_000, '8y'],
])('%i ms ago is %s', (milliseconds, text) => expect(humanDuration(milliseconds)).toBe(text));

it('an age without a timestamp is unknown', () => expect(age(undefined)).toBe('<unknown>'));
