// The node for a pod in Bind: its present one, the one its author named, or the scheduler's choice.
import type { Node, Pod } from '../../kinds/pod.ts';
import { asksForHostPorts, hostPortRejection } from '../../pod/placement/host-ports.ts';
import { nodeAdmission } from '../../pod/placement/node-admission.ts';
import { nodeRejection } from '../../pod/placement/schedule.ts';
import type { Ports } from '../../ports/ports.ts';
import type { PodRecord } from '../../record/record.ts';
import { tooLargeFor } from '../../fargate/size.ts';
import { readClaims, selectNode } from './claims.ts';
import { placePod } from './place-pod.ts';
import { readPods } from './surroundings.ts';

export interface FoundNode {
  nodeName?: string;
  /** The node rejects the pod. */
  rejected?: { reason: string; message: string };
  /** The scheduler's message. Neither message nor node: the named node does not exist, or the chosen node's claims are not bound yet. */
  unschedulable?: string;
  /** Other pods are in the way. */
  byPods?: boolean;
}

/** Finds the pod's node; a bound pod keeps its node for life. */
export async function findNode(
  ports: Pick<Ports, 'store' | 'settings'>,
  pod: Pod,
  { observed }: PodRecord,
): Promise<FoundNode> {
  const { nodeName } = pod.spec;
  if (nodeName && observed.scheduledAt !== undefined) return { nodeName };
  const refused = nodeAdmission(pod);
  const claims = await readClaims(ports, pod);
  if (!nodeName) {
    const placement = await placePod(ports, pod, claims.held);
    if (!('nodeName' in placement)) return placement;
    if (claims.delayed.length > 0) {
      await selectNode(ports, claims.delayed, placement.nodeName);
      return {};
    }
    return refused ? { ...placement, rejected: refused } : placement;
  }
  // No scheduler reports it: the kubelet waits until the claims are bound.
  if (claims.held !== undefined || claims.delayed.length > 0) return {};
  const node = await ports.store.get({ resource: 'nodes', namespace: '', name: nodeName });
  if (!node) return {};
  const rejected =
    refused ??
    nodeRejection(pod, node as Node, tooLargeFor(pod)) ??
    // On Fargate, and where droppod keeps to what Fargate can, each pod has an address of its own.
    (ports.settings.beyondFargate && asksForHostPorts(pod)
      ? hostPortRejection(pod, await readPods(ports))
      : undefined);
  return rejected ? { nodeName, rejected } : { nodeName };
}
