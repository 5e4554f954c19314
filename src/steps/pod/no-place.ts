// The pod cannot get its task now: it stays Pending with the reason, and is retried after a back-off.
import { failedCreatePodSandBox } from '../../pod/events/pod-events.ts';
import { END, waitUntil } from '../../record/bodies.ts';
import { countingRuns } from '../../record/hand-over.ts';
import type { NextState, PodRef } from '../../record/record.ts';
import { noPlaceBackOff } from '../../record/relaunch.ts';
import { updatePod } from './update-pod.ts';
import type { PodPorts, PodState } from './update-pod.ts';

/** Records the failure unless `isRefused`: nothing may be launched any more. */
export async function noPlace(
  ports: PodPorts,
  { uid }: PodRef,
  failure: string,
  isRefused: (state: PodState) => boolean,
): Promise<NextState> {
  const state = await updatePod(ports, uid, (newest) => {
    if (isRefused(newest)) return undefined;
    const launchBackOff = noPlaceBackOff(newest.record, newest.now);
    return {
      record: { ...countingRuns(newest.record, 1), launchBackOff },
      events: [failedCreatePodSandBox(failure)],
    };
  });
  return state?.record.launchBackOff && !isRefused(state)
    ? waitUntil(state.record.launchBackOff.until)
    : END;
}
