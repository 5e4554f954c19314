// B1–B6: the phase follows from policy and container states, never from ECS.
import { describe, expect, it } from 'vitest';
import type { PodSpec, RestartPolicy } from '../../../src/kinds/pod.ts';
import type { ObservedContainer, ObservedPod } from '../../../src/pod/run/observed.ts';
import { podDone } from '../../../src/pod/run/order.ts';
import { computeStatus } from '../../../src/pod/status/status.ts';
import { at, exited, NOW, observedOf, podOf, running } from '../samples.ts';

const RUNS = { current: running(1) };
const DONE = { current: exited(1, 0) };
const BROKE = { current: exited(1, 3) };
const KILLED = { current: exited(1, 137) };
const OOM = { current: exited(1, 137, { oom: true }) };
const NO_START = { current: exited(1, 128, { startError: 'no such file' }) };
const LOOPS = {
  previous: exited(1, 1),
  current: exited(2, 1),
  backOff: { seconds: 10, updatedAt: at(2), until: at(2) },
};
type State = Partial<ObservedContainer>;
const two: Partial<PodSpec> = { containers: [{ name: 'app' }, { name: 'more' }] };

function phaseOf(
  restartPolicy: RestartPolicy,
  states: State[],
  more: Partial<ObservedPod> = {},
): string | undefined {
  const names = ['app', 'more'];
  const containers = Object.fromEntries(states.map((state, index) => [names[index] ?? '', state]));
  const before = {
    ...podOf({ restartPolicy, ...(states.length > 1 ? two : {}) }),
    status: { phase: states.some(({ current }) => current) ? 'Running' : 'Pending' },
  };
  const observed = observedOf(containers, more);
  // A terminal phase is shown only once nothing will run and everything has stopped.
  return computeStatus(before, { ...observed, terminal: podDone(before, observed) }, NOW).phase;
}

describe('one container', () => {
  it.each<[string, State, string, string, string]>([
    ['B1: set up, not started', {}, 'Pending', 'Pending', 'Pending'],
    ['B2: runs', RUNS, 'Running', 'Running', 'Running'],
    ['B2: waits for its next run', LOOPS, 'Running', 'Running', 'Failed'],
    ['B3: exit 0', DONE, 'Running', 'Succeeded', 'Succeeded'],
    ['B4: exit 3', BROKE, 'Running', 'Running', 'Failed'],
    ['B4: killed by the system', KILLED, 'Running', 'Running', 'Failed'],
    ['B4: out of memory', OOM, 'Running', 'Running', 'Failed'],
    ['B4: could not be started', NO_START, 'Running', 'Running', 'Failed'],
  ])('%s', (_state, state, always, onFailure, never) => {
    expect([
      phaseOf('Always', [state]),
      phaseOf('OnFailure', [state]),
      phaseOf('Never', [state]),
    ]).toEqual([always, onFailure, never]);
  });
});

describe('two containers', () => {
  it.each<[string, State, State, string, string, string]>([
    ['B1: one runs, one is not set up', RUNS, {}, 'Pending', 'Pending', 'Pending'],
    ['B2: both run', RUNS, RUNS, 'Running', 'Running', 'Running'],
    ['B2: one runs, one has ended', RUNS, DONE, 'Running', 'Running', 'Running'],
    ['B2: one runs, one has failed', RUNS, BROKE, 'Running', 'Running', 'Running'],
    ['B3: both succeeded', DONE, DONE, 'Running', 'Succeeded', 'Succeeded'],
    ['B4: all ended, one in failure', DONE, BROKE, 'Running', 'Running', 'Failed'],
    ['B4: all ended, one killed', DONE, KILLED, 'Running', 'Running', 'Failed'],
  ])('%s', (_state, one, other, always, onFailure, never) => {
    expect([
      phaseOf('Always', [one, other]),
      phaseOf('OnFailure', [one, other]),
      phaseOf('Never', [one, other]),
    ]).toEqual([always, onFailure, never]);
    expect(phaseOf('Never', [other, one]), 'the order of containers plays no part').toBe(never);
  });
});

it.each(['DeadlineExceeded', 'Evicted', 'NodeLost'])(
  'B4: what the system ended for %s is Failed, whatever its policy and exit codes',
  (reason) => {
    for (const policy of ['Always', 'OnFailure', 'Never'] as const)
      expect(phaseOf(policy, [DONE], { verdict: { phase: 'Failed', reason, message: '' } })).toBe(
        'Failed',
      );
  },
);

it.each(['Always', 'OnFailure', 'Never'] as const)(
  'B6: under %s equal container states give the equal phase, whatever else is known of the pod',
  (policy) => {
    for (const state of [RUNS, DONE, BROKE, LOOPS]) {
      const others: Partial<ObservedPod>[] = [
        {},
        { podIP: '10.9.9.9' },
        { hostIP: '192.0.2.77' },
        { nodeName: 'other' },
      ];
      expect(new Set(others.map((more) => phaseOf(policy, [state], more))).size).toBe(1);
    }
  },
);
