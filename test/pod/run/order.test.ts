// D2, D3, D10, K2: which container may start, and when the pod is over.
import { describe, expect, it } from 'vitest';
import type { PodSpec } from '../../../src/kinds/pod.ts';
import type { ObservedContainer, ObservedPod } from '../../../src/pod/run/observed.ts';
import { initFailed, isReleased, podDone } from '../../../src/pod/run/order.ts';
import { at, exited, observedOf, podOf, running } from '../samples.ts';

type Containers = { [name: string]: Partial<ObservedContainer> };
const init = (...names: string[]): Partial<PodSpec> => ({
  initContainers: names.map((name) =>
    name.startsWith('side') ? { name, restartPolicy: 'Always' } : { name },
  ),
});
const hooked: Partial<PodSpec> = {
  containers: [
    { name: 'app', lifecycle: { postStart: { sleep: { seconds: 1 } } } },
    { name: 'more' },
  ],
};

describe('isReleased', () => {
  it.each<[string, Partial<PodSpec>, Containers, string[]]>([
    [
      'D10: app containers start together',
      { containers: [{ name: 'app' }, { name: 'more' }] },
      {},
      ['app', 'more'],
    ],
    ['D2: only the first init container', init('one', 'two'), {}, ['one']],
    [
      'D2: the second after success of the first',
      init('one', 'two'),
      { one: { current: exited(1, 0) } },
      ['one', 'two'],
    ],
    ['D4: not after its failure', init('one', 'two'), { one: { current: exited(1, 1) } }, ['one']],
    [
      'D3: app containers after the last',
      init('one', 'two'),
      { one: { current: exited(1, 0) }, two: { current: exited(1, 0) } },
      ['one', 'two', 'app'],
    ],
    [
      'a sidecar holds up the next until it is started',
      init('side', 'one'),
      { side: { current: running(1, { started: false }) } },
      ['side'],
    ],
    [
      'a started sidecar lets the next start',
      init('side', 'one'),
      { side: { current: running(1, { ready: false }) } },
      ['side', 'one'],
    ],
    ['app containers wait for the sidecar too', init('side'), {}, ['side']],
    [
      'a sidecar that ended keeps its turn',
      init('one', 'side'),
      { one: { current: exited(1, 0) }, side: { current: exited(1, 1) } },
      ['one', 'side'],
    ],
    [
      'once an app container began, init containers are not looked at again',
      init('one', 'side'),
      { app: { current: running(1) } },
      ['side', 'app'],
    ],
    [
      'D6: what an earlier sandbox finished does not count',
      init('one'),
      { app: { current: exited(1, 0), kept: true } },
      ['one', 'app'],
    ],
    ['K2: the next container waits for postStart', hooked, {}, ['app']],
    ['K2: and starts after it', hooked, { app: { current: running(1) } }, ['app', 'more']],
    [
      'K2: a container that cannot start holds nobody up',
      hooked,
      { app: { waiting: { reason: 'CreateContainerConfigError' } } },
      ['app', 'more'],
    ],
  ])('%s', (_rule, spec, containers, released) => {
    const pod = podOf(spec);
    const names = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map(
      ({ name }) => name,
    );
    expect(names.filter((name) => isReleased(pod, observedOf(containers), name))).toEqual(released);
  });

  it('nothing before the sandbox is ready', () => {
    expect(isReleased(podOf(), observedOf({}, { sandboxReady: false }), 'app')).toBe(false);
  });
});

describe('podDone', () => {
  const two: Partial<PodSpec> = { containers: [{ name: 'app' }, { name: 'more' }] };
  it.each<[string, Partial<PodSpec>, Containers, Partial<ObservedPod>, boolean]>([
    ['nothing ran yet', {}, {}, {}, false],
    ['C1: Always: never', {}, { app: { current: exited(1, 0) } }, {}, false],
    [
      'C1: OnFailure, exit 0',
      { restartPolicy: 'OnFailure' },
      { app: { current: exited(1, 0) } },
      {},
      true,
    ],
    [
      'C2: OnFailure, exit 1',
      { restartPolicy: 'OnFailure' },
      { app: { current: exited(1, 1) } },
      {},
      false,
    ],
    ['C2: Never, exit 1', { restartPolicy: 'Never' }, { app: { current: exited(1, 1) } }, {}, true],
    [
      'C3: Never, the other runs',
      { restartPolicy: 'Never', ...two },
      { app: { current: exited(1, 1) }, more: { current: running(1) } },
      {},
      false,
    ],
    [
      'C4: Never, both ended',
      { restartPolicy: 'Never', ...two },
      { app: { current: exited(1, 1) }, more: { current: exited(1, 0) } },
      {},
      true,
    ],
    [
      'a sidecar does not hold the pod',
      { restartPolicy: 'Never', ...init('side') },
      { side: { current: running(1) }, app: { current: exited(1, 0) } },
      {},
      true,
    ],
    [
      'D5: an init container failed under Never',
      { restartPolicy: 'Never', ...init('one') },
      { one: { current: exited(1, 1) } },
      {},
      true,
    ],
    [
      'D4: an init container failed under Always',
      init('one'),
      { one: { current: exited(1, 1) } },
      {},
      false,
    ],
    [
      'the system ended it',
      {},
      { app: { current: running(1) } },
      { verdict: { phase: 'Failed', reason: 'Evicted', message: '' } },
      true,
    ],
  ])('%s: %4$s', (_rule, spec, containers, more, done) => {
    expect(podDone(podOf(spec), observedOf(containers, more))).toBe(done);
  });

  it('a deleted pod is done', () => {
    expect(
      podDone(
        podOf({}, { deletionTimestamp: at(0) }),
        observedOf({ app: { current: running(1) } }),
      ),
    ).toBe(true);
  });
  it('initFailed says so of the init container alone', () => {
    const pod = podOf({ restartPolicy: 'Never', ...init('one') });
    expect(initFailed(pod, observedOf({ one: { current: exited(1, 1) } }))).toBe(true);
    expect(
      initFailed(
        pod,
        observedOf({ one: { current: exited(1, 0) }, app: { current: exited(1, 1) } }),
      ),
    ).toBe(false);
  });
});
