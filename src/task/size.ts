// The Fargate size of a pod: requests summed as the scheduler sums them, plus the podlet, rounded up to an allowed pair.
import type { Pod } from '../kinds/pod.ts';

/** Memory that the podlet takes of every task. */
export const PODLET_MEMORY_MIB = 64;

export interface TaskSize {
  cpuUnits: number;
  memoryMiB: number;
  /** What the size has more than the pod asked for. */
  surplus: { cpuUnits: number; memoryMiB: number };
}

/** The smallest Fargate size that holds the pod, or the scheduler's text why none does. */
export function podSize(pod: Pod): { size: TaskSize } | { tooBig: string } {
  throw new Error(`not built: ${String(pod.metadata.name)}`);
}
