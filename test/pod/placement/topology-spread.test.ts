// O1: topology spread, as kube-scheduler's PodTopologySpread filters and scores.
import { expect, it } from 'vitest';
import type { Node, Pod, PodSpec } from '../../../src/kinds/pod.ts';
import { around, bound, HOST, node, NODES, place, ZONE } from './cluster.ts';

const spread = (more: object = {}) =>
  ({
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: ZONE,
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: { app: 'web' } },
        ...more,
      },
    ],
  }) as Partial<PodSpec>;
const SKEWED = (count: number): string =>
  `${count} node(s) didn't match pod topology spread constraints`;
const TAINT = { taints: [{ key: 'k', effect: 'NoSchedule' }] };
const webs = (...nodes: string[]): Pod[] =>
  nodes.map((name, index) => bound(name, 'web', {}, { uid: String(index) }));

it.each<[string, Partial<PodSpec>, Pod[], string, Node[]?]>([
  ['fills the emptier zone', spread(), webs('a'), 'b'],
  ['two more in one zone are too many', spread(), webs('a', 'a'), 'b'],
  ['a larger skew is allowed', spread({ maxSkew: 2 }), webs('a'), 'a'],
  [
    'says why no node fits',
    {
      ...spread(),
      nodeSelector: { [HOST]: 'a' },
      topologySpreadConstraints:
        spread({ nodeAffinityPolicy: 'Ignore' }).topologySpreadConstraints ?? [],
    },
    webs('a'),
    "1 node(s) didn't match Pod's node affinity/selector, 1 node(s) didn't match pod topology spread constraints",
  ],
  [
    'by default only nodes that the pod may have count',
    { ...spread(), nodeSelector: { [HOST]: 'a' } },
    webs('a', 'a'),
    'a',
  ],
  [
    'nodeTaintsPolicy Honor leaves tainted nodes out',
    spread({ nodeTaintsPolicy: 'Honor' }),
    webs('a'),
    'a',
    [node('a', 'za'), node('b', 'zb', TAINT)],
  ],
  [
    'by default tainted nodes count',
    spread(),
    webs('a'),
    `${SKEWED(1)}, 1 node(s) had untolerated taint(s)`,
    [node('a', 'za'), node('b', 'zb', TAINT)],
  ],
  [
    'a node without the label has no domain',
    spread(),
    webs('b'),
    'b',
    [node('a'), node('b', 'zb')],
  ],
  [
    'and says so',
    spread(),
    [],
    `1 node(s) didn't match pod topology spread constraints (missing required label)`,
    [node('a')],
  ],
  [
    'with fewer zones than minDomains the least is 0',
    spread({ minDomains: 3 }),
    webs('a', 'b'),
    SKEWED(2),
  ],
  ['minDomains that are there change nothing', spread({ minDomains: 2 }), webs('a', 'b'), 'a'],
  ['other namespaces do not count', spread(), [bound('a', 'web', {}, { namespace: 'other' })], 'a'],
  [
    'pods on their way out do not count',
    spread(),
    [bound('a', 'web', {}, { deletionTimestamp: '2026-11-21T08:00:00Z' })],
    'a',
  ],
  [
    'a pod that its own selector does not mean adds nothing',
    spread({ labelSelector: { matchLabels: { app: 'db' } } }),
    [bound('a', 'db')],
    'a',
  ],
  ['an empty selector counts nobody', spread({ labelSelector: {} }), webs('a', 'a'), 'a'],
  ['no selector means nobody', spread({ labelSelector: undefined }), webs('a', 'a'), 'a'],
  [
    'over host names it always holds',
    spread({ topologyKey: HOST, minDomains: 5 }),
    webs('a', 'a', 'b'),
    'a',
  ],
  [
    'ScheduleAnyway chooses the emptier zone',
    spread({ whenUnsatisfiable: 'ScheduleAnyway' }),
    webs('a', 'a'),
    'b',
  ],
  [
    'ScheduleAnyway is no demand',
    { ...spread({ whenUnsatisfiable: 'ScheduleAnyway' }), nodeSelector: { [HOST]: 'a' } },
    webs('a', 'a'),
    'a',
  ],
  [
    'ScheduleAnyway prefers nodes that have the label',
    spread({ whenUnsatisfiable: 'ScheduleAnyway' }),
    webs('b'),
    'b',
    [node('a'), node('b', 'zb')],
  ],
])('O1: topology spread: %s', (_rule, spec, pods, expected, nodes = NODES) =>
  expect(place(spec, around(pods, nodes))).toBe(expected),
);
