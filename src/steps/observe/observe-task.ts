// A task changed: its end means the end of the pod, the loss of its node, or another attempt.
import type { TaskFacts } from '../../ports/tasks.ts';
import { mergeTask } from '../../record/task-change.ts';
import { settle } from '../settle/settle.ts';
import type { SettlePorts } from '../settle/settle.ts';
import { updatePod } from '../pod/update-pod.ts';

/** Handles a task's facts by its `startedBy`; other tasks, other attempts and older versions change nothing. */
export async function observeTask(ports: SettlePorts, facts: TaskFacts): Promise<void> {
  const uid = facts.startedBy;
  if (!uid) return;
  const state = await updatePod(ports, uid, ({ pod, record, now }) => {
    const merged = mergeTask(pod, record, facts, now);
    return merged.record === record ? undefined : merged;
  });
  if (state) await settle(ports, uid, state);
}
