// Ends of containers that a node does not show at once: the kubelet writes a pod's status before it acts, and then acts to the end.
// If it kills a container to restart it, or several together, it shows the end when the next run began or the last one stopped.
import type { Pod } from '../../kinds/pod.ts';
import { present } from '../../present.ts';
import type { ConcludedPod, ObservedContainer, ObservedPod } from './observed.ts';
import type { Run } from '../../protocol/run.ts';
import { anyRunning } from './order.ts';
import { hasEnded, shouldRestart } from './restart.ts';

/** The container as the status shows it; an end that was shown once stays visible. */
export function shownContainer(
  pod: Pod,
  observed: ConcludedPod,
  name: string,
  container: ObservedContainer,
): ObservedContainer {
  const { current } = container;
  if (!hasEnded(current) || observed.terminal) return container;
  if (!isKilledForNext(pod, observed, name, container) && !isKilledWithPod(pod, observed))
    return container;
  const shown = shownRun(pod, name, current);
  return shown === undefined ? container : { ...container, current: shown };
}

/** The podlet ended the run so that the next one can begin at once: for a probe, a resize that asks for it, or an edited image. */
function isKilledForNext(
  pod: Pod,
  { replacing }: ObservedPod,
  name: string,
  { current, backOff, waiting }: ObservedContainer,
): boolean {
  if (!hasEnded(current) || waiting !== undefined) return false;
  if (replacing === true) return true;
  return (
    shouldRestart(pod, name, current) &&
    (current.killedByProbe === true || current.resized === true) &&
    backOff?.until === undefined
  );
}

/** The pod is ended from outside and part of it still runs: all ends are shown together. */
const isKilledWithPod = ({ metadata }: Pod, observed: ObservedPod): boolean =>
  (metadata.deletionTimestamp !== undefined || observed.verdict !== undefined) &&
  anyRunning(observed);

/** The run as the status shows it: running, and as ready as before; undefined: it is not shown as running. */
function shownRun(
  { status }: Pod,
  name: string,
  { run, startedAt, user, runtimeId }: Run,
): Run | undefined {
  const all = [
    ...(status.initContainerStatuses ?? []),
    ...(status.containerStatuses ?? []),
    ...(status.ephemeralContainerStatuses ?? []),
  ];
  const old = all.find((entry) => entry.name === name);
  if (startedAt === undefined || old?.state?.running === undefined || old.restartCount !== run - 1)
    return undefined;
  return {
    run,
    startedAt,
    started: old.started === true,
    ready: old.ready,
    ...present({ user, runtimeId }),
  };
}
