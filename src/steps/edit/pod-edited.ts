// After the commit of an edited pod: it starts when its last gate is removed, an edited image relaunches it, and sync brings the rest.
import type { Pod } from '../../kinds/pod.ts';
import { initAndAppContainers, isGated, sidecars } from '../../pod/model/containers.ts';
import { podDone } from '../../pod/run/order.ts';
import { hasTask } from '../../record/conclude.ts';
import { nextGeneration } from '../../record/relaunch.ts';
import { withOldSizes } from '../../record/task-edits.ts';
import { withTask } from '../../record/with-task.ts';
import { settle } from '../settle/settle.ts';
import type { SettlePorts } from '../settle/settle.ts';
import { updatePod } from '../pod/update-pod.ts';
import type { PodChange, PodState } from '../pod/update-pod.ts';

/** Handles a change of the pod's metadata or spec; may be called again. */
export async function podEdited(ports: SettlePorts, pod: Pod, previous: Pod): Promise<void> {
  // A gated pod has neither execution nor task: its status stays as at creation.
  if (isGated(pod)) return;
  const uid = pod.metadata.uid ?? '';
  const edited = editedImages(pod, previous);
  const state = await updatePod(ports, uid, (newest) => {
    const change = editedPod(newest, edited);
    return (
      change && {
        ...change,
        record: ports.liveTasks ? withOldSizes(previous, change.record) : change.record,
      }
    );
  });
  ports.wakeups.wake(uid);
  if (state) await settle(ports, uid, state);
}

/** App containers and sidecars whose image changed; a regular init container's edit waits for the next relaunch. */
function editedImages(pod: Pod, previous: Pod): string[] {
  const before = new Map(initAndAppContainers(previous).map(({ name, image }) => [name, image]));
  return [...sidecars(pod), ...pod.spec.containers]
    .filter(({ name, image }) => before.get(name) !== image)
    .map(({ name }) => name);
}

function editedPod({ pod, record, now }: PodState, edited: string[]): PodChange | undefined {
  if (!pod || edited.length === 0 || record.end || podDone(pod, record.observed)) return { record };
  if (!hasTask(record)) return { record: rebind(record, now) };
  const all = [...new Set([...(record.task.edited ?? []), ...edited])];
  return {
    record: {
      ...withTask(record, { edited: all, relaunch: `images of ${all.join(', ')} changed` }),
      observed: { ...record.observed, replacing: true },
    },
  };
}

/** Not launched yet: the next execution looks the images up again. */
function rebind(record: PodState['record'], now: Date): PodState['record'] {
  const { pulls: _pulls, ...rest } = record;
  const { attempt } = record.task;
  return attempt === 0
    ? { ...rest, task: { attempt } }
    : { ...nextGeneration(rest, now), task: { attempt: attempt + 1 } };
}
