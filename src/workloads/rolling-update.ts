// The strategy of a rolling update, which Deployments and DaemonSets share.
import type { IntOrPercent } from './int-or-percent.ts';

export interface RollingUpdate {
  maxUnavailable: IntOrPercent;
  maxSurge: IntOrPercent;
}

/** A strategy as Kubernetes prints its own type. */
export const shownStrategy = (
  type: string,
  update: Partial<RollingUpdate> | undefined,
): object => ({
  Type: type,
  RollingUpdate: update
    ? { MaxUnavailable: update.maxUnavailable ?? 0, MaxSurge: update.maxSurge ?? 0 }
    : null,
});
