// O1, O2: which node a pod gets, or why none, in the scheduler's and the kubelet's words (recorded: conformance, node-selector).
import { describe, expect, it } from 'vitest';
import type { Node, PodSpec } from '../../../src/kinds/pod.ts';
import { alone } from '../../../src/pod/placement/surroundings.ts';
import { nodeRejection, schedule } from '../../../src/pod/placement/schedule.ts';
import { podOf } from '../samples.ts';

const node = (
  name: string,
  labels: { [key: string]: string } = {},
  spec: Node['spec'] = {},
): Node => ({
  metadata: { name, labels: { 'kubernetes.io/arch': 'amd64', ...labels } },
  spec,
  status: { allocatable: { cpu: '4', memory: '8Gi', pods: '5000' } },
});
const NOT_HELPFUL = (count: number): string =>
  `no new claims to deallocate, preemption: 0/${count} nodes are available: ${count} Preemption is not helpful for scheduling.`;
const requests = (cpu: string, memory: string): Partial<PodSpec> => ({
  containers: [{ name: 'app', resources: { requests: { cpu, memory } } }],
});
const required = (...terms: object[]): Partial<PodSpec> => ({
  affinity: {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
  },
});
const expression = (key: string, operator: string, ...values: string[]) => ({
  matchExpressions: [{ key, operator, values }],
});
const TAINT = { key: 'team', value: 'a', effect: 'NoSchedule' };

describe('O1: a node that fits', () => {
  it.each<[string, Partial<PodSpec>, Node, boolean]>([
    ['nothing is asked for', {}, node('n'), true],
    ['nodeSelector met', { nodeSelector: { 'kubernetes.io/arch': 'amd64' } }, node('n'), true],
    [
      'nodeSelector with another value',
      { nodeSelector: { 'kubernetes.io/arch': 'arm64' } },
      node('n'),
      false,
    ],
    ['In', required(expression('zone', 'In', 'a', 'b')), node('n', { zone: 'b' }), true],
    [
      'NotIn is met by a missing label',
      required(expression('zone', 'NotIn', 'a')),
      node('n'),
      true,
    ],
    ['Exists', required(expression('zone', 'Exists')), node('n'), false],
    ['DoesNotExist', required(expression('zone', 'DoesNotExist')), node('n'), true],
    [
      'Gt compares integers',
      required(expression('cores', 'Gt', '4')),
      node('n', { cores: '10' }),
      true,
    ],
    [
      'Lt needs a number',
      required(expression('cores', 'Lt', '4')),
      node('n', { cores: 'x' }),
      false,
    ],
    [
      'any of the terms',
      required(expression('zone', 'Exists'), expression('kubernetes.io/arch', 'Exists')),
      node('n'),
      true,
    ],
    ['an empty term matches nothing', required({}), node('n'), false],
    [
      'matchFields knows the name',
      required({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] }),
      node('n'),
      true,
    ],
    ['a taint', {}, node('n', {}, { taints: [TAINT] }), false],
    [
      'a taint that is tolerated',
      { tolerations: [{ key: 'team', operator: 'Equal', value: 'a', effect: 'NoSchedule' }] },
      node('n', {}, { taints: [TAINT] }),
      true,
    ],
    [
      'a toleration of another value',
      { tolerations: [{ key: 'team', value: 'b' }] },
      node('n', {}, { taints: [TAINT] }),
      false,
    ],
    [
      'a toleration of everything',
      { tolerations: [{ operator: 'Exists' }] },
      node('n', {}, { taints: [TAINT], unschedulable: true }),
      true,
    ],
    [
      'PreferNoSchedule',
      {},
      node('n', {}, { taints: [{ ...TAINT, effect: 'PreferNoSchedule' }] }),
      true,
    ],
    ['cordoned', {}, node('n', {}, { unschedulable: true }), false],
    ['as large as the node', requests('4', '8Gi'), node('n'), true],
    ['larger than the node', requests('5', '1Gi'), node('n'), false],
  ])('%s', (_rule, spec, only, fits) =>
    expect('nodeName' in schedule(podOf(spec), alone([only]))).toBe(fits),
  );

  it('preferred terms choose among several', () => {
    const preference = {
      weight: 5,
      preference: { matchExpressions: [{ key: 'spot', operator: 'Exists' }] },
    };
    const spec = {
      affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [preference] } },
    };
    expect(schedule(podOf(spec), alone([node('a'), node('b', { spot: '' })]))).toEqual({
      nodeName: 'b',
    });
    expect(schedule(podOf(), alone([node('a'), node('b', { spot: '' })]))).toEqual({
      nodeName: 'a',
    });
  });
});

it.each<[string, Partial<PodSpec>, Node[], string[], string]>([
  ['no node', {}, [], [], 'no nodes available to schedule pods'],
  [
    'no label',
    { nodeSelector: { x: 'y' } },
    [node('n')],
    [],
    `0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. ${NOT_HELPFUL(1)}`,
  ],
  [
    'a taint',
    {},
    [node('n', {}, { taints: [TAINT] })],
    [],
    `0/1 nodes are available: 1 node(s) had untolerated taint(s). ${NOT_HELPFUL(1)}`,
  ],
  [
    'cordoned',
    {},
    [node('n', {}, { unschedulable: true })],
    [],
    `0/1 nodes are available: 1 node(s) were unschedulable. ${NOT_HELPFUL(1)}`,
  ],
  [
    'both resources',
    requests('5', '9Gi'),
    [node('n')],
    [],
    `0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory. ${NOT_HELPFUL(1)}`,
  ],
  [
    'a device that no node has',
    {
      containers: [
        { name: 'a', image: 'x', resources: { requests: { 'example.com/dongle': '2' } } },
      ],
    },
    [node('n')],
    [],
    `0/1 nodes are available: 1 Insufficient example.com/dongle. ${NOT_HELPFUL(1)}`,
  ],
  [
    'above the largest task',
    {},
    [node('n')],
    ['memory'],
    `0/1 nodes are available: 1 Insufficient memory. ${NOT_HELPFUL(1)}`,
  ],
  [
    'reasons are counted and sorted',
    { nodeSelector: { x: 'y' } },
    [node('a'), node('b'), node('c', {}, { unschedulable: true })],
    [],
    `0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn't match Pod's node affinity/selector. ${NOT_HELPFUL(3)}`,
  ],
  [
    'a pod that does not preempt',
    { ...requests('5', '1Gi'), preemptionPolicy: 'Never' },
    [node('n')],
    [],
    '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.',
  ],
])('O1: says why no node fits: %s', (_what, spec, nodes, tooLarge, unschedulable) =>
  expect(schedule(podOf(spec), alone(nodes), tooLarge)).toEqual({ unschedulable }),
);

it.each<[string, Partial<PodSpec>, { reason: string; message: string } | undefined, string[]?]>([
  ['takes what fits', requests('1', '1Gi'), undefined],
  ['does not ask for tolerations of NoSchedule', {}, undefined],
  [
    'OutOfcpu',
    requests('5', '1Gi'),
    {
      reason: 'OutOfcpu',
      message: "Node didn't have enough resource: cpu, requested: 5000, used: 0, capacity: 4000",
    },
  ],
  [
    'NodeAffinity',
    { nodeSelector: { x: 'y' } },
    {
      reason: 'NodeAffinity',
      message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    },
  ],
  [
    'a task has less than the node',
    requests('4', '1Gi'),
    {
      reason: 'OutOfcpu',
      message: "Node didn't have enough resource: cpu, requested: 4000, used: 0, capacity: 32000",
    },
    ['cpu'],
  ],
])('O2: a node named by the author: %s', (_what, spec, rejection, tooLarge) =>
  expect(nodeRejection(podOf(spec), node('n', {}, { taints: [TAINT] }), tooLarge)).toEqual(
    rejection,
  ),
);
