// The input of placement besides the pod: the nodes, the pods on them, and the domains of topology keys.
import type { KubeObject, Node, Pod } from '../../kinds/pod.ts';
import { own } from '../../own.ts';

export interface Surroundings {
  nodes: readonly Node[];
  /** All pods; those without a node and those that have ended are ignored. */
  pods: readonly Pod[];
  namespaces: readonly KubeObject[];
}

/** A pod on its node. */
export interface Neighbour {
  pod: Pod;
  node: Node;
}

export const HOSTNAME = 'kubernetes.io/hostname';

/** No other pods and only the nodes. */
export const alone = (nodes: readonly Node[]): Surroundings => ({
  nodes,
  pods: [],
  namespaces: [],
});

/** The other pods that the scheduler would find on nodes: bound and not ended. */
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

/** The pod's domain on this node; undefined: the node lacks the label. Each pod has a host of its own, whatever the node. */
export function domainOf(topologyKey: string, node: Node, pod: Pod): string | undefined {
  if (topologyKey === HOSTNAME) return `${topologyKey}=${pod.metadata.uid ?? ''}`;
  const value = own(node.metadata?.labels, topologyKey);
  return value === undefined ? undefined : `${topologyKey}=${value}`;
}
