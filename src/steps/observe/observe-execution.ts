// An execution ended: if its pod is not over, a successor takes over (docs/design/hand-over.md).
import { podDone } from '../../pod/run/order.ts';
import type { ExecutionFacts } from '../../record/execution-facts.ts';
import { parseExecutionName } from '../../record/execution-name.ts';
import { MIN_GENERATION_MS, generationAgeMs } from '../../record/hand-over.ts';
import { nextGeneration } from '../../record/relaunch.ts';
import { settle } from '../settle/settle.ts';
import type { SettlePorts } from '../settle/settle.ts';
import { updatePod } from '../pod/update-pod.ts';
import type { PodState } from '../pod/update-pod.ts';

/** Starts a successor where the execution in charge is gone and the pod is not over. */
export async function observeExecution(
  ports: SettlePorts,
  { name, status }: ExecutionFacts,
): Promise<void> {
  const parsed = parseExecutionName(name);
  if (!parsed || status === 'RUNNING') return;
  await succeedExecution(ports, parsed.uid, parsed.generation);
}

/** The next generation after `generation`, unless another is in charge already. May be called again. */
export async function succeedExecution(
  ports: SettlePorts,
  uid: string,
  generation: number,
): Promise<void> {
  const state = await updatePod(ports, uid, (newest) =>
    newest.record.generation.number === generation && needsSuccessor(newest)
      ? { record: nextGeneration(newest.record, newest.now) }
      : undefined,
  );
  if (state) await settle(ports, uid, state);
}

function needsSuccessor({ pod, record, now }: PodState): boolean {
  if (!pod || record.end || record.task.end?.is === 'stopped' || podDone(pod, record.observed))
    return false;
  // A machine that always ends at once must not be restarted in a loop: sweep restarts it once a minute.
  return !(generationAgeMs(record, now) < MIN_GENERATION_MS);
}
