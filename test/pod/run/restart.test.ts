// C1–C5, C13, D4, D5, D8: which ended container is restarted.
import { describe, expect, it } from 'vitest';
import type { Container, Pod, PodSpec, RestartPolicy } from '../../../src/kinds/pod.ts';
import type { Run } from '../../../src/protocol/run.ts';
import {
  containerPolicy,
  isFailure,
  nextStep,
  restartRule,
  shouldRestart,
} from '../../../src/pod/run/restart.ts';
import { at, exited, podOf } from '../samples.ts';

it.each<[RestartPolicy, boolean, string]>([
  ['Always', false, 'Restart'],
  ['Always', true, 'Restart'],
  ['OnFailure', false, 'Stop'],
  ['OnFailure', true, 'Restart'],
  ['Never', false, 'Stop'],
  ['Never', true, 'Stop'],
])('C1, C2, C13: %s, failed %s: %s', (policy, failed, step) => {
  expect(nextStep(policy, { failed })).toBe(step);
  expect(nextStep(policy, { failed, leave: true, rule: 'Restart' })).toBe('Stop');
  expect(nextStep(policy, { failed, rule: 'Restart' })).toBe('Restart');
  expect(nextStep(policy, { failed, rule: 'Stop' })).toBe('Stop');
});

describe('containerPolicy', () => {
  const init = (restartPolicy?: string): Partial<PodSpec> => ({
    initContainers: [{ name: 'app', ...(restartPolicy && { restartPolicy }) }],
    containers: [],
  });
  it.each<[string, Partial<PodSpec>, RestartPolicy]>([
    ['C8: Always is the default', {}, 'Always'],
    ["the pod's", { restartPolicy: 'Never' }, 'Never'],
    [
      "the container's own wins",
      { restartPolicy: 'Never', containers: [{ name: 'app', restartPolicy: 'OnFailure' }] },
      'OnFailure',
    ],
    [
      'D4: an init container under Always is retried on failure',
      { restartPolicy: 'Always', ...init() },
      'OnFailure',
    ],
    ['D5: an init container under Never is not', { restartPolicy: 'Never', ...init() }, 'Never'],
    ['a sidecar always restarts', { restartPolicy: 'Never', ...init('Always') }, 'Always'],
  ])('%s', (_rule, spec, policy) => expect(containerPolicy(podOf(spec), 'app')).toBe(policy));
});

describe('restart rules and kills by probes', () => {
  const rules: Container = {
    name: 'app',
    restartPolicy: 'Never',
    restartPolicyRules: [
      { action: 'Restart', exitCodes: { operator: 'In', values: [42] } },
      { action: 'Restart', exitCodes: { operator: 'NotIn', values: [0, 1, 42] } },
    ],
  };
  const probe = { killedByProbe: true };
  it.each<[string, Partial<PodSpec>, Run, string | undefined]>([
    ['In matches', { containers: [rules] }, exited(1, 42), 'Restart'],
    ['NotIn matches', { containers: [rules] }, exited(1, 7), 'Restart'],
    ['no rule matches: the policy decides', { containers: [rules] }, exited(1, 1), undefined],
    [
      'a probe killed it: rules are not asked',
      { containers: [rules] },
      exited(1, 42, probe),
      'Stop',
    ],
    [
      'a probe killed it, OnFailure, exit 0: restarted all the same',
      { restartPolicy: 'OnFailure' },
      exited(1, 0, probe),
      'Restart',
    ],
    ['a probe killed it, Never', { restartPolicy: 'Never' }, exited(1, 137, probe), 'Stop'],
  ])('%s', (_rule, spec, run, step) => expect(restartRule(podOf(spec), 'app', run)).toBe(step));
});

describe('isFailure', () => {
  const initPod = podOf({ initContainers: [{ name: 'one' }] });
  it.each<[string, Pod, string, Run, boolean]>([
    ['exit 0', podOf(), 'app', exited(1, 0), false],
    ['exit 1', podOf(), 'app', exited(1, 1), true],
    [
      'the start failed',
      podOf(),
      'app',
      { run: 1, startError: 'no', started: false, ready: false },
      true,
    ],
    [
      'an app container with code 0 whose child was out of memory',
      podOf(),
      'app',
      exited(1, 0, { oom: true }),
      false,
    ],
    [
      'an init container with code 0 and out of memory',
      initPod,
      'one',
      exited(1, 0, { oom: true }),
      true,
    ],
  ])('%s: %4$s', (_rule, pod, name, run, failed) => expect(isFailure(pod, name, run)).toBe(failed));
});

it('nothing restarts in a pod that is being deleted', () => {
  const deleted = podOf({}, { name: 'web', deletionTimestamp: at(0) });
  expect(shouldRestart(deleted, 'app', exited(1, 1))).toBe(false);
  expect(shouldRestart(podOf(), 'app', exited(1, 1))).toBe(true);
});
