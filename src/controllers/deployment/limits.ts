// How far a Deployment may deviate from its replicas during a rollout (pkg/controller/deployment/util: ResolveFenceposts and its callers).
import type { Deployment } from '../../workloads/deployment.ts';
import { shareOf } from '../../workloads/int-or-percent.ts';

const MAX_INT32 = 2_147_483_647;

/** Percentages of the replicas, resolved; a rollout that could not move at all may have one pod unavailable. */
function resolved({ spec }: Deployment): { surge: number; unavailable: number } {
  const { rollingUpdate } = spec.strategy;
  if (rollingUpdate === undefined) return { surge: 0, unavailable: 0 };
  const surge = shareOf(rollingUpdate.maxSurge, spec.replicas, 'up');
  const unavailable = shareOf(rollingUpdate.maxUnavailable, spec.replicas, 'down');
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
}

export const isRolling = ({ spec }: Deployment): boolean => spec.strategy.type === 'RollingUpdate';

/** How many pods may exist beyond the replicas. */
export const maxSurge = (deployment: Deployment): number =>
  isRolling(deployment) ? resolved(deployment).surge : 0;

/** How many of the replicas may be unavailable. */
export const maxUnavailable = (deployment: Deployment): number =>
  isRolling(deployment) ? Math.min(resolved(deployment).unavailable, deployment.spec.replicas) : 0;

/** Without a deadline there is no condition Progressing. */
export const hasDeadline = ({ spec }: Deployment): boolean =>
  spec.progressDeadlineSeconds !== MAX_INT32;

export const keepsAllRevisions = ({ spec }: Deployment): boolean =>
  spec.revisionHistoryLimit === MAX_INT32;
