// One run of a container as a Kubernetes ContainerState: running, terminated (with reasons) or waiting.
import { wholeSeconds } from '../../kinds/time.ts';
import type { ContainerState, ContainerStateTerminated, Pod } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import { present } from '../../present.ts';
import { backOffShownAt, crashLoopMessage } from '../run/back-off.ts';
import { allContainers } from '../model/containers.ts';
import type { ObservedContainer, ObservedPod } from '../run/observed.ts';
import type { Run } from '../../protocol/run.ts';
import { exitCodeOf, hasEnded, shouldRestart } from '../run/restart.ts';

/** The bytes that all termination messages of a pod share. */
const MAX_POD_MESSAGE_BYTES = 12_288;
const EPOCH = '1970-01-01T00:00:00Z';
const CREATE_PREFIX =
  'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: ';

/** A start failure in the words of the runtime that Kubernetes users know. */
export function startErrorMessage(error: string): string {
  if (error.startsWith('failed to ')) return error;
  // runc refuses such a configuration before it makes a process.
  const place = error.startsWith('Cwd must ') ? '' : 'unable to start container process: ';
  return `${CREATE_PREFIX}${place}${error}: unknown`;
}

function cutBytes(text: string, bytes: number): string {
  const encoded = new TextEncoder().encode(text);
  return encoded.length <= bytes
    ? text
    : new TextDecoder().decode(encoded.slice(0, bytes)).replace(/\uFFFD+$/, '');
}

function terminatedMessage(pod: Pod, run: Run): string | undefined {
  const parts = [
    run.startError === undefined ? undefined : startErrorMessage(run.startError),
    run.message,
  ];
  const text = parts.filter((part) => part !== undefined && part !== '').join(': ');
  return text === ''
    ? undefined
    : cutBytes(text, Math.floor(MAX_POD_MESSAGE_BYTES / allContainers(pod).length));
}

function terminatedReason(run: Run): string {
  if (run.reason !== undefined) return run.reason;
  if (run.startError !== undefined) return 'StartError';
  if (run.oom === true) return 'OOMKilled';
  return exitCodeOf(run) === 0 ? 'Completed' : 'Error';
}

/**
 * Kubernetes' id of the instance that the run happened in. Runs of one sandbox share an engine container, while clients
 * distinguish instances by their ids: later runs carry their number in the last digits.
 */
export function containerId(run: Run): string | undefined {
  if (run.runtimeId === undefined) return undefined;
  const id =
    run.run === 1
      ? run.runtimeId
      : `${run.runtimeId.slice(0, -8)}${run.run.toString(16).padStart(8, '0')}`;
  return `containerd://${id}`;
}

/** The `terminated` state of a run that is over. */
function terminatedState(pod: Pod, run: Run): ContainerStateTerminated {
  const id = containerId(run);
  const message = terminatedMessage(pod, run);
  return {
    exitCode: exitCodeOf(run),
    reason: terminatedReason(run),
    ...present({ message }),
    startedAt:
      run.startError !== undefined || run.startedAt === undefined
        ? EPOCH
        : wholeSeconds(run.startedAt),
    finishedAt: run.finishedAt === undefined ? EPOCH : wholeSeconds(run.finishedAt),
    ...present({ containerID: id }),
  };
}

/** The container waits for its next run and shows the reason until that run begins. */
function isBackOffShown({ backOff, current }: ObservedContainer, now: Date): boolean {
  const shownAt = backOff && backOffShownAt(backOff);
  if (!hasEnded(current) || shownAt === undefined) return false;
  // After a probe's kill the kubelet tries to start in the same sync: the end itself never appears in a status.
  return current?.killedByProbe === true || shownAt.getTime() <= now.getTime();
}

/** Containers whose back-off must be shown now, while the status still shows how their last run ended. */
export function hasBackOffToShow({ status }: Pod, { containers }: ObservedPod, now: Date): boolean {
  const stale = [
    ...(status.initContainerStatuses ?? []),
    ...(status.containerStatuses ?? []),
  ].filter(({ state }) => state?.waiting?.reason !== 'CrashLoopBackOff');
  return stale.some(({ name }) => {
    const container = own(containers, name);
    return (
      container !== undefined && container.waiting === undefined && isBackOffShown(container, now)
    );
  });
}

/** Why a container that ended and must run again does not run: its back-off, or the error of its last start. */
function restartWaiting(
  pod: Pod,
  name: string,
  container: ObservedContainer,
  now: Date,
): ContainerState['waiting'] {
  const { backOff, waiting, current } = container;
  if (waiting !== undefined) return waiting;
  if (backOff !== undefined && isBackOffShown(container, now)) {
    return { reason: 'CrashLoopBackOff', message: crashLoopMessage(backOff.seconds, name, pod) };
  }
  if (current?.startError !== undefined)
    return { reason: 'RunContainerError', message: startErrorMessage(current.startError) };
  if (current?.postStartError !== undefined)
    return { reason: 'PostStartHookError', message: current.postStartError };
  return undefined;
}

/** The state to show, and the run whose end it shows; for a waiting container that run's end is in lastState. */
export interface ShownState {
  state: ContainerState;
  lastState: ContainerState;
  /** The ended run that counts for the phase. */
  ended?: Run;
}

/** State and last state of one container; `initial` is the waiting reason of a container that never ran. */
export function shownState(
  pod: Pod,
  name: string,
  container: ObservedContainer,
  now: Date,
  initial: string,
): ShownState {
  const { current, previous } = container;
  const before: ContainerState = previous ? { terminated: terminatedState(pod, previous) } : {};
  if (current === undefined) {
    const state = { waiting: container.waiting ?? { reason: initial } };
    return previous === undefined
      ? { state, lastState: before }
      : { state, lastState: before, ended: previous };
  }
  if (!hasEnded(current)) {
    if (current.startedAt === undefined)
      return { state: { waiting: { reason: initial } }, lastState: before };
    return {
      state: { running: { startedAt: wholeSeconds(current.startedAt) } },
      lastState: before,
    };
  }
  const terminated = { terminated: terminatedState(pod, current) };
  const waiting = shouldRestart(pod, name, current)
    ? restartWaiting(pod, name, container, now)
    : undefined;
  return waiting === undefined
    ? { state: terminated, lastState: before, ended: current }
    : { state: { waiting }, lastState: terminated, ended: current };
}
