// A container's resources as limits of an engine.
import type { Container } from '../kinds/pod.ts';
import { milliUnits, wholeUnits } from '../pod/model/quantity.ts';
import type { ContainerLimits } from '../ports/live-tasks.ts';

/** Requests become shares, limits hard limits; what is not limited is absent. */
export function containerLimits({
  limits,
  requests,
}: NonNullable<Container['resources']>): ContainerLimits & { cpuShares: number } {
  const memoryBytes = wholeUnits(limits?.['memory']);
  const milliCpu = milliUnits(limits?.['cpu']);
  return {
    ...(memoryBytes === 0 ? {} : { memoryBytes }),
    ...(milliCpu === 0 ? {} : { cpu: milliCpu / 1000 }),
    cpuShares: Math.floor((milliUnits(requests?.['cpu']) * 1024) / 1000),
  };
}
