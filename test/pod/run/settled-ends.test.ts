// Which ends of containers the status holds back, and until when.
import { expect, it } from 'vitest';
import type { Pod, PodSpec, PodStatus } from '../../../src/kinds/pod.ts';
import type { ObservedContainer, ConcludedPod } from '../../../src/pod/run/observed.ts';
import { computeStatus } from '../../../src/pod/status/status.ts';
import { at, exited, NOW, observedOf, podOf, running } from '../samples.ts';

const TWO: Partial<PodSpec> = { containers: [{ name: 'app' }, { name: 'more' }] };
const runs = { app: { current: running(1) }, more: { current: running(1) } };

/** The status after `observed`, where everything was shown as running before. */
function after(
  spec: Partial<PodSpec>,
  observed: ConcludedPod,
  metadata: Pod['metadata'] = {},
): PodStatus {
  const status = computeStatus(
    podOf(spec),
    observedOf(spec.containers ? runs : { app: { current: running(1, { ready: false }) } }),
    NOW,
  );
  return computeStatus({ ...podOf(spec, metadata), status: status }, observed, NOW);
}

const shown = ({ containerStatuses = [] }: PodStatus) =>
  Object.fromEntries(
    containerStatuses.map(({ name, state, ready, started, lastState }) => [
      name,
      [Object.keys(state ?? {})[0], ready, started, lastState?.terminated?.exitCode],
    ]),
  );

const killed = (more: Partial<ObservedContainer> = {}, probe = true) => ({
  app: { current: exited(1, 137, probe ? { killedByProbe: true } : { resized: true }), ...more },
});

it.each([
  [
    "C9: a probe's kill is shown with the next run",
    'Always',
    killed(),
    ['running', false, true, undefined],
  ],
  [
    'a resize that asks for a restart is shown with the next run',
    'Never',
    killed({}, false),
    ['running', false, true, undefined],
  ],
  [
    "a probe's kill without another run is shown at once",
    'Never',
    killed(),
    ['terminated', false, false, undefined],
  ],
  [
    "a probe's kill with a back-off is shown as the back-off",
    'Always',
    killed({ backOff: { seconds: 10, updatedAt: at(9), until: at(9) } }),
    ['waiting', false, false, 137],
  ],
  [
    "a probe's kill whose next run cannot start is shown with the reason",
    'Always',
    killed({ waiting: { reason: 'CreateContainerConfigError', message: 'm' } }),
    ['waiting', false, false, 137],
  ],
  [
    'an exit of its own is shown at once',
    'Always',
    { app: { current: exited(1, 1) } },
    ['terminated', false, false, undefined],
  ],
] as const)('%s', (_name, restartPolicy, containers, expected) => {
  expect(shown(after({ restartPolicy }, observedOf(containers)))).toEqual({ app: expected });
});

it('an end that was shown once stays shown, whatever killed it', () => {
  const status = computeStatus(podOf(), observedOf({ app: { current: exited(1, 137) } }), NOW);
  expect(shown(computeStatus({ ...podOf(), status: status }, observedOf(killed()), NOW))).toEqual({
    app: ['terminated', false, false, undefined],
  });
});

const half = { app: { current: exited(1, 0) }, more: { current: running(1) } };
const DELETED = { deletionTimestamp: at(20), deletionGracePeriodSeconds: 30 };
const verdict = { phase: 'Failed', reason: 'DeadlineExceeded', message: 'm' } as const;

it.each([
  [
    'B7: of a deleted pod the ends are shown together',
    DELETED,
    half,
    {},
    ['running', true, true, undefined],
  ],
  [
    'of a pod out of time the ends are shown together',
    {},
    half,
    { verdict },
    ['running', true, true, undefined],
  ],
  [
    'the last end of a deleted pod is shown',
    DELETED,
    { app: half.app, more: { current: exited(1, 143) } },
    {},
    ['terminated', false, false, undefined],
  ],
  [
    'a deleted pod that was wound up shows all',
    DELETED,
    half,
    { terminal: true },
    ['terminated', false, false, undefined],
  ],
  [
    'C3: one of two ends in a pod that goes on is shown at once',
    {},
    half,
    {},
    ['terminated', false, false, undefined],
  ],
] as const)('%s', (_name, metadata, containers, more, expected) => {
  expect(shown(after(TWO, observedOf(containers, more), metadata))['app']).toEqual(expected);
});

it.each(['Always', 'OnFailure', 'Never'] as const)(
  'D7: under %s what an edited image ended is shown with the next sandbox',
  (restartPolicy) => {
    const observed = observedOf(
      { app: { current: exited(1, 143) }, more: { current: exited(1, 0) } },
      { replacing: true },
    );
    expect(shown(after({ ...TWO, restartPolicy }, observed))).toEqual({
      app: ['running', true, true, undefined],
      more: ['running', true, true, undefined],
    });
  },
);
