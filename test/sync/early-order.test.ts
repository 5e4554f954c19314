// When start orders are sent: a podlet itself holds them back until every supervisor has said hello.
import { expect, it } from 'vitest';
import type { Pod } from '../../src/kinds/pod.ts';
import type { ObservedPod } from '../../src/pod/run/observed.ts';
import { dueStarts } from '../../src/sync/desired.ts';
import type { TaskArn } from '../../src/ports/identity.ts';
import type { PodRecord } from '../../src/record/record.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const pod: Pod = {
  metadata: { name: 'p', namespace: 'default', uid: 'u' },
  spec: {
    initContainers: [{ name: 'init', image: 'i' }],
    containers: [{ name: 'app', image: 'i' }],
  },
  status: {},
};

const recordOf = (observed: Partial<ObservedPod>): PodRecord => ({
  uid: 'u',
  namespace: 'default',
  name: 'p',
  generation: { number: 1, toStart: false, runs: 1 },
  logNonce: '',
  tokens: {},
  task: { attempt: 1, arn: 'arn' as TaskArn },
  observed: {
    sandboxReady: false,
    containers: { init: { desiredRun: 1 }, app: { desiredRun: 1 } },
    ...observed,
  },
});

it.each<[string, Partial<ObservedPod>, string[]]>([
  ['nothing before the pod has an address: environments name it', {}, []],
  ['the first container with the address, before the last hello', { podIP: '10.0.0.7' }, ['init']],
  ['the same once the sandbox is ready', { podIP: '10.0.0.7', sandboxReady: true }, ['init']],
])('E1: orders %s', (_rule, observed, due) =>
  expect(dueStarts(pod, recordOf(observed), NOW)).toEqual(due),
);
