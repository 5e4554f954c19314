// What else is there when a pod looks for its node: the nodes, the pods that have theirs, and what belongs together by a topology key.
import type { KubeObject, Node, Pod } from '../../kinds/pod.ts';
import { own } from '../../own.ts';

export interface Surroundings {
  nodes: readonly Node[];
  /** Any pods; those without a node and those that have ended do not count. */
  pods: readonly Pod[];
  namespaces: readonly KubeObject[];
}

/** A pod that has its node. */
export interface Neighbour {
  pod: Pod;
  node: Node;
}

export const HOSTNAME = 'kubernetes.io/hostname';

/** Nobody else and nothing but the nodes. */
export const alone = (nodes: readonly Node[]): Surroundings => ({
  nodes,
  pods: [],
  namespaces: [],
});

/** The others that the scheduler would find on nodes: bound and not at their end. */
export function neighbours(pod: Pod, { nodes, pods }: Surroundings): Neighbour[] {
  const byName = new Map(nodes.map((node) => [node.metadata?.name, node]));
  return pods.flatMap((other) => {
    const node = byName.get(other.spec.nodeName ?? '');
    const counts =
      node !== undefined &&
      other.metadata.uid !== pod.metadata.uid &&
      other.status.phase !== 'Succeeded' &&
      other.status.phase !== 'Failed';
    return counts ? [{ pod: other, node }] : [];
  });
}

/** The domain that a pod is in on this node; undefined: the node lacks the label. A pod has a host of its own, whatever the node. */
export function domainOf(topologyKey: string, node: Node, pod: Pod): string | undefined {
  if (topologyKey === HOSTNAME) return `${topologyKey}=${pod.metadata.uid ?? ''}`;
  const value = own(node.metadata?.labels, topologyKey);
  return value === undefined ? undefined : `${topologyKey}=${value}`;
}
