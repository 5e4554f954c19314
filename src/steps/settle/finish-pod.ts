// The machine's last state: whatever is still due for a pod that is over is done here, once more or for the first time.
// See docs/design/pod.md.
import { settle } from './settle.ts';
import type { SettlePorts } from './settle.ts';
import { updatePod } from '../pod/update-pod.ts';
import type { PodRef } from '../../record/record.ts';

/** Draws the conclusions of the pod's present state: final phase, leave for the podlet, removal of a deleted pod. May be called again. */
export async function finishPod(ports: SettlePorts, { uid }: PodRef): Promise<{ phase: string }> {
  const state = await updatePod(ports, uid, ({ record }) => ({ record }));
  const after = await settle(ports, uid, state);
  return { phase: after?.pod?.status.phase ?? 'Gone' };
}
