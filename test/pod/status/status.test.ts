// The rules of pod.status beyond single states: what stays, what ends, and what survives a sandbox (kubelet_pods.go).
import { describe, expect, it } from 'vitest';
import type { Pod, PodStatus } from '../../../src/kinds/pod.ts';
import { computeStatus } from '../../../src/pod/status/status.ts';
import { at, exited, NOW, observedOf, podOf, running } from '../samples.ts';

const withStatus = (pod: Pod, status: PodStatus): Pod => ({ ...pod, status });
const condition = (status: PodStatus, type: string) =>
  status.conditions?.find((entry) => entry.type === type);

describe('before the node accepts the pod', () => {
  it.each<[string, object, string]>([
    ['Unschedulable', { unscheduled: { reason: 'Unschedulable', message: 'no' } }, 'False'],
    ['bound', { scheduledAt: at(0) }, 'True'],
  ])('only PodScheduled is written: %s', (_what, observed, scheduled) => {
    const status = computeStatus(
      podOf(),
      { sandboxReady: false, containers: {}, terminal: false, ...observed },
      NOW,
    );
    expect(status).toMatchObject({
      phase: 'Pending',
      qosClass: 'BestEffort',
      conditions: [{ type: 'PodScheduled', status: scheduled, lastProbeTime: null }],
    });
    expect(status.conditions).toHaveLength(1);
    expect(status).not.toHaveProperty('containerStatuses');
  });
});

describe('what stays', () => {
  it('transition times move with the status alone; foreign conditions are preserved', () => {
    const first = computeStatus(podOf(), observedOf(), NOW);
    const foreign = {
      type: 'example.com/gate',
      status: 'True',
      lastTransitionTime: '2020-01-01T00:00:00Z',
    };
    const pod = withStatus(podOf(), {
      ...first,
      conditions: [foreign, ...(first.conditions ?? [])],
    });
    const second = computeStatus(
      pod,
      observedOf({ app: { current: running(1) } }),
      new Date(at(5)),
    );
    expect(second.conditions?.[0]).toEqual(foreign);
    expect(condition(second, 'Initialized')?.lastTransitionTime).toBe('2026-11-21T08:00:00Z');
    expect(condition(second, 'Ready')?.lastTransitionTime).toBe('2026-11-21T08:00:05Z');
    expect(second.startTime).toBe(first.startTime);
  });

  it.each(['Succeeded', 'Failed'])(
    'a pod never leaves phase %s, its reason and its address',
    (phase) => {
      const pod = withStatus(podOf(), {
        phase,
        reason: 'Evicted',
        message: 'm',
        podIP: '10.0.0.5',
      });
      const { podIP: _gone, ...observed } = observedOf({ app: { current: running(1) } });
      expect(computeStatus(pod, observed, NOW)).toMatchObject({
        phase,
        reason: 'Evicted',
        message: 'm',
        podIP: '10.0.0.5',
      });
    },
  );

  it('a verdict is written with its reason once the pod is wound up', () => {
    const verdict = { phase: 'Failed', reason: 'Evicted', message: 'm' } as const;
    const held = computeStatus(
      withStatus(podOf(), { phase: 'Running' }),
      observedOf({ app: { current: running(1) } }, { verdict }),
      NOW,
    );
    expect(held.phase).toBe('Running');
    expect(held).not.toHaveProperty('reason');
    expect(
      computeStatus(
        podOf(),
        observedOf({ app: { current: exited(1, 0) } }, { verdict, terminal: true }),
        NOW,
      ),
    ).toMatchObject({ phase: 'Failed', reason: 'Evicted', message: 'm' });
  });

  it('a sidecar that still runs holds the terminal phase back', () => {
    const pod = podOf({
      restartPolicy: 'Never',
      initContainers: [{ name: 'side', restartPolicy: 'Always' }],
    });
    const ends = (side: object, terminal: boolean) =>
      computeStatus(
        withStatus(pod, { phase: 'Running' }),
        observedOf({ side, app: { current: exited(1, 0) } }, { terminal }),
        NOW,
      );
    expect(ends({ current: running(1) }, false)).toMatchObject({ phase: 'Running' });
    expect(ends({ current: exited(1, 137) }, true)).toMatchObject({ phase: 'Succeeded' });
  });
});

describe('CrashLoopBackOff', () => {
  const backOff = { seconds: 20, updatedAt: at(19), until: at(19) };
  it.each([
    ['first the end of the run', exited(2, 1), 0, 'Error'],
    ['the start error first', exited(2, 128, { startError: 'x' }), 0, 'RunContainerError'],
    ['the back-off in its last third', exited(2, 1), 13, 'CrashLoopBackOff'],
    ['the back-off until the next run has begun', exited(2, 1), 25, 'CrashLoopBackOff'],
    [
      "the back-off at once after a probe's kill",
      exited(2, 0, { killedByProbe: true }),
      0,
      'CrashLoopBackOff',
    ],
  ])('shows %s', (_what, current, seconds, reason) => {
    const [shown] =
      computeStatus(podOf(), observedOf({ app: { current, backOff } }), new Date(at(seconds)))
        .containerStatuses ?? [];
    expect(shown?.state?.waiting?.reason ?? shown?.state?.terminated?.reason).toBe(reason);
  });
});

describe('the end', () => {
  it.each([
    ['been wound up: only its newest instance is left', 'Never', true, {}],
    [
      'ended: the end before is still there',
      'Never',
      false,
      { terminated: expect.objectContaining({ exitCode: 3 }) },
    ],
    [
      'still to be restarted: the end before is shown',
      'Always',
      false,
      { terminated: expect.objectContaining({ exitCode: 3 }) },
    ],
  ] as const)('lastState of a pod that has %s', (_what, restartPolicy, terminal, lastState) => {
    const status = computeStatus(
      podOf({ restartPolicy }),
      observedOf({ app: { previous: exited(1, 3), current: exited(2, 0) } }, { terminal }),
      NOW,
    );
    expect(status.containerStatuses?.[0]?.lastState).toEqual(lastState);
  });
  const lost = {
    terminated: expect.objectContaining({ reason: 'ContainerStatusUnknown', exitCode: 137 }),
  };
  it('B9: a container that was running when its node was lost', () => {
    const status = computeStatus(
      podOf(),
      observedOf(
        { app: { current: running(1) } },
        { terminal: true, verdict: { phase: 'Failed', reason: 'NodeLost', message: '' } },
      ),
      NOW,
    );
    expect(status).toMatchObject({
      phase: 'Failed',
      containerStatuses: [{ state: lost, ready: false, started: false }],
    });
  });
  it('a pod that never started: its containers are unknown, its phase Failed', () => {
    expect(computeStatus(podOf(), observedOf({}, { terminal: true }), NOW)).toMatchObject({
      phase: 'Failed',
      containerStatuses: [{ state: lost }],
    });
  });
  it('with unfinished init containers the app containers stay waiting', () => {
    const pod = podOf({ initContainers: [{ name: 'one' }, { name: 'two' }] });
    const status = computeStatus(
      pod,
      observedOf({ one: { current: running(1) } }, { terminal: true }),
      NOW,
    );
    expect(status.initContainerStatuses?.map(({ state }) => Object.keys(state ?? {})[0])).toEqual([
      'terminated',
      'waiting',
    ]);
    expect(status.containerStatuses?.[0]?.state).toEqual({
      waiting: { reason: 'PodInitializing' },
    });
  });
  it('a deleted pod in back-off shows the end, not the waiting', () => {
    const pod = podOf({}, { deletionTimestamp: at(0) });
    const status = computeStatus(
      pod,
      observedOf(
        {
          app: { current: exited(2, 1), backOff: { seconds: 10, updatedAt: at(9), until: at(9) } },
        },
        { terminal: true },
      ),
      NOW,
    );
    expect(status).toMatchObject({
      phase: 'Failed',
      containerStatuses: [{ restartCount: 1, state: { terminated: { exitCode: 1 } } }],
    });
  });
});

describe('container statuses', () => {
  it('C9: a new sandbox keeps counts and last states of app containers and forgets init containers', () => {
    const pod = podOf({ initContainers: [{ name: 'one' }] });
    const status = computeStatus(
      pod,
      observedOf({ one: { previous: exited(1, 0) }, app: { previous: exited(3, 1) } }),
      NOW,
    );
    expect(status.phase).toBe('Pending');
    expect(status.initContainerStatuses?.[0]).toMatchObject({
      state: { waiting: { reason: 'PodInitializing' } },
      lastState: {},
    });
    expect(status.containerStatuses?.[0]).toMatchObject({
      restartCount: 2,
      state: { waiting: {} },
      lastState: { terminated: { exitCode: 1 } },
    });
  });

  it('B7: sorted by name, init containers in spec order; image, ids, resources, user and mounts', () => {
    const pod = podOf({
      initContainers: [{ name: 'z' }, { name: 'a' }],
      containers: [
        {
          name: 'web',
          resources: { requests: { cpu: '1' } },
          volumeMounts: [{ name: 'v', mountPath: '/v', readOnly: true }],
          securityContext: { runAsUser: 5 },
        },
        { name: 'app' },
      ],
    });
    const image = {
      name: 'docker.io/library/busybox:1',
      imageId: 'docker.io/library/busybox@sha256:1',
    };
    const status = computeStatus(pod, observedOf({ web: { current: running(1), image } }), NOW);
    expect(status.initContainerStatuses?.map(({ name }) => name)).toEqual(['z', 'a']);
    expect(status.containerStatuses?.map(({ name }) => name)).toEqual(['app', 'web']);
    expect(status.containerStatuses?.[1]).toMatchObject({
      image: image.name,
      imageID: image.imageId,
      containerID: `containerd://${'a'.repeat(64)}`,
      allocatedResources: { cpu: '1' },
      user: { linux: { uid: 5, gid: 0, supplementalGroups: [0] } },
      volumeMounts: [{ name: 'v', mountPath: '/v', readOnly: true, recursiveReadOnly: 'Disabled' }],
    });
    expect(status.containerStatuses?.[0]).not.toHaveProperty('resources');
  });

  it('ephemeral containers have their own list and change nothing else', () => {
    const pod = podOf({ ephemeralContainers: [{ name: 'debug', image: 'busybox' }] });
    const status = computeStatus(
      pod,
      observedOf({ app: { current: running(1) }, debug: { current: exited(1, 1) } }),
      NOW,
    );
    expect(status).toMatchObject({
      phase: 'Running',
      ephemeralContainerStatuses: [
        { name: 'debug', ready: false, state: { terminated: { exitCode: 1 } } },
      ],
    });
    expect(status.ephemeralContainerStatuses?.[0]).not.toHaveProperty('started');
    expect(condition(status, 'Ready')?.status).toBe('True');
  });

  it('termination messages share 12 KiB, cut from the end', () => {
    const pod = podOf({
      restartPolicy: 'Never',
      containers: [{ name: 'app' }, { name: 'b' }, { name: 'c' }, { name: 'd' }],
    });
    const status = computeStatus(
      pod,
      observedOf({ app: { current: exited(1, 1, { message: `start${'x'.repeat(4091)}` }) } }),
      NOW,
    );
    expect(status.containerStatuses?.[0]?.state?.terminated?.message).toHaveLength(3072);
    expect(status.containerStatuses?.[0]?.state?.terminated?.message).toMatch(/^start/);
  });
});

it('B5: a podlet that does not report makes Ready unknown', () => {
  const status = computeStatus(
    podOf(),
    observedOf({ app: { current: running(1) } }, { silentSince: at(-60) }),
    NOW,
  );
  expect(condition(status, 'Ready')).toMatchObject({
    status: 'Unknown',
    reason: 'NodeStatusUnknown',
  });
  expect(status.phase).toBe('Running');
});

it('observedGeneration and addresses', () => {
  const status = computeStatus(podOf({}, { generation: 4 }), observedOf(), NOW);
  expect(status).toMatchObject({
    observedGeneration: 4,
    hostIP: '192.0.2.10',
    hostIPs: [{ ip: '192.0.2.10' }],
    podIP: '10.0.0.5',
    podIPs: [{ ip: '10.0.0.5' }],
  });
  expect(condition(status, 'Ready')?.observedGeneration).toBe(4);
});
