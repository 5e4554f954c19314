// The nine cells of `kubectl get pods` (printers printPod).
import type { ContainerStatus, Pod } from '../../kinds/pod.ts';
import { sidecars } from '../model/containers.ts';
import type { Ago } from './human-duration.ts';
import { age, agoText, isAgo } from './human-duration.ts';

/** The cells at `now`. */
export const podCells = (pod: Pod, now: Date): string[] =>
  podRow(pod).map((cell) => (isAgo(cell) ? agoText(cell, now) : cell));

/** Name, Ready, Status, Restarts, Age, IP, Node, Nominated Node, Readiness Gates. */
export function podRow(pod: Pod): (string | Ago)[] {
  const init = walkInit(pod);
  const app =
    init.stopped === undefined || conditionOf(pod, 'Initialized') === 'True'
      ? walkApps(pod)
      : undefined;
  const total = pod.spec.containers.length + sidecars(pod).length;
  return [
    pod.metadata.name ?? '',
    `${init.ready + (app?.ready ?? 0)}/${total}`,
    statusCell(pod, app?.reason ?? init.stopped),
    restartsCell(
      app === undefined
        ? init.walked
        : [...sidecarStatuses(pod), ...(pod.status.containerStatuses ?? [])],
    ),
    age(pod.metadata.creationTimestamp),
    pod.status.podIPs?.[0]?.ip ?? pod.status.podIP ?? '<none>',
    pod.spec.nodeName ?? '<none>',
    pod.status.nominatedNodeName ?? '<none>',
    gatesCell(pod),
  ];
}

/** The row's conditions: Completed for a pod in a terminal phase. */
export function podRowConditions(
  pod: Pod,
): { type: string; status: string; reason: string; message: string }[] {
  const { phase } = pod.status;
  if (phase !== 'Succeeded' && phase !== 'Failed') return [];
  const message = phase === 'Succeeded' ? 'The pod has completed successfully.' : 'The pod failed.';
  return [{ type: 'Completed', status: 'True', reason: phase, message }];
}

const conditionOf = (pod: Pod, type: string): string | undefined =>
  pod.status.conditions?.find((condition) => condition.type === type)?.status;

const isSidecar = (pod: Pod, name: string): boolean =>
  sidecars(pod).some((container) => container.name === name);

const sidecarStatuses = (pod: Pod): ContainerStatus[] =>
  (pod.status.initContainerStatuses ?? []).filter(({ name }) => isSidecar(pod, name));

/** Looks at init containers up to the first one that is not done: its text for STATUS, ready sidecars, and the statuses seen. */
function walkInit(pod: Pod): { stopped?: string; ready: number; walked: ContainerStatus[] } {
  const statuses = pod.status.initContainerStatuses ?? [];
  let ready = 0;
  for (const [index, status] of statuses.entries()) {
    const started = isSidecar(pod, status.name) && status.started === true;
    if (started && status.ready) ready++;
    if (started || status.state?.terminated?.exitCode === 0) continue;
    const progress = `Init:${index}/${pod.spec.initContainers?.length ?? 0}`;
    return { stopped: initReason(status) ?? progress, ready, walked: statuses.slice(0, index + 1) };
  }
  return { ready, walked: statuses };
}

function initReason({ state }: ContainerStatus): string | undefined {
  if (state?.terminated !== undefined) return `Init:${endReason(state.terminated)}`;
  const reason = state?.waiting?.reason ?? '';
  return reason === '' || reason === 'PodInitializing' ? undefined : `Init:${reason}`;
}

function endReason({
  reason = '',
  signal = 0,
  exitCode,
}: {
  reason?: string;
  signal?: number;
  exitCode: number;
}): string {
  if (reason !== '') return reason;
  return signal !== 0 ? `Signal:${signal}` : `ExitCode:${exitCode}`;
}

/** Goes backwards, so that the first container sets the reason; a plain running one changes nothing. */
function walkApps(pod: Pod): { reason?: string; ready: number } {
  let reason: string | undefined;
  let errorReason: string | undefined;
  let ready = 0;
  for (const { state, ready: isReady } of [...(pod.status.containerStatuses ?? [])].reverse()) {
    if (state?.waiting?.reason) reason = state.waiting.reason;
    else if (state?.terminated !== undefined) {
      reason = endReason(state.terminated);
      if (state.terminated.exitCode !== 0) errorReason = reason;
    } else if (isReady && state?.running !== undefined) ready++;
  }
  if (reason === 'Completed') reason = completedReason(pod, ready > 0, errorReason);
  return reason === undefined ? { ready } : { reason, ready };
}

function completedReason(pod: Pod, hasRunning: boolean, errorReason: string | undefined): string {
  if (hasRunning && conditionOf(pod, 'Ready') === 'True') return 'Running';
  return errorReason ?? (hasRunning ? 'NotReady' : 'Completed');
}

function statusCell(pod: Pod, containerReason: string | undefined): string {
  const { phase = 'Pending', reason } = pod.status;
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (reason === 'NodeLost') return 'Unknown';
    if (phase !== 'Succeeded' && phase !== 'Failed') return 'Terminating';
  }
  if (containerReason !== undefined) return containerReason;
  const gated = pod.status.conditions?.some(
    (condition) => condition.type === 'PodScheduled' && condition.reason === 'SchedulingGated',
  );
  return gated === true ? 'SchedulingGated' : (reason ?? phase);
}

function restartsCell(statuses: readonly ContainerStatus[]): string | Ago {
  const count = statuses.reduce((sum, { restartCount }) => sum + restartCount, 0);
  const ends = statuses.flatMap(({ lastState }) => lastState?.terminated?.finishedAt ?? []);
  if (count === 0 || ends.length === 0) return String(count);
  const newest = Math.max(...ends.map((end) => Date.parse(end)));
  return { at: newest, before: `${count} (`, after: ' ago)' };
}

function gatesCell(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  return `${gates.filter(({ conditionType }) => conditionOf(pod, conditionType) === 'True').length}/${gates.length}`;
}
