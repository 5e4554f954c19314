// Statuses that a real node of Kubernetes 1.35.4 wrote, from what droppod would have observed at that moment.
import { describe, expect, it } from 'vitest';
import type { Pod, PodStatus } from '../../../src/kinds/pod.ts';
import type { ConcludedPod } from '../../../src/pod/run/observed.ts';
import { podCells } from '../../../src/pod/status/printer.ts';
import { computeStatus } from '../../../src/pod/status/status.ts';
import { at, exited, NOW, observedOf, podOf, running } from '../samples.ts';

interface Row {
  name: string;
  pod: Pod;
  observed: ConcludedPod;
  old?: PodStatus;
  phase: string;
  cell: string;
  /** `Type=Status/Reason(message)`, sorted, as far as the row specifies it. */
  conditions: Record<string, string>;
  containers: Record<string, unknown>;
}

/** Nothing is left to stop. */
const OVER = { terminal: true, sandboxReady: false };
const init = (names: string[]) => ({
  initContainers: names.map((name) => ({ name, image: 'busybox' })),
});
const UNREADY = 'False/ContainersNotReady(containers with unready status: [app])';
const crashMessage = 'back-off 10s restarting failed container=app pod=web_default(0e1f)';

const rows: Row[] = [
  {
    name: 'B1: accepted, nothing runs yet',
    pod: podOf(),
    observed: observedOf({}, { sandboxReady: false }),
    phase: 'Pending',
    cell: 'ContainerCreating',
    conditions: {
      ContainersReady: UNREADY,
      Initialized: 'True',
      PodReadyToStartContainers: 'False',
      PodScheduled: 'True',
      Ready: UNREADY,
    },
    containers: {
      app: {
        ready: false,
        started: false,
        restartCount: 0,
        state: { waiting: { reason: 'ContainerCreating' } },
        lastState: {},
      },
    },
  },
  {
    name: 'B1: an image that cannot be had: on a node the sandbox is there before',
    pod: podOf(),
    observed: observedOf(
      { app: { desiredRun: 0, waiting: { reason: 'ErrImagePull', message: 'not found' } } },
      { sandboxReady: false },
    ),
    phase: 'Pending',
    cell: 'ErrImagePull',
    conditions: { ContainersReady: UNREADY, PodReadyToStartContainers: 'True', Ready: UNREADY },
    containers: {
      app: {
        ready: false,
        restartCount: 0,
        state: { waiting: { reason: 'ErrImagePull', message: 'not found' } },
      },
    },
  },
  {
    name: 'B2: running and ready',
    pod: podOf(),
    observed: observedOf({ app: { current: running(1) } }),
    phase: 'Running',
    cell: 'Running',
    conditions: {
      ContainersReady: 'True',
      Initialized: 'True',
      PodReadyToStartContainers: 'True',
      PodScheduled: 'True',
      Ready: 'True',
    },
    containers: {
      app: {
        ready: true,
        started: true,
        state: { running: { startedAt: '2026-11-21T07:59:00Z' } },
      },
    },
  },
  {
    name: 'B2: exit 0 under Never, shown with the phase that was',
    pod: podOf({ restartPolicy: 'Never' }),
    observed: observedOf({ app: { previous: exited(1, 1), current: exited(2, 0) } }),
    old: { phase: 'Running' },
    phase: 'Running',
    cell: 'Completed',
    conditions: {
      ContainersReady: 'False/PodCompleted',
      Initialized: 'True/PodCompleted',
      PodReadyToStartContainers: 'True',
      Ready: 'False/PodCompleted',
    },
    containers: {
      app: {
        ready: false,
        started: false,
        restartCount: 1,
        state: { terminated: expect.objectContaining({ exitCode: 0 }) },
        lastState: { terminated: expect.objectContaining({ exitCode: 1 }) },
      },
    },
  },
  {
    name: 'B4: exit 1 under Never, shown with the phase that was',
    pod: podOf({ restartPolicy: 'Never' }),
    observed: observedOf({ app: { current: exited(1, 1) } }),
    phase: 'Pending',
    cell: 'Error',
    conditions: {
      ContainersReady: 'False/PodFailed',
      Initialized: 'True',
      PodReadyToStartContainers: 'True',
      Ready: 'False/PodFailed',
    },
    containers: {
      app: {
        ready: false,
        started: false,
        restartCount: 0,
        state: { terminated: expect.objectContaining({ reason: 'Error', exitCode: 1 }) },
      },
    },
  },
  {
    name: 'B3: exit 0 under Never, wound up',
    pod: podOf({ restartPolicy: 'Never' }),
    observed: observedOf({ app: { current: exited(1, 0) } }, OVER),
    phase: 'Succeeded',
    cell: 'Completed',
    conditions: {
      ContainersReady: 'False/PodCompleted',
      Initialized: 'True/PodCompleted',
      PodReadyToStartContainers: 'False',
      Ready: 'False/PodCompleted',
    },
    containers: {
      app: {
        ready: false,
        started: false,
        restartCount: 0,
        state: { terminated: expect.objectContaining({ reason: 'Completed', exitCode: 0 }) },
      },
    },
  },
  {
    name: 'C5: out of memory under Never',
    pod: podOf({ restartPolicy: 'Never' }),
    observed: observedOf({ app: { current: exited(1, 137, { oom: true }) } }, OVER),
    phase: 'Failed',
    cell: 'OOMKilled',
    conditions: {
      ContainersReady: 'False/PodFailed',
      Initialized: 'True',
      Ready: 'False/PodFailed',
    },
    containers: {
      app: {
        state: { terminated: expect.objectContaining({ reason: 'OOMKilled', exitCode: 137 }) },
      },
    },
  },
  {
    name: 'C2: exit 1 under Always before the next run',
    pod: podOf(),
    observed: observedOf({
      app: { current: exited(1, 1), backOff: { seconds: 0, updatedAt: at(0) } },
    }),
    phase: 'Running',
    cell: 'Error',
    conditions: { ContainersReady: UNREADY, Initialized: 'True', Ready: UNREADY },
    containers: {
      app: {
        restartCount: 0,
        state: { terminated: expect.objectContaining({ reason: 'Error', exitCode: 1 }) },
        lastState: {},
      },
    },
  },
  {
    name: 'B10: in back-off',
    pod: podOf(),
    observed: observedOf({
      app: {
        previous: exited(1, 1),
        current: exited(2, 1),
        backOff: { seconds: 10, updatedAt: at(2), until: at(2) },
      },
    }),
    phase: 'Running',
    cell: 'CrashLoopBackOff',
    conditions: { Ready: UNREADY },
    containers: {
      app: {
        restartCount: 1,
        state: { waiting: { reason: 'CrashLoopBackOff', message: crashMessage } },
        lastState: {
          terminated: expect.objectContaining({
            reason: 'Error',
            exitCode: 1,
            containerID: `containerd://${'a'.repeat(56)}00000002`,
          }),
        },
      },
    },
  },
  {
    name: 'G8: the command does not exist, Always',
    pod: podOf(),
    observed: observedOf({
      app: {
        current: {
          run: 1,
          startError: 'exec: "/nope": stat /nope: no such file or directory',
          finishedAt: at(0),
          started: false,
          ready: false,
        },
      },
    }),
    phase: 'Running',
    cell: 'RunContainerError',
    conditions: { Ready: UNREADY },
    containers: {
      app: {
        state: {
          waiting: {
            reason: 'RunContainerError',
            message:
              'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/nope": stat /nope: no such file or directory: unknown',
          },
        },
        lastState: {
          terminated: expect.objectContaining({
            reason: 'StartError',
            exitCode: 128,
            startedAt: '1970-01-01T00:00:00Z',
          }),
        },
      },
    },
  },
  {
    name: 'G8: the command does not exist, Never',
    pod: podOf({ restartPolicy: 'Never' }),
    observed: observedOf(
      {
        app: {
          current: {
            run: 1,
            startError: 'exec: "nope": executable file not found in $PATH',
            finishedAt: at(0),
            started: false,
            ready: false,
          },
        },
      },
      OVER,
    ),
    phase: 'Failed',
    cell: 'StartError',
    conditions: { Ready: 'False/PodFailed' },
    containers: {
      app: { state: { terminated: expect.objectContaining({ reason: 'StartError' }) } },
    },
  },
  {
    name: 'G3: image never pulled',
    pod: podOf(),
    observed: observedOf({
      app: {
        waiting: {
          reason: 'ErrImageNeverPull',
          message: 'Container image "busybox:1.37" is not present with pull policy of Never',
        },
      },
    }),
    phase: 'Pending',
    cell: 'ErrImageNeverPull',
    conditions: { Ready: UNREADY },
    containers: {
      app: {
        restartCount: 0,
        state: { waiting: expect.objectContaining({ reason: 'ErrImageNeverPull' }) },
        image: 'busybox:1.37',
        imageID: '',
      },
    },
  },
  {
    name: 'D2: the first of two init containers runs',
    pod: podOf(init(['one', 'two'])),
    observed: observedOf({ one: { current: running(1) } }),
    phase: 'Pending',
    cell: 'Init:0/2',
    conditions: {
      Initialized: 'False/ContainersNotInitialized(containers with incomplete status: [one two])',
      ContainersReady: UNREADY,
    },
    containers: {
      one: { ready: false, started: true, state: { running: expect.anything() } },
      two: { state: { waiting: { reason: 'PodInitializing' } } },
      app: { state: { waiting: { reason: 'PodInitializing' } } },
    },
  },
  {
    name: 'D3: both init containers are done',
    pod: podOf(init(['one', 'two'])),
    observed: observedOf({ one: { current: exited(1, 0) }, two: { current: exited(1, 0) } }),
    phase: 'Pending',
    cell: 'PodInitializing',
    conditions: { Initialized: 'True' },
    containers: {
      one: {
        ready: true,
        started: false,
        state: { terminated: expect.objectContaining({ reason: 'Completed' }) },
      },
    },
  },
  {
    name: 'D4: an init container failed and waits for its next try',
    pod: podOf(init(['one'])),
    observed: observedOf({
      one: {
        previous: exited(1, 2),
        current: exited(2, 2),
        backOff: { seconds: 10, updatedAt: at(2), until: at(2) },
      },
    }),
    phase: 'Pending',
    cell: 'Init:CrashLoopBackOff',
    conditions: {
      Initialized: 'False/ContainersNotInitialized(containers with incomplete status: [one])',
    },
    containers: {
      one: {
        restartCount: 1,
        state: { waiting: expect.objectContaining({ reason: 'CrashLoopBackOff' }) },
      },
    },
  },
  {
    name: 'D5: an init container failed under Never',
    pod: podOf({ restartPolicy: 'Never', ...init(['one']) }),
    observed: observedOf({ one: { current: exited(1, 2) } }, OVER),
    phase: 'Failed',
    cell: 'Init:Error',
    conditions: { Ready: 'False/PodFailed' },
    containers: { app: { state: { waiting: { reason: 'PodInitializing' } } } },
  },
  {
    name: 'C3: one of two ended, the other runs, Never',
    pod: podOf({ restartPolicy: 'Never', containers: [{ name: 'app' }, { name: 'more' }] }),
    observed: observedOf({ app: { current: exited(1, 0) }, more: { current: running(1) } }),
    phase: 'Running',
    cell: 'NotReady',
    conditions: { Ready: UNREADY },
    containers: { more: { ready: true } },
  },
  {
    name: 'the deadline is over, the container still runs',
    pod: podOf({ restartPolicy: 'Never' }),
    old: { phase: 'Running', qosClass: 'BestEffort' },
    observed: observedOf(
      { app: { current: running(1) } },
      { verdict: { phase: 'Failed', reason: 'DeadlineExceeded', message: 'late' } },
    ),
    phase: 'Running',
    cell: 'Running',
    conditions: {
      ContainersReady: 'False/PodFailed',
      Initialized: 'True',
      PodReadyToStartContainers: 'True',
      Ready: 'False/PodFailed',
    },
    containers: { app: { ready: true, started: true } },
  },
  {
    name: 'readiness gate without its condition',
    pod: podOf({ readinessGates: [{ conditionType: 'example.com/gate' }] }),
    observed: observedOf({ app: { current: running(1) } }),
    phase: 'Running',
    cell: 'Running',
    conditions: {
      ContainersReady: 'True',
      Ready:
        'False/ReadinessGatesNotReady(corresponding condition of pod readiness gate "example.com/gate" does not exist.)',
    },
    containers: {},
  },
  {
    name: 'K3: postStart failed for the first time',
    pod: podOf(),
    observed: observedOf({
      app: {
        current: exited(1, 0, { postStartError: 'hook' }),
        backOff: { seconds: 0, updatedAt: at(0) },
      },
    }),
    phase: 'Running',
    cell: 'PostStartHookError',
    conditions: { Ready: UNREADY },
    containers: {
      app: {
        state: { waiting: { reason: 'PostStartHookError', message: 'hook' } },
        lastState: { terminated: expect.objectContaining({ reason: 'Completed' }) },
      },
    },
  },
  {
    name: 'deleted while running, all stopped with 0',
    pod: podOf({}, { deletionTimestamp: at(0), name: 'web', namespace: 'default', uid: '0e1f' }),
    observed: observedOf({ app: { current: exited(1, 0) } }, { terminal: true }),
    phase: 'Succeeded',
    cell: 'Completed',
    conditions: { Ready: 'False/PodCompleted', PodReadyToStartContainers: 'False' },
    containers: { app: { ready: false } },
  },
];

const shown = (status: PodStatus): Record<string, string> =>
  Object.fromEntries(
    (status.conditions ?? []).map((c) => [
      c.type,
      c.status + (c.reason ? `/${c.reason}` : '') + (c.message ? `(${c.message})` : ''),
    ]),
  );

describe('computeStatus', () => {
  it.each(rows)('$name', ({ pod, observed, old, phase, cell, conditions, containers }) => {
    const before = old === undefined ? pod : { ...pod, status: old };
    const status = computeStatus(before, observed, NOW);
    expect(status.phase).toBe(phase);
    expect(podCells({ ...before, status }, NOW)[2]).toBe(cell);
    expect(shown(status)).toMatchObject(conditions);
    const all = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
    for (const [name, expected] of Object.entries(containers))
      expect(all.find((entry) => entry.name === name)).toMatchObject(expected as object);
  });
});
