// A pod's resize is promised by its node, or not, and reported when complete. Level-based, like everything that settle.ts calls.
import type { Node } from '../../kinds/pod.ts';
import { resizeRefusal } from '../../pod/placement/schedule.ts';
import type { Ports } from '../../ports/ports.ts';
import { resizeDue, settleResize } from '../../record/resize.ts';
import { tooLargeFor } from '../../fargate/size.ts';
import { updatePod } from '../pod/update-pod.ts';
import type { PodPorts, PodState } from '../pod/update-pod.ts';

/** Does what is due and returns the state after it; where tasks cannot change, nothing is ever due. */
export async function resizePod(
  ports: PodPorts & Pick<Ports, 'liveTasks'>,
  state: PodState | undefined,
): Promise<PodState | undefined> {
  if (!ports.liveTasks || !state?.pod || resizeDue(state.pod, state.record) === undefined)
    return state;
  const node = (await ports.store.get({
    resource: 'nodes',
    namespace: '',
    name: state.pod.spec.nodeName ?? '',
  })) as Node | undefined;
  return updatePod(
    ports,
    state.record.uid,
    ({ pod, record }) =>
      pod &&
      settleResize(
        pod,
        record,
        (wanted) => node && resizeRefusal(wanted, node, tooLargeFor(wanted)),
      ),
  );
}
