// One step of a rollout: the replicas that each set should have (pkg/controller/deployment/rolling.go, recreate.go).
import type { Deployment } from '../../workloads/deployment.ts';
import type { ReplicaSet } from '../../workloads/replica-set.ts';
import { isRolling, maxSurge, maxUnavailable } from './limits.ts';
import { availableReplicas, byAge, isActiveSet, specReplicas, sum } from './sets.ts';

/** A set and the size that it should have. */
export type Resize = [set: ReplicaSet, replicas: number];

/**
 * Pods that a set may still have: its status counts those yet to be removed. (Kubernetes counts the spec alone, so for a moment more pods
 * than allowed may exist there.)
 */
const pods = ({ spec, status }: ReplicaSet): number => Math.max(spec.replicas, status.replicas);

/** Whether the set's controller has seen its current size: until then it may still create pods for an earlier one. */
const isObserved = ({ metadata, status }: ReplicaSet): boolean =>
  metadata.uid === undefined || status.observedGeneration === metadata.generation;

/** The size that the new set may have now. */
export function newSetReplicas(
  deployment: Deployment,
  newSet: ReplicaSet,
  oldSets: readonly ReplicaSet[],
): number {
  const { replicas } = deployment.spec;
  const { replicas: present } = newSet.spec;
  if (!isRolling(deployment) || present >= replicas) return replicas;
  if (![newSet, ...oldSets].every(isObserved)) return present;
  const room = replicas + maxSurge(deployment) - sum([newSet, ...oldSets], pods);
  return present + Math.max(0, Math.min(room, replicas - present));
}

/** Available pods that will stay: those that a set is about to lose do not count. */
const reliable = (set: ReplicaSet): number => Math.min(availableReplicas(set), set.spec.replicas);

/** The old sets that shrink now: unavailable pods first, then as many as the rollout allows. */
export function shrinkOldSets(
  deployment: Deployment,
  newSet: ReplicaSet,
  oldSets: readonly ReplicaSet[],
): Resize[] {
  const active = oldSets.filter(isActiveSet).sort(byAge);
  const least = deployment.spec.replicas - maxUnavailable(deployment);
  const newMissing = newSet.spec.replicas - reliable(newSet);
  let allowed = sum([...active, newSet], specReplicas) - least - newMissing;
  if (allowed <= 0) return [];
  const sizes = new Map(active.map((set) => [set, set.spec.replicas]));
  const shrink = (set: ReplicaSet, most: number): number => {
    const size = sizes.get(set) ?? 0;
    const less = Math.max(0, Math.min(size, most));
    sizes.set(set, size - less);
    return less;
  };
  for (const set of active)
    allowed -= shrink(set, Math.min(allowed, set.spec.replicas - reliable(set)));
  let spare = sum([...active, newSet], reliable) - least;
  for (const set of active) spare -= shrink(set, spare);
  return active.flatMap((set): Resize[] => {
    const size = sizes.get(set) ?? 0;
    return size === set.spec.replicas ? [] : [[set, size]];
  });
}

/** Whether a pod of an old set may still run: under Recreate the new pods wait for it. */
export const oldPodsRun = (oldSets: readonly ReplicaSet[]): boolean =>
  oldSets.some(
    ({ metadata, spec, status }) =>
      spec.replicas > 0 ||
      status.replicas > 0 ||
      (status.terminatingReplicas ?? 0) > 0 ||
      status.observedGeneration !== metadata.generation,
  );
