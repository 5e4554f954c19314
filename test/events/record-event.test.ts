// Kubernetes Events: their exact shape, with repetitions counted.
import { expect, it } from 'vitest';
import { recordEvents } from '../../src/events/record-event.ts';
import type { Pod } from '../../src/kinds/pod.ts';
import {
  backOffRestarting,
  created,
  failed,
  failedToPull,
  pulled,
  pulling,
  scheduled,
  started,
} from '../../src/pod/events/pod-events.ts';
import { fakePorts } from '../fakes/ports.ts';

const pod: Pod = {
  metadata: { name: 'p', namespace: 'ns', uid: 'u-1', resourceVersion: '7' },
  spec: { nodeName: 'fargate', containers: [{ name: 'a', image: 'busybox' }] },
  status: {},
};

const all = async (ports: ReturnType<typeof fakePorts>) =>
  (await ports.store.list({ resource: 'events' })).objects;

it('writes a kubelet event as the kubelet does', async () => {
  const ports = fakePorts();
  await recordEvents(ports, pod, [started('a')]);
  expect(await all(ports)).toMatchObject([
    {
      apiVersion: 'v1',
      kind: 'Event',
      type: 'Normal',
      reason: 'Started',
      message: 'Container started',
      count: 1,
      metadata: { name: expect.stringMatching(/^p\.[0-9a-f]{16}$/), namespace: 'ns' },
      involvedObject: {
        kind: 'Pod',
        apiVersion: 'v1',
        namespace: 'ns',
        name: 'p',
        uid: 'u-1',
        resourceVersion: '7',
        fieldPath: 'spec.containers{a}',
      },
      source: { component: 'kubelet', host: 'fargate' },
      reportingComponent: 'kubelet',
      reportingInstance: 'fargate',
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:00Z',
    },
  ]);
});

it('writes a scheduler event in the newer form, without counts', async () => {
  const ports = fakePorts();
  await recordEvents(ports, pod, [scheduled(pod, 'fargate')]);
  const [event] = await all(ports);
  expect(event).toMatchObject({
    source: {},
    reportingComponent: 'default-scheduler',
    action: 'Binding',
    eventTime: '2026-01-01T00:00:00.000000Z',
    firstTimestamp: null,
    lastTimestamp: null,
  });
  expect(event).not.toHaveProperty('count');
});

it('A9: events of one second are named in the order in which they happened, as kubectl shows them', async () => {
  const ports = fakePorts();
  const two = { ...pod, spec: { ...pod.spec, initContainers: [{ name: 'z', image: 'busybox' }] } };
  const happened = [
    scheduled(pod, 'fargate'),
    ...['z', 'a'].flatMap((name) => [
      pulling(name, 'i'),
      failedToPull(name, 'i', 'no'),
      pulled(name, 'i', 1),
      created(name),
      started(name),
      backOffRestarting(pod, name),
      failed(name, 'x'),
    ]),
  ];
  await recordEvents(ports, two, [...happened].reverse());
  const stored = await all(ports);
  expect(stored.map(({ message }) => message)).toEqual(happened.map(({ message }) => message));
});

it('counts a repeat up and keeps the first time', async () => {
  const ports = fakePorts();
  await recordEvents(ports, pod, [started('a'), started('a')]);
  await ports.clock.advance(5_000);
  await Promise.all([
    recordEvents(ports, pod, [started('a')]),
    recordEvents(ports, pod, [started('a')]),
  ]);
  expect(await all(ports)).toMatchObject([
    { count: 4, firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp: '2026-01-01T00:00:05Z' },
  ]);
});

it('a pod of the same name with another uid has events of its own', async () => {
  const ports = fakePorts();
  await recordEvents(ports, pod, [started('a')]);
  await recordEvents(ports, { ...pod, metadata: { ...pod.metadata, uid: 'u-2' } }, [started('a')]);
  expect(await all(ports)).toHaveLength(2);
});
