// The machine's last state: whatever is still owed to a pod that is over is done here, once more or for the first time.
import { lambda } from '../src/aws/lambda.ts';
import { settle } from '../src/steps/settle/settle.ts';
import type { SettlePorts } from '../src/steps/settle/settle.ts';
import { updatePod } from '../src/steps/pod/update-pod.ts';
import type { PodRef } from '../src/record/record.ts';

/** Draws the conclusions of the pod's present state: final phase, leave for the podlet, removal of a deleted pod. May be called again. */
export async function finishPod(ports: SettlePorts, { uid }: PodRef): Promise<{ phase: string }> {
  const state = await updatePod(ports, uid, ({ record }) => ({ record }));
  const after = await settle(ports, uid, state);
  return { phase: after?.pod?.status.phase ?? 'Gone' };
}

export const handler = lambda(finishPod);
