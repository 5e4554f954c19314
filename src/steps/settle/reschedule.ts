// Something that unscheduled pods may wait for has changed: a pod that would fit now is placed at once, in its next execution.
// A pod that is missed here does not wait for ever: Bind retries by itself.
import type { Pod } from '../../kinds/pod.ts';
import type { Ports } from '../../ports/ports.ts';
import { nextGeneration } from '../../record/relaunch.ts';
import { isPlaced, readClaims } from '../bind/claims.ts';
import { wouldPlace } from '../bind/place-pod.ts';
import { isWaiting, WAITING_PREFIX } from '../pod/pod-index.ts';
import type { Waiting } from '../pod/pod-index.ts';
import { startDue } from './start-due.ts';
import { readPod, updatePod } from '../pod/update-pod.ts';
import type { PodPorts } from '../pod/update-pod.ts';

type ReschedulePorts = PodPorts & Pick<Ports, 'executions' | 'settings'>;

/** The part of the pod that decides about its node. */
const placingPart = ({
  metadata: { labels },
  spec: { tolerations, nodeSelector, affinity },
}: Pod): string => JSON.stringify([labels, tolerations, nodeSelector, affinity]);

/** After an edit: the pod itself, and others that its labels may affect, may find a node now. May be called again. */
export async function placementEdited(
  ports: ReschedulePorts,
  pod: Pod,
  previous: Pod,
): Promise<void> {
  if (placingPart(pod) !== placingPart(previous))
    await retry(ports, (uid, { byPods }) => byPods || uid === pod.metadata.uid);
}

/** A pod was placed or left its node, or a namespace's labels changed: pods blocked by others are retried. May be called again. */
export const othersChanged = (ports: ReschedulePorts): Promise<void> =>
  retry(ports, (_uid, { byPods }) => byPods);

/** A node was added, changed or removed. May be called again. */
export const nodesChanged = (ports: ReschedulePorts): Promise<void> => retry(ports, () => true);

/** A claim was created or bound: pods that wait for one are retried. May be called again. */
export const claimsChanged = (ports: ReschedulePorts): Promise<void> => retry(ports, () => true);

/** Another scheduler has set the pod's node: it is bound now, not at its next attempt. May be called again. */
export async function podBound(ports: ReschedulePorts, uid: string): Promise<void> {
  const found = await readPod(ports, uid);
  if (!found?.pod || !isWaiting(found.record)) return;
  await nextLook(ports, uid, found.record.generation.number);
}

async function retry(
  ports: ReschedulePorts,
  isMeant: (uid: string, waiting: Waiting) => boolean,
): Promise<void> {
  const waiting = (await ports.store.listRecords(WAITING_PREFIX)).map(({ key, value }) => ({
    uid: key.slice(WAITING_PREFIX.length),
    ...(value as unknown as Waiting),
  }));
  for (const { uid, ...facts } of waiting) if (isMeant(uid, facts)) await retryPod(ports, uid);
}

async function retryPod(ports: ReschedulePorts, uid: string): Promise<void> {
  const found = await readPod(ports, uid);
  if (!found?.pod || found.pod.metadata.deletionTimestamp !== undefined || !isWaiting(found.record))
    return;
  const { held, delayed } = await readClaims(ports, found.pod);
  if (held !== undefined || delayed.some(isPlaced)) return;
  if (!('nodeName' in (await wouldPlace(ports, found.pod)))) return;
  await nextLook(ports, uid, found.record.generation.number);
}

async function nextLook(ports: ReschedulePorts, uid: string, generation: number): Promise<void> {
  // Two callers that see the same change start it once.
  await startDue(
    ports,
    await updatePod(ports, uid, ({ record, now }) =>
      isWaiting(record) && record.generation.number === generation
        ? { record: nextGeneration(record, now) }
        : undefined,
    ),
  );
}
