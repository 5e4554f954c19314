// What an unscheduled pod may be waiting for has changed: its next execution looks for a node at once.
import type { Pod } from '../kinds/pod.ts';
import type { Ports } from '../ports.ts';
import { nextGeneration } from '../sync/relaunch.ts';
import type { PodRecord } from '../sync/record.ts';
import { settle } from './settle.ts';
import type { SettlePorts } from './settle.ts';
import { toPod, updatePod } from './update-pod.ts';

/** Waits for a node: no task, no image was looked up yet. */
const isUnscheduled = ({ observed }: PodRecord): boolean => observed.unscheduled !== undefined && observed.scheduledAt === undefined;

const looksUnscheduled = ({ status }: Pod): boolean =>
  status.phase === 'Pending' && status.conditions?.some(({ type, status: value, reason }) => type === 'PodScheduled' && value === 'False' && reason === 'Unschedulable') === true;

/** What decides over the pod's node. */
const placingPart = ({ spec: { tolerations, nodeSelector, affinity } }: Pod): string => JSON.stringify([tolerations, nodeSelector, affinity]);

/** After an edit: a pod without a node is looked at again if the edit may give it one. May be called again. */
export async function placementEdited(ports: SettlePorts, pod: Pod, previous: Pod): Promise<void> {
  if (looksUnscheduled(pod) && placingPart(pod) !== placingPart(previous)) await reschedulePod(ports, pod.metadata.uid ?? '');
}

/** A node came or changed: all unscheduled pods are looked at again. May be called again. */
export async function nodesChanged(ports: SettlePorts & Pick<Ports, 'store'>): Promise<void> {
  const { objects } = await ports.store.list({ resource: 'pods' });
  const waiting = objects.map(toPod).filter(looksUnscheduled);
  await Promise.all(waiting.map(({ metadata }) => reschedulePod(ports, metadata.uid ?? '')));
}

async function reschedulePod(ports: SettlePorts, uid: string): Promise<void> {
  const state = await updatePod(ports, uid, ({ record, now }) => (isUnscheduled(record) ? { record: nextGeneration(record, now) } : undefined));
  if (state) await settle(ports, uid, state);
}
