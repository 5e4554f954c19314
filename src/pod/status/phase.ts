// The pod's phase from its containers' states (kubelet getPhase): counts them, then applies the first rule that fits.
import type { Pod, PodPhase } from '../../kinds/pod.ts';
import type { ContainerEntries, ContainerEntry } from './container-statuses.ts';
import { containerKind } from '../model/containers.ts';
import { exitCodeOf, isFailure, policyRestarts } from '../run/restart.ts';

interface Counts {
  failedInitFinal: number;
  pendingInit: number;
  pendingSidecar: number;
  waiting: number;
  running: number;
  stopped: number;
  stoppedFinal: number;
  succeeded: number;
}

const none = (): Counts => ({
  failedInitFinal: 0,
  pendingInit: 0,
  pendingSidecar: 0,
  waiting: 0,
  running: 0,
  stopped: 0,
  stoppedFinal: 0,
  succeeded: 0,
});

function countInit(pod: Pod, counts: Counts, { status, ended }: ContainerEntry): void {
  if (ended === undefined || status.state?.running !== undefined) counts.pendingInit++;
  else if (isFailure(pod, status.name, ended) && !policyRestarts(pod, status.name, ended))
    counts.failedInitFinal++;
  else if (isFailure(pod, status.name, ended)) counts.pendingInit++;
}

function countSidecar(counts: Counts, { status, ended }: ContainerEntry): void {
  if (status.state?.running !== undefined) {
    counts.running++;
    if (status.started !== true) counts.pendingSidecar++;
  } else if (status.state?.waiting !== undefined && ended === undefined) {
    counts.pendingSidecar++;
    counts.waiting++;
  }
}

function countApp(pod: Pod, counts: Counts, { status, ended }: ContainerEntry): void {
  if (status.state?.running !== undefined) counts.running++;
  else if (ended === undefined && status.state?.terminated === undefined) counts.waiting++;
  else {
    counts.stopped++;
    if (
      status.state?.terminated !== undefined &&
      (ended === undefined ? status.state.terminated.exitCode : exitCodeOf(ended)) === 0
    )
      counts.succeeded++;
    if (ended === undefined || !policyRestarts(pod, status.name, ended)) counts.stoppedFinal++;
  }
}

function count(pod: Pod, { init, app }: ContainerEntries): Counts {
  const counts = none();
  for (const entry of init) {
    if (containerKind(pod, entry.status.name) === 'sidecar') countSidecar(counts, entry);
    else countInit(pod, counts, entry);
  }
  for (const entry of app) countApp(pod, counts, entry);
  return counts;
}

/** `terminal`: termination stopped all containers; `initialized`: an app container exists in the present sandbox. */
export function computePhase(
  pod: Pod,
  entries: ContainerEntries,
  { terminal, initialized }: { terminal: boolean; initialized: boolean },
): PodPhase {
  const counts = count(pod, entries);
  if (counts.failedInitFinal > 0) return 'Failed';
  if (counts.pendingInit > 0 && !initialized) return terminal ? 'Failed' : 'Pending';
  if (counts.pendingSidecar > 0 && !initialized) return terminal ? 'Failed' : 'Pending';
  if (counts.waiting > 0) return terminal ? 'Failed' : 'Pending';
  if (counts.running > 0) return 'Running';
  if (counts.stopped === 0) return terminal ? 'Failed' : 'Pending';
  if (!terminal && counts.stopped !== counts.stoppedFinal) return 'Running';
  return counts.stopped === counts.succeeded ? 'Succeeded' : 'Failed';
}
