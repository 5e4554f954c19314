// Host ports of pods that name one node themselves, as a kubelet admits them.
import { expect, it } from 'vitest';
import type { Pod } from '../../../src/kinds/pod.ts';
import { hostPortRejection } from '../../../src/pod/placement/host-ports.ts';

function on(nodeName: string, port: object, status: object = {}): Pod {
  const ports = [{ containerPort: 80, ...port }];
  return {
    metadata: { name: 'p', uid: JSON.stringify([nodeName, port, status]) },
    spec: { nodeName, containers: [{ name: 'a', image: 'busybox', ports }] },
    status: { startTime: '2026-01-01T00:00:00Z', phase: 'Running', ...status },
  } as Pod;
}
const pod = on('n', { hostPort: 80 }, { startTime: undefined, phase: 'Pending' });

it.each([
  ['the same port', on('n', { hostPort: 80 })],
  ['one address of it', on('n', { hostPort: 80, hostIP: '10.0.0.1' })],
])('is refused beside a pod that has %s', (_what, other) =>
  expect(hostPortRejection(pod, [other])).toEqual({
    reason: 'NodePorts',
    message:
      "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
  }),
);

it.each([
  ['another port', on('n', { hostPort: 81 })],
  ['none', on('n', {})],
  ['another protocol', on('n', { hostPort: 80, protocol: 'UDP' })],
  ['another node', on('m', { hostPort: 80 })],
  ['ended', on('n', { hostPort: 80 }, { phase: 'Succeeded' })],
  ['not been taken by the node yet', on('n', { hostPort: 80 }, { startTime: undefined })],
  ['the same name, being itself', pod],
])('is taken beside a pod that has %s', (_what, other) =>
  expect(hostPortRejection(pod, [other])).toBeUndefined(),
);
