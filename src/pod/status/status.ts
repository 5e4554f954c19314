// The only author of pod.status (docs/design/pod.md): spec + what is observed + the old status -> the new status.
import { wholeSeconds } from '../../kinds/time.ts';
import type { Pod, PodPhase, PodStatus } from '../../kinds/pod.ts';
import { present } from '../../present.ts';
import { computeConditions } from './conditions.ts';
import {
  containerEntries,
  type ContainerEntries,
  type ContainerEntry,
} from './container-statuses.ts';
import type { ConcludedPod, ObservedPod } from '../run/observed.ts';
import { podInitialized } from '../run/order.ts';
import { computePhase } from './phase.ts';

/** A pod never leaves these phases. */
const isTerminal = (phase: string | undefined): phase is 'Succeeded' | 'Failed' =>
  phase === 'Succeeded' || phase === 'Failed';

/** The status that the API shows. Of the old one only what must stay counts (terminal phase, transition times, foreign conditions). */
export function computeStatus(pod: Pod, observed: ConcludedPod, now: Date): PodStatus {
  if (observed.acceptedAt === undefined) return unboundStatus(pod, observed, now);
  const entries = containerEntries(pod, observed, now);
  const computed = nextPhase(pod, observed, entries);
  // A terminal phase is shown once the pod is wound up, which is after its last containers' ends were shown.
  const held = isTerminal(computed) && !isTerminal(pod.status.phase) && !observed.terminal;
  const phase = held ? (pod.status.phase ?? 'Pending') : computed;
  const conditions = computeConditions(
    pod,
    { observed, entries, phase: computed, ended: isTerminal(phase) },
    now,
  );
  return {
    ...keptFields(pod.status),
    ...reasonOf(pod, observed, phase),
    ...addresses(pod, observed, isTerminal(phase)),
    ...present({ observedGeneration: pod.metadata.generation }),
    phase,
    conditions,
    startTime: wholeSeconds(observed.acceptedAt),
    ...lists(isTerminal(phase) ? newestOnly(entries) : entries),
  };
}

/** Before the node has accepted the pod, only the scheduler writes. */
function unboundStatus(pod: Pod, observed: ConcludedPod, now: Date): PodStatus {
  const phase = isTerminal(pod.status.phase)
    ? pod.status.phase
    : (observed.verdict?.phase ?? 'Pending');
  return {
    ...keptFields(pod.status),
    ...reasonOf(pod, observed, phase),
    phase,
    conditions: computeConditions(pod, { observed, phase, ended: false }, now),
  };
}

/** What other writers own: QoS class, nomination, resize, resource claims. */
function keptFields(status: PodStatus): PodStatus {
  const {
    phase: _phase,
    reason: _reason,
    message: _message,
    podIP: _podIP,
    podIPs: _podIPs,
    ...kept
  } = status;
  return kept;
}

function nextPhase(pod: Pod, observed: ConcludedPod, entries: ContainerEntries): PodPhase {
  const old = pod.status.phase;
  if (isTerminal(old)) return old;
  if (observed.verdict !== undefined) return observed.verdict.phase;
  return computePhase(pod, entries, {
    terminal: observed.terminal,
    initialized: podInitialized(pod, observed),
  });
}

/** A new phase clears reason and message; a verdict's are written together with its terminal phase. */
function reasonOf(
  pod: Pod,
  { verdict }: ObservedPod,
  phase: string,
): Pick<PodStatus, 'reason' | 'message'> {
  const old = pod.status;
  const source = old.phase === phase ? old : isTerminal(phase) ? (verdict ?? {}) : {};
  return {
    ...present({ reason: source.reason, message: source.message }),
  };
}

const listed = (ip: string | undefined): { ip: string }[] | undefined =>
  ip === undefined ? undefined : [{ ip }];

function addresses(pod: Pod, observed: ObservedPod, ended: boolean): Partial<PodStatus> {
  const podIP = observed.podIP ?? (ended ? pod.status.podIP : undefined);
  return {
    ...present({
      hostIP: observed.hostIP,
      hostIPs: listed(observed.hostIP),
      podIP,
      podIPs: listed(podIP),
    }),
  };
}

/** Once a pod has ended, the node removes all but the newest instance of each container. */
function newestOnly({ init, app, ephemeral }: ContainerEntries): ContainerEntries {
  const alone = (entry: ContainerEntry): ContainerEntry =>
    entry.status.state?.terminated
      ? { ...entry, status: { ...entry.status, lastState: {} } }
      : entry;
  return { init: init.map(alone), app: app.map(alone), ephemeral: ephemeral.map(alone) };
}

const statusesOf = (entries: readonly ContainerEntry[]) => entries.map(({ status }) => status);

function lists({ init, app, ephemeral }: ContainerEntries): Partial<PodStatus> {
  return {
    containerStatuses: statusesOf(app),
    ...present({
      initContainerStatuses: init.length === 0 ? undefined : statusesOf(init),
      ephemeralContainerStatuses: ephemeral.length === 0 ? undefined : statusesOf(ephemeral),
    }),
  };
}
