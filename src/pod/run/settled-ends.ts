// Ends of containers that a node keeps to itself for a while: the kubelet writes a pod's status before it acts, and acts to the end.
// What it kills in order to start it again, or together with others, is shown when the next run began or the last one stopped.
import type { Pod } from '../../kinds/pod.ts';
import { present } from '../../present.ts';
import type { ConcludedPod, ObservedContainer, ObservedPod } from './observed.ts';
import type { Run } from '../../protocol/run.ts';
import { anyRunning } from './order.ts';
import { hasEnded, shouldRestart } from './restart.ts';

/** The container as the status shows it; an end that was shown once stays shown. */
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

/** The podlet ended the run so that the next one may begin at once: for a probe, a resize that asks for it, or an edited image. */
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

/** The pod is ended from outside and something of it still runs: all ends are shown together. */
const isKilledWithPod = ({ metadata }: Pod, observed: ObservedPod): boolean =>
  (metadata.deletionTimestamp !== undefined || observed.verdict !== undefined) &&
  anyRunning(observed);

/** The run as the status has it: running, and ready or not as it was; undefined: it is not shown as running. */
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
