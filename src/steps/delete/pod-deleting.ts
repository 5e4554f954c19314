// After the commit of a deletion timestamp (or a shorter one): stops the pod's task, or finishes the pod if it has none.
// See docs/design/deletion.md.
import type { Pod } from '../../kinds/pod.ts';
import { isGated } from '../../pod/model/containers.ts';
import { hasTask } from '../../record/conclude.ts';
import { settle } from '../settle/settle.ts';
import type { SettlePorts } from '../settle/settle.ts';
import { updatePod } from '../pod/update-pod.ts';

/** ECS kills 120 s after StopTask; a longer grace is enforced only by sync, with StopTask as sweep's backstop. */
const STOP_TASK_GRACE_SECONDS = 110;

/** Begins or shortens the graceful end of a pod; may be called again. */
export async function podDeleting(ports: SettlePorts, pod: Pod): Promise<void> {
  // A gated pod has neither execution nor task; only a finalizer can hold it, and the pod goes with the last one.
  if (isGated(pod)) return;
  const uid = pod.metadata.uid ?? '';
  const state = await updatePod(ports, uid, ({ record }) => ({ record }));
  if (!state) return;
  ports.wakeups.wake(uid);
  const { record } = state;
  const shortEnough = (pod.metadata.deletionGracePeriodSeconds ?? 0) <= STOP_TASK_GRACE_SECONDS;
  if (record.task.arn && hasTask(record) && !record.end && shortEnough)
    await ports.tasks.stop(record.task.arn, 'The pod is being deleted');
  await settle(ports, uid, state);
}
