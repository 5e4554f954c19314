// Starts the execution that a pod's record asks for. Any caller may do so: the name is fixed, so it is started only once.
// See docs/design/hand-over.md.
import { isGated } from '../../pod/model/containers.ts';
import type { Ports } from '../../ports/ports.ts';
import { executionName, inCharge } from '../../record/execution-name.ts';
import type { PodState } from '../pod/update-pod.ts';

/** Starts it if one is due; may be called again. A gated pod starts when its last gate is removed. */
export async function startDue(
  { executions }: Pick<Ports, 'executions'>,
  state: PodState | undefined,
): Promise<void> {
  if (!state?.pod || !state.record.generation.toStart || state.record.end || isGated(state.pod))
    return;
  const ref = inCharge(state.record);
  await executions.start(executionName(ref), { ...ref });
}
