// Distributes a Deployment's new replica count over its sets: during a rollout each gets its share (pkg/controller/deployment/sync.go).
import type { Deployment } from '../../workloads/deployment.ts';
import type { ReplicaSet } from '../../workloads/replica-set.ts';
import { isRolling, maxSurge } from './limits.ts';
import type { Resize } from './rolling.ts';
import {
  availableReplicas,
  byAge,
  desiredOf,
  isActiveSet,
  mostOf,
  specReplicas,
  sum,
} from './sets.ts';

/** Whether an active set was last scaled for a different count. */
export const isScalingEvent = ({ spec }: Deployment, sets: readonly ReplicaSet[]): boolean =>
  sets.filter(isActiveSet).some((set) => ![undefined, spec.replicas].includes(desiredOf(set)));

/** The size of each set under the new count; unchanged sets are included, because the count is recorded on them. */
export function scaleSets(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
): Resize[] {
  const { replicas } = deployment.spec;
  const all = newSet === undefined ? [...oldSets] : [...oldSets, newSet];
  const active = all.filter(isActiveSet);
  if (active.length <= 1) {
    const only = active[0] ?? newSet ?? [...oldSets].sort(byAge).at(-1);
    return only === undefined ? [] : [[only, replicas]];
  }
  if (isSaturated(deployment, newSet))
    return active.filter((set) => set !== newSet).map((set) => [set, 0]);
  // Under Recreate sizes stay until the old sets go; the count is recorded, or this would look like scaling for ever.
  return isRolling(deployment)
    ? inProportion(deployment, active)
    : active.map((set) => [set, set.spec.replicas]);
}

/** Whether the new set has all desired replicas, so that the old ones are not needed. */
const isSaturated = ({ spec }: Deployment, set: ReplicaSet | undefined): boolean =>
  set !== undefined &&
  [set.spec.replicas, desiredOf(set), availableReplicas(set)].every(
    (count) => count === spec.replicas,
  );

function inProportion(deployment: Deployment, active: readonly ReplicaSet[]): Resize[] {
  const { replicas } = deployment.spec;
  const allowed = replicas > 0 ? replicas + maxSurge(deployment) : 0;
  const toAdd = allowed - sum(active, specReplicas);
  const sets = [...active].sort(
    (a, b) => b.spec.replicas - a.spec.replicas || (toAdd > 0 ? byAge(b, a) : byAge(a, b)),
  );
  let left = toAdd;
  const sizes = sets.map((set) => {
    const share = left === 0 ? 0 : within(shareOf(deployment, set), left);
    left -= share;
    return set.spec.replicas + share;
  });
  // The largest set gets what rounding leaves over.
  return sets.map((set, index) => [
    set,
    Math.max(0, (sizes[index] ?? 0) + (index === 0 ? left : 0)),
  ]);
}

const within = (share: number, left: number): number =>
  left > 0 ? Math.min(share, left) : Math.max(share, left);

/** How much the set grows or shrinks if it keeps its share of all pods. */
function shareOf(deployment: Deployment, set: ReplicaSet): number {
  const { spec, status } = deployment;
  const size = set.spec.replicas;
  if (spec.replicas === 0) return -size;
  const most = spec.replicas + maxSurge(deployment);
  const mostBefore = mostOf(set) || (status.replicas ?? 0);
  return mostBefore === 0 ? 0 : Math.floor((size * most) / mostBefore + 0.5) - size;
}
