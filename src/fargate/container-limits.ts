// A container's resources in the form of an engine's limits.
import type { Container } from '../kinds/pod.ts';
import { milliUnits, wholeUnits } from '../pod/model/quantity.ts';
import type { ContainerLimits } from '../ports/live-tasks.ts';
import { present } from '../present.ts';

/** Requests become shares, limits become hard limits; a resource without a limit is absent. */
export function containerLimits({
  limits,
  requests,
}: NonNullable<Container['resources']>): ContainerLimits & { cpuShares: number } {
  const memoryBytes = wholeUnits(limits?.['memory']);
  const milliCpu = milliUnits(limits?.['cpu']);
  return {
    ...present({
      memoryBytes: memoryBytes === 0 ? undefined : memoryBytes,
      cpu: milliCpu === 0 ? undefined : milliCpu / 1000,
    }),
    cpuShares: Math.floor((milliUnits(requests?.['cpu']) * 1024) / 1000),
  };
}
