// The conditions that the kubelet and the scheduler write (status/generate.go); keeps transition times and foreign conditions.
import { wholeSeconds } from '../../kinds/time.ts';
import type { ContainerStatus, Pod, PodCondition, PodPhase } from '../../kinds/pod.ts';
import { present } from '../../present.ts';
import type { ContainerEntries } from './container-statuses.ts';
import { containerKind } from '../model/containers.ts';
import type { ObservedPod } from '../run/observed.ts';

/** Types that are replaced at each write; all other types belong to other writers and stay. */
const OWNED: ReadonlySet<string> = new Set([
  'PodResizePending',
  'PodResizeInProgress',
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
]);

/** `resizeOf`: the generation in which a resize began. */
type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'> & { resizeOf?: number };

const yes: Verdict = { status: 'True' };
const no = (reason?: string, message?: string): Verdict => ({
  status: 'False',
  ...present({ reason, message }),
});

/** The input of the conditions, beside the pod. */
export interface ConditionFacts {
  observed: ObservedPod;
  /** Absent until the node has accepted the pod. */
  entries?: ContainerEntries;
  /** The computed phase, before a terminal one is held back for containers that still run. */
  phase: PodPhase;
  /** A terminal phase is being written, since nothing runs any more. */
  ended: boolean;
}

/** All conditions in Kubernetes' order of writing. */
export function computeConditions(pod: Pod, facts: ConditionFacts, now: Date): PodCondition[] {
  const old = pod.status.conditions ?? [];
  const foreign = old.filter(({ type }) => !OWNED.has(type));
  const written = verdicts(pod, facts, foreign).map(([type, verdict]) =>
    condition(pod, type, verdict, now),
  );
  return [...foreign, ...written];
}

function verdicts(
  pod: Pod,
  facts: ConditionFacts,
  foreign: readonly PodCondition[],
): [string, Verdict][] {
  const { observed, entries, phase, ended } = facts;
  const scheduled = podScheduled(observed);
  const last: [string, Verdict][] = scheduled === undefined ? [] : [['PodScheduled', scheduled]];
  if (entries === undefined) return last;
  const containersReady = ended
    ? (notReadyByPhase(phase) ?? allReady(pod, entries, phase))
    : allReady(pod, entries, phase);
  return [
    ...(ended ? [] : resizeConditions(observed)),
    ['PodReadyToStartContainers', hasSandbox(pod, observed) && !ended ? yes : no()],
    ['Initialized', initialized(pod, entries, phase)],
    [
      'Ready',
      observed.silentSince === undefined || ended ? ready(pod, containersReady, foreign) : SILENT,
    ],
    ['ContainersReady', containersReady],
    ...last,
  ];
}

/** A kubelet reports failed images after it made the sandbox. Here no sandbox is made before all images are resolved. */
const IMAGE_REASONS: ReadonlySet<string> = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'ImageInspectError',
]);

/** The sandbox as a kubelet's client would see it; once it was shown, it stays until containers have run. */
function hasSandbox({ status }: Pod, { sandboxReady, containers }: ObservedPod): boolean {
  if (sandboxReady) return true;
  const known = Object.values(containers);
  if (known.some(({ waiting }) => waiting !== undefined && IMAGE_REASONS.has(waiting.reason)))
    return true;
  const shown =
    status.conditions?.some(
      ({ type, status: is }) => type === 'PodReadyToStartContainers' && is === 'True',
    ) === true;
  return (
    shown && known.every(({ current, previous }) => current === undefined && previous === undefined)
  );
}

/** Present only while a resize waits or is in progress; they keep the generation in which they began. */
function resizeConditions({
  containers,
  resize,
  resizePending: pending,
}: ObservedPod): [string, Verdict][] {
  const message = Object.values(containers)
    .map(({ resizeError }) => resizeError)
    .find((text) => text !== undefined);
  const error = present({ reason: message === undefined ? undefined : 'Error', message });
  return [
    ...(pending
      ? [
          [
            'PodResizePending',
            {
              ...yes,
              reason: pending.reason,
              message: pending.message,
              resizeOf: pending.generation,
            },
          ] satisfies [string, Verdict],
        ]
      : []),
    ...(resize
      ? [
          ['PodResizeInProgress', { ...yes, ...error, resizeOf: resize.generation }] satisfies [
            string,
            Verdict,
          ],
        ]
      : []),
  ];
}

/** What the node controller writes for a node that stopped posting its status. */
const SILENT: Verdict = {
  status: 'Unknown',
  reason: 'NodeStatusUnknown',
  message: 'Kubelet stopped posting node status.',
};

function condition(
  pod: Pod,
  type: string,
  { resizeOf, ...verdict }: Verdict,
  now: Date,
): PodCondition {
  const old = pod.status.conditions?.find((entry) => entry.type === type);
  if (resizeOf !== undefined) return resizeCondition(type, { ...verdict, resizeOf }, old, now);
  const kept = old?.status === verdict.status ? old.lastTransitionTime : undefined;
  const generation = pod.metadata.generation;
  return {
    type,
    ...verdict,
    lastProbeTime: null,
    // A change of only the reason or message does not change the time.
    lastTransitionTime: kept ?? wholeSeconds(now),
    ...present({ observedGeneration: generation }),
  };
}

/** The kubelet sets these separately: a new reason changes the time, a new resize restarts its progress, and both times are shown. */
function resizeCondition(
  type: string,
  { resizeOf, ...verdict }: Verdict & { resizeOf: number },
  old: PodCondition | undefined,
  now: Date,
): PodCondition {
  const goesOn =
    old !== undefined &&
    old.reason === verdict.reason &&
    (type === 'PodResizePending' || old.observedGeneration === resizeOf);
  const at = (goesOn ? old.lastTransitionTime : undefined) ?? wholeSeconds(now);
  return {
    type,
    ...verdict,
    lastProbeTime: at,
    lastTransitionTime: at,
    observedGeneration: resizeOf,
  };
}

function podScheduled({ scheduledAt, unscheduled }: ObservedPod): Verdict | undefined {
  if (scheduledAt !== undefined) return yes;
  return unscheduled === undefined ? undefined : no(unscheduled.reason, unscheduled.message);
}

function initialized(pod: Pod, { init, app }: ContainerEntries, phase: PodPhase): Verdict {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' };
  if (app.some(({ status }) => status.state?.waiting === undefined)) return yes;
  const incomplete = init.filter(({ status }) =>
    containerKind(pod, status.name) === 'sidecar' ? status.started !== true : !status.ready,
  );
  return incomplete.length === 0
    ? yes
    : no('ContainersNotInitialized', `containers with incomplete status: [${names(incomplete)}]`);
}

const names = (entries: readonly { status: ContainerStatus }[]): string =>
  entries.map(({ status }) => status.name).join(' ');

const notReadyByPhase = (phase: PodPhase): Verdict | undefined =>
  phase === 'Succeeded' ? no('PodCompleted') : phase === 'Failed' ? no('PodFailed') : undefined;

function allReady(pod: Pod, { init, app }: ContainerEntries, phase: PodPhase): Verdict {
  const byPhase = notReadyByPhase(phase);
  if (byPhase !== undefined) return byPhase;
  // Spec order: first sidecars, then containers (the statuses themselves are sorted by name).
  const inSpecOrder = pod.spec.containers.flatMap(({ name }) =>
    app.filter(({ status }) => status.name === name),
  );
  const counted = [
    ...init.filter(({ status }) => containerKind(pod, status.name) === 'sidecar'),
    ...inSpecOrder,
  ];
  const unready = counted.filter(({ status }) => !status.ready);
  return unready.length === 0
    ? yes
    : no('ContainersNotReady', `containers with unready status: [${names(unready)}]`);
}

function ready(pod: Pod, containersReady: Verdict, foreign: readonly PodCondition[]): Verdict {
  if (containersReady.status !== 'True') return containersReady;
  const missing = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const gate = foreign.find(({ type }) => type === conditionType);
    if (gate === undefined)
      return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    return gate.status === 'True'
      ? []
      : [`the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`];
  });
  return missing.length === 0 ? yes : no('ReadinessGatesNotReady', missing.join(', '));
}
