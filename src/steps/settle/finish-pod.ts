// The machine's last state: does whatever is still due for a pod that is over.
// See docs/design/pod.md.
import { settle } from './settle.ts';
import type { SettlePorts } from './settle.ts';
import { updatePod } from '../pod/update-pod.ts';
import { showingFaults } from '../pod/showing-faults.ts';
import type { Ports } from '../../ports/ports.ts';
import type { StepInput } from '../../record/record.ts';

/** Applies the consequences of the pod's state: final phase, leave for the podlet, removal of a deleted pod. May be called again. */
export const finishPod = showingFaults('Finish', finish);

async function finish(
  ports: SettlePorts & Pick<Ports, 'log'>,
  { uid }: StepInput,
): Promise<{ phase: string }> {
  const state = await updatePod(ports, uid, ({ record }) => ({ record }));
  const after = await settle(ports, uid, state);
  return { phase: after?.pod?.status.phase ?? 'Gone' };
}
