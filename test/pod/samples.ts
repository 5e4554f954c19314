// Minimal pods and runs for the tables of test/pod.
import type { Pod, PodSpec } from '../../src/kinds/pod.ts';
import type { ObservedContainer, ConcludedPod } from '../../src/pod/run/observed.ts';
import type { Run } from '../../src/protocol/run.ts';

export const NOW = new Date('2026-11-21T08:00:00.000Z');
const NAMES = { name: 'web', namespace: 'default', uid: '0e1f' };

/** A pod of one container `app` unless the spec says otherwise. */
export function podOf(spec: Partial<PodSpec> = {}, metadata: Pod['metadata'] = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...NAMES, generation: 1, creationTimestamp: '2026-11-21T07:59:00Z', ...metadata },
    spec: {
      containers: [{ name: 'app', image: 'busybox:1.37' }],
      restartPolicy: 'Always',
      ...spec,
    },
    status: { phase: 'Pending', qosClass: 'BestEffort' },
  };
}

/** `HH:MM:SS` of the tests' day, or seconds after NOW. */
export const at = (seconds: number): string =>
  new Date(NOW.getTime() + seconds * 1000).toISOString();

export const running = (run: number, more: Partial<Run> = {}): Run => ({
  run,
  startedAt: at(-60),
  started: true,
  ready: true,
  runtimeId: 'a'.repeat(64),
  ...more,
});

export const exited = (run: number, exitCode: number, more: Partial<Run> = {}): Run => ({
  ...running(run),
  finishedAt: at(-1),
  exitCode,
  started: false,
  ready: false,
  ...more,
});

/** A bound pod with a ready sandbox and these containers. */
export function observedOf(
  containers: { [name: string]: Partial<ObservedContainer> } = {},
  more: Partial<ConcludedPod> = {},
): ConcludedPod {
  const filled = Object.entries(containers).map(([name, container]) => [
    name,
    { desiredRun: container.current?.run ?? 0, ...container },
  ]);
  return {
    nodeName: 'fargate',
    scheduledAt: at(-70),
    acceptedAt: at(-70),
    sandboxReady: true,
    podIP: '10.0.0.5',
    hostIP: '192.0.2.10',
    containers: Object.fromEntries(filled),
    terminal: false,
    ...more,
  };
}
