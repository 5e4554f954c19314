// Topology spread constraints (kube-scheduler's PodTopologySpread). Over host names they always hold, because another empty host always exists.
import type { Node, Pod, PodSpec } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import type { Refusal } from './inter-pod-affinity.ts';
import { isUntolerated, matchesNodeAffinity } from './node-fit.ts';
import { isEverything, selects } from './selection.ts';
import type { Neighbour, Surroundings } from './surroundings.ts';
import { HOSTNAME, neighbours } from './surroundings.ts';

type Constraint = NonNullable<PodSpec['topologySpreadConstraints']>[number] & {
  minDomains?: number;
  nodeAffinityPolicy?: string;
  nodeTaintsPolicy?: string;
};

const NOT_SPREAD: Refusal = {
  text: "node(s) didn't match pod topology spread constraints",
  final: false,
};
const NO_LABEL: Refusal = {
  text: "node(s) didn't match pod topology spread constraints (missing required label)",
  final: true,
};

const constraintsOf = ({ spec }: Pod, action: 'DoNotSchedule' | 'ScheduleAnyway'): Constraint[] =>
  (spec.topologySpreadConstraints ?? []).filter(
    ({ whenUnsatisfiable, topologyKey }) =>
      whenUnsatisfiable === action && topologyKey !== HOSTNAME,
  );

const valueOf = ({ metadata }: Node, { topologyKey }: Constraint): string | undefined =>
  own(metadata?.labels, topologyKey);
const hasAllLabels = (node: Node, constraints: readonly Constraint[]): boolean =>
  constraints.every((constraint) => valueOf(node, constraint) !== undefined);

/** Whether the node counts for a constraint: by default the pod's node affinity is respected and taints are not. */
function isIncluded(
  pod: Pod,
  node: Node,
  { nodeAffinityPolicy = 'Honor', nodeTaintsPolicy = 'Ignore' }: Constraint,
): boolean {
  return (
    (nodeAffinityPolicy !== 'Honor' || matchesNodeAffinity(pod, node)) &&
    (nodeTaintsPolicy !== 'Honor' || !isUntolerated(pod, node))
  );
}

/** Matching pods by domain, empty domains included. */
function countDomains(
  pod: Pod,
  constraint: Constraint,
  nodes: readonly Node[],
  others: readonly Neighbour[],
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const node of nodes) {
    const value = valueOf(node, constraint) ?? '';
    counts.set(
      value,
      (counts.get(value) ?? 0) +
        others.filter((other) => other.node === node && isCounted(pod, constraint, other.pod))
          .length,
    );
  }
  return counts;
}

// An empty selector counts no pods, and terminating pods do not count (kube-scheduler, countPodsMatchSelector).
const isCounted = (pod: Pod, constraint: Constraint, { metadata }: Pod): boolean =>
  metadata.namespace === pod.metadata.namespace &&
  metadata.deletionTimestamp === undefined &&
  !isEverything(constraint.labelSelector) &&
  selects(constraint.labelSelector, metadata.labels);

/** Checks single nodes for the pod. */
export function spreadFilter(
  pod: Pod,
  surroundings: Surroundings,
): (node: Node) => Refusal | undefined {
  const constraints = constraintsOf(pod, 'DoNotSchedule');
  if (constraints.length === 0) return () => undefined;
  const others = neighbours(pod, surroundings);
  const eligible = surroundings.nodes.filter((node) => hasAllLabels(node, constraints));
  const counted = constraints.map((constraint) => {
    const counts = countDomains(
      pod,
      constraint,
      eligible.filter((node) => isIncluded(pod, node, constraint)),
      others,
    );
    const least = counts.size < (constraint.minDomains ?? 1) ? 0 : Math.min(...counts.values());
    return {
      constraint,
      counts,
      least,
      self: selects(constraint.labelSelector, pod.metadata.labels) ? 1 : 0,
    };
  });
  return (node) => {
    for (const { constraint, counts, least, self } of counted) {
      const value = valueOf(node, constraint);
      if (value === undefined) return NO_LABEL;
      if ((counts.get(value) ?? 0) + self - least > constraint.maxSkew) return NOT_SPREAD;
    }
    return undefined;
  };
}

/** The number of matching pods in a node's domains, weighted by the number of domains: less is better; undefined: the node is not compared. */
export function spreadScore(
  pod: Pod,
  surroundings: Surroundings,
  fitting: readonly Node[],
): (node: Node) => number | undefined {
  const constraints = constraintsOf(pod, 'ScheduleAnyway');
  const others = neighbours(pod, surroundings);
  const labelled = surroundings.nodes.filter((node) => hasAllLabels(node, constraints));
  const counted = constraints.map((constraint) => {
    const domains = new Set(
      fitting
        .filter((node) => hasAllLabels(node, constraints))
        .map((node) => valueOf(node, constraint)),
    );
    const counts = countDomains(
      pod,
      constraint,
      labelled.filter((node) => isIncluded(pod, node, constraint)),
      others,
    );
    // Large topologies must not outweigh small ones.
    return { constraint, counts, weight: Math.log(domains.size + 2) };
  });
  return (node) => {
    if (!hasAllLabels(node, constraints)) return undefined;
    return Math.round(
      counted.reduce(
        (sum, { constraint, counts, weight }) =>
          sum +
          (counts.get(valueOf(node, constraint) ?? '') ?? 0) * weight +
          constraint.maxSkew -
          1,
        0,
      ),
    );
  };
}
