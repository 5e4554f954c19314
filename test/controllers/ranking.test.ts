// Which pods go first when a set shrinks.
import { describe, expect, it } from 'vitest';
import { rankForRemoval } from '../../src/controllers/ranking.ts';
import type { KubeObject } from '../../src/kinds/pod.ts';

const NOW = new Date('2026-01-01T01:00:00Z');
const ago = (seconds: number): string => new Date(NOW.getTime() - seconds * 1000).toISOString();

interface Facts {
  node?: string;
  phase?: string;
  readyFor?: number;
  cost?: string;
  restarts?: number;
  age?: number;
  uid?: string;
}

function pod(name: string, facts: Facts = {}): KubeObject {
  const {
    node = 'n1',
    phase = 'Running',
    readyFor,
    cost,
    restarts = 0,
    age = 600,
    uid = name,
  } = facts;
  return {
    metadata: {
      name,
      uid,
      creationTimestamp: ago(age),
      ...(cost !== undefined && {
        annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost },
      }),
    },
    spec: { nodeName: node, containers: [] },
    status: {
      phase,
      containerStatuses: [{ name: 'c', restartCount: restarts }],
      ...(readyFor !== undefined && {
        conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: ago(readyFor) }],
      }),
    },
  };
}

describe('which pod goes first', () => {
  it.each<[string, Facts, Facts]>([
    ['one without a node', { node: '', readyFor: 1 }, {}],
    ['a pending one before an unknown one', { phase: 'Pending' }, { phase: 'Unknown' }],
    ['an unknown one before a running one', { phase: 'Unknown' }, { phase: 'Running' }],
    ['one that is not ready', {}, { readyFor: 1 }],
    ['a cheaper one', { readyFor: 300, cost: '-1' }, { readyFor: 300 }],
    [
      'a cost that is no number is none',
      { readyFor: 300, cost: 'free' },
      { readyFor: 300, cost: '1' },
    ],
    ['one on a crowded node', { node: 'n2', readyFor: 300 }, { readyFor: 1 }],
    ['one that was ready for a shorter time', { readyFor: 10 }, { readyFor: 300 }],
    [
      'of times of like size the uid decides',
      { readyFor: 140, uid: 'a' },
      { readyFor: 139, uid: 'b' },
    ],
    ['one with more restarts', { restarts: 2 }, { restarts: 1 }],
    ['a younger one', { age: 10 }, { age: 600 }],
  ])('%s', (_rule, first, second) => {
    const [a, b] = [pod('a', first), pod('b', second)];
    const others = [pod('c', { node: 'n2' }), pod('d', { node: 'n2' })];
    for (const pods of [
      [a, b],
      [b, a],
    ])
      expect(
        rankForRemoval(pods, [...pods, ...others], NOW).map(({ metadata }) => metadata.name),
      ).toEqual(['a', 'b']);
  });
});
