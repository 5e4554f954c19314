// Chooses among nodes that fit: the scheduler's scores from 0 to 100, with the weights of its default plugins.
import type { Node, Pod } from '../../kinds/pod.ts';
import { affinityScore } from './inter-pod-affinity.ts';
import { avoidedTaints, preferredWeight } from './node-fit.ts';
import type { Surroundings } from './surroundings.ts';
import { spreadScore } from './topology-spread.ts';

const MAX = 100;
const WEIGHTS = { taints: 3, nodeAffinity: 2, spread: 2, podAffinity: 2 };

/** The best of the nodes that fit; the first among equals. */
export function bestNode(
  pod: Pod,
  surroundings: Surroundings,
  fitting: readonly Node[],
): Node | undefined {
  if (fitting.length < 2) return fitting[0];
  const totals = [
    weighed(WEIGHTS.taints, reversed(fitting.map((node) => avoidedTaints(pod, node)))),
    weighed(WEIGHTS.nodeAffinity, proportional(fitting.map((node) => preferredWeight(pod, node)))),
    weighed(WEIGHTS.spread, fewest(fitting.map(spreadScore(pod, surroundings, fitting)))),
    weighed(WEIGHTS.podAffinity, ranged(fitting.map(affinityScore(pod, surroundings)))),
  ];
  const total = fitting.map((_node, index) =>
    totals.reduce((sum, scores) => sum + (scores[index] ?? 0), 0),
  );
  return fitting[total.indexOf(Math.max(...total))];
}

const weighed = (weight: number, scores: readonly number[]): number[] =>
  scores.map((score) => weight * score);

function proportional(scores: readonly number[]): number[] {
  const most = Math.max(...scores);
  return scores.map((score) => (most === 0 ? 0 : Math.trunc((MAX * score) / most)));
}

const reversed = (scores: readonly number[]): number[] =>
  proportional(scores).map((score) => MAX - score);

function ranged(scores: readonly number[]): number[] {
  const [least, most] = [Math.min(...scores), Math.max(...scores)];
  return scores.map((score) =>
    most === least ? 0 : Math.trunc((MAX * (score - least)) / (most - least)),
  );
}

function fewest(scores: readonly (number | undefined)[]): number[] {
  const compared = scores.filter((score) => score !== undefined);
  const [least, most] = [Math.min(...compared), Math.max(...compared, 0)];
  return scores.map((score) =>
    score === undefined ? 0 : most === 0 ? MAX : Math.trunc((MAX * (most + least - score)) / most),
  );
}
