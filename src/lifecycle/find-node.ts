// The node for a pod that Bind has before it: the one it has, the one its author named, or the scheduler's choice.
import type { Node, Pod } from '../kinds/pod.ts';
import { nodeRejection, schedule } from '../pod/schedule.ts';
import type { Ports } from '../ports.ts';
import type { PodRecord } from '../sync/record.ts';
import { podSize } from '../task/size.ts';

export interface FoundNode {
  nodeName?: string;
  /** The named node turns the pod away. */
  rejected?: { reason: string; message: string };
  /** The scheduler's text. Without it and without a node: the named node is not there, and nobody has a word to say. */
  unschedulable?: string;
}

/** Where the pod goes; one that was bound keeps its node for life. */
export async function findNode({ store }: Pick<Ports, 'store'>, pod: Pod, { observed }: PodRecord): Promise<FoundNode> {
  const { nodeName } = pod.spec;
  if (nodeName && observed.scheduledAt !== undefined) return { nodeName };
  const sized = podSize(pod);
  const tooLarge = 'tooBig' in sized ? sized.tooBig : [];
  if (!nodeName) return schedule(pod, (await store.list({ resource: 'nodes' })).objects.map((object) => object as Node), tooLarge);
  const node = await store.get({ resource: 'nodes', namespace: '', name: nodeName });
  if (!node) return {};
  const rejected = nodeRejection(pod, node as Node, tooLarge);
  return rejected ? { nodeName, rejected } : { nodeName };
}
