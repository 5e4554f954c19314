// An execution ended: if its pod is not over, a successor takes over (docs/design/hand-over.md).
import { podDone } from '../../pod/run/order.ts';
import { executionFailed } from '../../pod/events/pod-events.ts';
import { failureOf } from '../../record/execution-facts.ts';
import type { ExecutionFacts } from '../../record/execution-facts.ts';
import { executionName, inCharge, parseExecutionName } from '../../record/execution-name.ts';
import {
  failuresSoFar,
  generationAgeMs,
  leastAgeMs,
  MAX_FAILURES,
} from '../../record/hand-over.ts';
import type { PodRef } from '../../record/record.ts';
import { nextGeneration } from '../../record/relaunch.ts';
import { withVerdict } from '../../record/task-change.ts';
import { settle } from '../settle/settle.ts';
import type { SettlePorts } from '../settle/settle.ts';
import { updatePod } from '../pod/update-pod.ts';
import type { PodChange, PodState } from '../pod/update-pod.ts';

/** Starts a successor if the current execution is gone and the pod is not over. */
export async function observeExecution(ports: SettlePorts, facts: ExecutionFacts): Promise<void> {
  const parsed = parseExecutionName(facts.name);
  if (!parsed || facts.status === 'RUNNING') return;
  await succeedExecution(ports, parsed, failureOf(facts));
}

/**
 * Starts the generation after `generation`, unless another is already current; after too many failures the pod fails. `failure`: why the
 * execution failed; absent if it was handed over or stopped from outside. May be called again.
 */
export async function succeedExecution(
  ports: SettlePorts,
  { uid, generation }: PodRef,
  failure?: string,
): Promise<void> {
  const state = await updatePod(ports, uid, (newest) =>
    newest.record.generation.number === generation && isUnattended(newest)
      ? successor(newest, failure)
      : undefined,
  );
  if (state) await settle(ports, uid, state);
}

function successor({ record, now }: PodState, failure: string | undefined): PodChange | undefined {
  const failures = failure === undefined ? 0 : failuresSoFar(record, now);
  // A machine that always ends at once must not be restarted in a loop: sweep restarts it later.
  if (failures <= MAX_FAILURES && generationAgeMs(record, now) < leastAgeMs(record))
    return undefined;
  if (failure === undefined) return { record: nextGeneration(record, now) };
  const next = nextGeneration(record, now, failures);
  const [failed, following] = [record, next].map((one) => executionName(inCharge(one)));
  if (failures <= MAX_FAILURES)
    return {
      record: next,
      events: [executionFailed(`Execution ${failed} failed (${failure}), ${following} follows`)],
    };
  const message = `Execution ${failed} failed, as did the ${MAX_FAILURES} before it: ${failure}`;
  return {
    record: withVerdict(record, 'ExecutionFailed', message),
    events: [executionFailed(message)],
  };
}

const isUnattended = ({ pod, record }: PodState): boolean =>
  pod !== undefined &&
  record.end === undefined &&
  record.task.end?.is !== 'stopped' &&
  !podDone(pod, record.observed);
