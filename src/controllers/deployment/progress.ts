// A Deployment's status: counts over its sets, and the conditions that report the progress of its rollout
// (pkg/controller/deployment/sync.go calculateStatus, progress.go).
import { wholeSeconds } from '../../kinds/time.ts';
import { present } from '../../present.ts';
import type { Deployment, DeploymentStatus } from '../../workloads/deployment.ts';
import type { Condition, ReplicaSet } from '../../workloads/replica-set.ts';
import { conditionOf, newCondition, orAbsent, withCondition, withoutCondition } from '../status.ts';
import { hasDeadline, maxUnavailable } from './limits.ts';
import { availableReplicas, specReplicas, sum } from './sets.ts';

const PROGRESSING = 'Progressing';
const AVAILABLE = 'Available';
const FAILURE = 'ReplicaFailure';
const DONE = 'NewReplicaSetAvailable';
const TIMED_OUT = 'ProgressDeadlineExceeded';
const PAUSED = 'DeploymentPaused';

/** The input of a status. */
export interface Progress {
  deployment: Deployment;
  newSet: ReplicaSet | undefined;
  oldSets: readonly ReplicaSet[];
  now: Date;
}

const progressing = (
  status: Parameters<typeof newCondition>[1],
  reason: string,
  message: string,
  now: Date,
): Condition => {
  const {
    reason: _reason,
    message: _message,
    ...condition
  } = newCondition(PROGRESSING, status, reason, message, now);
  return { ...condition, lastUpdateTime: wholeSeconds(now), reason, message };
};

export const progressOf = ({ status }: Deployment): Condition | undefined =>
  conditionOf(status.conditions, PROGRESSING);

/** The status with one more condition. */
export const withProgress = (
  { status }: Deployment,
  ...condition: Parameters<typeof progressing>
): DeploymentStatus => ({
  ...status,
  conditions: withCondition(status.conditions, progressing(...condition)),
});

/** The status that reports that a pause began or ended; undefined: neither, or the rollout has already failed. */
export function pauseStatus(deployment: Deployment, now: Date): DeploymentStatus | undefined {
  const current = progressOf(deployment);
  if (!hasDeadline(deployment) || current?.reason === TIMED_OUT) return undefined;
  const isSaid = current?.reason === PAUSED;
  if (deployment.spec.paused === true && !isSaid)
    return withProgress(deployment, 'Unknown', PAUSED, 'Deployment is paused', now);
  if (deployment.spec.paused !== true && isSaid)
    return withProgress(deployment, 'Unknown', 'DeploymentResumed', 'Deployment is resumed', now);
  return undefined;
}

const actual = ({ status }: ReplicaSet): number => status.replicas;

/** Counts and the condition Available; the other conditions stay. */
export function countedStatus({ deployment, newSet, oldSets, now }: Progress): DeploymentStatus {
  const sets = newSet === undefined ? oldSets : [...oldSets, newSet];
  const { metadata, spec, status } = deployment;
  const available = sum(sets, availableReplicas);
  const enough = available >= spec.replicas - maxUnavailable(deployment);
  return {
    ...present({
      observedGeneration: metadata.generation,
      replicas: orAbsent(sum(sets, actual)),
      updatedReplicas: orAbsent(newSet === undefined ? 0 : actual(newSet)),
      readyReplicas: orAbsent(sum(sets, (set) => set.status.readyReplicas ?? 0)),
      availableReplicas: orAbsent(available),
      unavailableReplicas: orAbsent(Math.max(0, sum(sets, specReplicas) - available)),
      terminatingReplicas: terminating(sets),
      collisionCount: status.collisionCount,
    }),
    conditions: withCondition(status.conditions, availability(enough, now)),
  };
}

/** Unknown until every set reports its own. */
function terminating(sets: readonly ReplicaSet[]): number | undefined {
  const isSilent = sets.some(
    ({ status }) =>
      status.observedGeneration !== undefined && status.terminatingReplicas === undefined,
  );
  return isSilent ? undefined : sum(sets, ({ status }) => status.terminatingReplicas ?? 0);
}

function availability(enough: boolean, now: Date): Condition {
  const [status, reason, message] = enough
    ? (['True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.'] as const)
    : ([
        'False',
        'MinimumReplicasUnavailable',
        'Deployment does not have minimum availability.',
      ] as const);
  const condition = newCondition(AVAILABLE, status, reason, message, now);
  return { ...condition, lastUpdateTime: wholeSeconds(now) };
}

/** Whether all desired replicas exist, are new and are available. */
export const isComplete = ({ metadata, spec }: Deployment, status: DeploymentStatus): boolean =>
  [status.updatedReplicas, status.replicas, status.availableReplicas].every(
    (count) => (count ?? 0) === spec.replicas,
  ) && (status.observedGeneration ?? 0) >= (metadata.generation ?? 0);

/** Whether the new status is closer to the end than the old one. */
const isNearer = (next: DeploymentStatus, old: DeploymentStatus): boolean => {
  const grew = (name: 'updatedReplicas' | 'readyReplicas' | 'availableReplicas'): boolean =>
    (next[name] ?? 0) > (old[name] ?? 0);
  const outdated = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus): number =>
    replicas - updatedReplicas;
  return (
    grew('updatedReplicas') ||
    grew('readyReplicas') ||
    grew('availableReplicas') ||
    outdated(next) < outdated(old)
  );
};

/** The status of a rolling Deployment: counts, progress, and the failures of its sets. */
export function rolloutStatus(progress: Progress): DeploymentStatus {
  const { deployment, newSet, oldSets } = progress;
  const counted = countedStatus(progress);
  const status = {
    ...counted,
    conditions: hasDeadline(deployment)
      ? nextProgress(progress, counted)
      : withoutCondition(counted.conditions, PROGRESSING),
  };
  const failure = [...(newSet === undefined ? [] : [newSet]), ...oldSets]
    .map((set) => conditionOf(set.status.conditions, FAILURE))
    .find((condition) => condition !== undefined);
  return {
    ...status,
    conditions:
      failure === undefined
        ? withoutCondition(status.conditions, FAILURE)
        : withCondition(status.conditions, {
            ...failure,
            lastUpdateTime: failure.lastTransitionTime ?? '',
          }),
  };
}

/** A completed rollout is not judged again before the template changes. */
function nextProgress(
  { deployment, newSet, now }: Progress,
  counted: DeploymentStatus,
): Condition[] {
  const { conditions = [] } = counted;
  const current = progressOf(deployment);
  const wasDone = counted.replicas === counted.updatedReplicas && current?.reason === DONE;
  if (wasDone) return conditions;
  const what = newSet === undefined ? 'Deployment' : 'ReplicaSet';
  const name = `${what} "${(newSet ?? deployment).metadata.name ?? ''}"`;
  if (isComplete(deployment, counted))
    return withCondition(
      conditions,
      progressing('True', DONE, `${name} has successfully progressed.`, now),
    );
  if (isNearer(counted, deployment.status)) {
    const next = progressing('True', 'ReplicaSetUpdated', `${name} is progressing.`, now);
    const since = current?.status === 'True' ? current.lastTransitionTime : undefined;
    return [
      ...withoutCondition(conditions, PROGRESSING),
      { ...next, ...present({ lastTransitionTime: since ?? next.lastTransitionTime }) },
    ];
  }
  return isLate(deployment, now)
    ? withCondition(
        conditions,
        progressing('False', TIMED_OUT, `${name} has timed out progressing.`, now),
      )
    : conditions;
}

const deadlineOf = (deployment: Deployment, { lastUpdateTime }: Condition): number =>
  Date.parse(lastUpdateTime ?? '') + deployment.spec.progressDeadlineSeconds * 1000;

function isLate(deployment: Deployment, now: Date): boolean {
  const current = progressOf(deployment);
  if (current === undefined || current.reason === DONE) return false;
  return current.reason === TIMED_OUT || deadlineOf(deployment, current) < now.getTime();
}

/** When to look again at a rollout that does not progress; undefined: no deadline is running. */
export function deadlineAt(deployment: Deployment, status: DeploymentStatus): Date | undefined {
  const current = conditionOf(status.conditions, PROGRESSING);
  const runs =
    hasDeadline(deployment) &&
    current !== undefined &&
    current.reason !== TIMED_OUT &&
    current.reason !== DONE &&
    !isComplete(deployment, status);
  // One second later it has certainly passed.
  return runs ? new Date(deadlineOf(deployment, current) + 1000) : undefined;
}
