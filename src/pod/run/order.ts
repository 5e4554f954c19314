// Which container may start when, and when the pod is over (kubelet computePodActions, as questions about what is observed).
// See docs/design/pod.md.
import type { Pod } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import { containerKind, regularInits } from '../model/containers.ts';
import type { ObservedPod } from './observed.ts';
import type { Run } from '../../protocol/run.ts';
import { hasEnded, isFailure, isRunning, shouldRestart } from './restart.ts';

const currentRun = (observed: ObservedPod, name: string): Run | undefined =>
  own(observed.containers, name)?.current;

/** Whether the init container has succeeded in the present sandbox. */
function initDone(pod: Pod, observed: ObservedPod, name: string): boolean {
  const run = currentRun(observed, name);
  return hasEnded(run) && !isFailure(pod, name, run);
}

/** Whether the sidecar runs and has passed its startup probe: then the next container in order may start. */
function sidecarStarted(observed: ObservedPod, name: string): boolean {
  const run = currentRun(observed, name);
  return run !== undefined && isRunning(run) && run.started;
}

/** Whether a run began in the present sandbox (a container that ended for good in an earlier one does not count). */
function hereRun(observed: ObservedPod, name: string): Run | undefined {
  const container = own(observed.containers, name);
  return container?.kept === true ? undefined : container?.current;
}

/** Whether any app container began in the present sandbox; from then on init containers are no longer considered. */
export const podInitialized = (pod: Pod, observed: ObservedPod): boolean =>
  pod.spec.containers.some(({ name }) => hereRun(observed, name) !== undefined);

/** Whether every init container before `name` (all of them for an app container) is done or started. */
function initsBefore(pod: Pod, observed: ObservedPod, name: string): boolean {
  const inits = pod.spec.initContainers ?? [];
  const index = inits.findIndex((container) => container.name === name);
  const before = index < 0 ? inits : inits.slice(0, index);
  return before.every((container) =>
    containerKind(pod, container.name) === 'sidecar'
      ? sidecarStarted(observed, container.name)
      : initDone(pod, observed, container.name),
  );
}

/** Kubernetes starts app containers in order and waits for each postStart hook; a failed start does not delay the others. */
function earlierHooksDone(pod: Pod, observed: ObservedPod, name: string): boolean {
  const index = pod.spec.containers.findIndex((container) => container.name === name);
  return pod.spec.containers
    .slice(0, Math.max(index, 0))
    .every(
      ({ name: earlier, lifecycle }) =>
        lifecycle?.postStart === undefined ||
        currentRun(observed, earlier) !== undefined ||
        own(observed.containers, earlier)?.waiting !== undefined,
    );
}

/** Whether it is the container's turn in the present sandbox; once it has run there, it stays its turn. */
export function isReleased(pod: Pod, observed: ObservedPod, name: string): boolean {
  if (!observed.sandboxReady) return false;
  if (currentRun(observed, name) !== undefined) return true;
  const kind = containerKind(pod, name);
  if (kind === 'ephemeral') return true;
  if (kind === 'init') return !podInitialized(pod, observed) && initsBefore(pod, observed, name);
  if (podInitialized(pod, observed))
    return kind === 'sidecar' || earlierHooksDone(pod, observed, name);
  return (
    initsBefore(pod, observed, name) &&
    (kind === 'sidecar' || earlierHooksDone(pod, observed, name))
  );
}

/** A regular init container failed and will not be tried again, so the pod has failed. */
export function initFailed(pod: Pod, observed: ObservedPod): boolean {
  if (podInitialized(pod, observed)) return false;
  return regularInits(pod).some(({ name }) => {
    const run = currentRun(observed, name);
    return hasEnded(run) && isFailure(pod, name, run) && !shouldRestart(pod, name, run);
  });
}

/** No container will run again: all app containers ended for good, an init container failed for good, or the pod is ended from outside. */
export function podDone(pod: Pod, observed: ObservedPod): boolean {
  if (observed.verdict !== undefined || pod.metadata.deletionTimestamp !== undefined) return true;
  // Kubernetes restarts a container whose definition changed under every policy.
  if (observed.replacing) return false;
  if (initFailed(pod, observed)) return true;
  return pod.spec.containers.every(({ name }) => {
    const run = currentRun(observed, name);
    return hasEnded(run) && !shouldRestart(pod, name, run);
  });
}

/** Whether a container of the pod still runs. */
export const anyRunning = (observed: ObservedPod): boolean =>
  Object.values(observed.containers).some(({ current }) => isRunning(current));
