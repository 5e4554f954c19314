// The node for a pod by those filters of kube-scheduler that apply to virtual nodes, or the scheduler's message why there is none.
// The rules are beside this file: the node's own, topology spread, and affinity between pods.
import type { Node, Pod } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import { present } from '../../present.ts';
import { LARGEST } from './node-size.ts';
import { affinityFilter } from './inter-pod-affinity.ts';
import { insufficient, matchesNodeAffinity, nodeRefusals, requestText } from './node-fit.ts';
import { bestNode } from './score.ts';
import type { Surroundings } from './surroundings.ts';
import { spreadFilter } from './topology-spread.ts';
import { milliUnits, wholeUnits } from '../model/quantity.ts';

/** `byPods`: some node would fit if other pods were elsewhere. */
export type Placement = { nodeName: string } | { unschedulable: string; byPods?: boolean };

interface Verdict {
  reasons: string[];
  /** Other pods are in the way: kube-scheduler would try to preempt some. */
  byPods: boolean;
  final: boolean;
}

/** The node that fits best, or the scheduler's message; `tooLarge` names the resources that no sandbox has enough of. */
export function schedule(
  pod: Pod,
  surroundings: Surroundings,
  tooLarge: readonly string[] = [],
): Placement {
  const { nodes } = surroundings;
  if (nodes.length === 0) return { unschedulable: 'no nodes available to schedule pods' };
  const [isSpread, isNear] = [spreadFilter(pod, surroundings), affinityFilter(pod, surroundings)];
  const verdicts = nodes.map((node): Verdict => {
    const reasons = nodeRefusals(pod, node, tooLarge);
    const refusal = reasons.length > 0 ? undefined : (isSpread(node) ?? isNear(node));
    return refusal
      ? { reasons: [refusal.text], byPods: true, final: refusal.final }
      : { reasons, byPods: false, final: true };
  });
  const best = bestNode(
    pod,
    surroundings,
    nodes.filter((_node, index) => verdicts[index]?.reasons.length === 0),
  );
  if (best !== undefined) return { nodeName: best.metadata?.name ?? '' };
  return {
    unschedulable: noNodeMessage(pod, verdicts),
    ...present({ byPods: verdicts.some(({ byPods }) => byPods) ? true : undefined }),
  };
}

/** Why the kubelet of a node that the pod's author named refuses the pod, which then goes to phase Failed; undefined: it accepts the pod. */
export function nodeRejection(
  pod: Pod,
  node: Node,
  tooLarge: readonly string[] = [],
): { reason: string; message: string } | undefined {
  if (!matchesNodeAffinity(pod, node))
    return {
      reason: 'NodeAffinity',
      message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    };
  const [name] = insufficient(pod, node, tooLarge);
  if (name === undefined) return undefined;
  const { requested, capacity } = shortage(pod, node, name, tooLarge);
  return {
    reason: `OutOf${name}`,
    message: `Node didn't have enough resource: ${name}, requested: ${requested}, used: 0, capacity: ${capacity}`,
  };
}

/** Why the node can never give a running pod the sizes that it now requests; undefined: it can. The kubelet checks memory first. */
export function resizeRefusal(
  pod: Pod,
  node: Node,
  tooLarge: readonly string[] = [],
): string | undefined {
  const short = insufficient(pod, node, tooLarge);
  const name = ['memory', 'cpu'].find((resource) => short.includes(resource));
  if (name === undefined) return undefined;
  const { requested, capacity } = shortage(pod, node, name, tooLarge);
  return `Node didn't have enough capacity: ${name}, requested: ${requested}, capacity: ${capacity}`;
}

function shortage(
  pod: Pod,
  node: Node,
  name: string,
  tooLarge: readonly string[],
): { requested: number; capacity: number } {
  const largest: { [name: string]: string | undefined } = LARGEST;
  const units = name === 'cpu' ? milliUnits : wholeUnits;
  return {
    requested: units(requestText(pod, name)),
    capacity: units(
      tooLarge.includes(name) ? own(largest, name) : own(node.status?.allocatable, name),
    ),
  };
}

function counted(texts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts]
    .map(([text, count]) => `${count} ${text}`)
    .sort()
    .join(', ');
}

/** The scheduler's message where a pod is held before any node is looked at. */
export const heldMessage = (pod: Pod, nodes: number, text: string): string =>
  nodes === 0
    ? 'no nodes available to schedule pods'
    : noNodeMessage(
        pod,
        Array.from({ length: nodes }, () => ({ reasons: [], byPods: false, final: true })),
        text,
      );

/** FitError and the messages of the two PostFilter plugins, which find nothing to evict here: droppod does not preempt pods. */
function noNodeMessage(
  { spec }: Pod,
  verdicts: readonly Verdict[],
  reasons = counted(verdicts.flatMap((verdict) => verdict.reasons)),
): string {
  const none = `0/${verdicts.length} nodes are available`;
  const outcomes = verdicts.map(({ final }) =>
    final
      ? 'Preemption is not helpful for scheduling'
      : 'No preemption victims found for incoming pod',
  );
  const preemption =
    spec.preemptionPolicy === 'Never'
      ? 'not eligible due to preemptionPolicy=Never.'
      : `${none}: ${counted(outcomes)}.`;
  return `${none}: ${reasons}. no new claims to deallocate, preemption: ${preemption}`;
}
