// The Fargate size of a pod: requests summed as in the scheduler, plus the podlet, rounded up to an allowed pair.
import type { Pod } from '../kinds/pod.ts';
import { own } from '../own.ts';
import { aggregateRequest } from '../pod/model/pod-resources.ts';
import {
  addQuantities,
  milliUnits,
  parseQuantity,
  printQuantity,
  wholeUnits,
} from '../pod/model/quantity.ts';
import { present } from '../present.ts';

/** The podlet's memory in every task. */
export const PODLET_MEMORY_MIB = 64;

/** A podlet that grows is stopped here, before it uses up its pod's memory: five times what a busy podlet was measured to use (48 MiB). */
export const PODLET_MEMORY_LIMIT_MIB = 256;

/** Why a pod cannot be resized in place on AWS. */
export const KEEPS_SIZE = 'a Fargate task keeps its size';

/** The disk that Fargate includes, and the maximum. */
const INCLUDED_STORAGE_GIB = 20;
const MAX_STORAGE_GIB = 200;

export interface TaskSize {
  cpuUnits: number;
  memoryMiB: number;
  /** Set only where more than the included disk is requested. */
  storageGiB?: number;
  /** How much larger the size is than the pod's request. */
  surplus: { cpuUnits: number; memoryMiB: number };
}

const gigabytes = (from: number, to: number, step = 1): number[] =>
  Array.from({ length: (to - from) / step + 1 }, (_, index) => (from + index * step) * 1024);

/** Memory (MiB) that Fargate offers for each cpu size (1024 units = 1 vCPU). */
const FARGATE_SIZES: readonly { cpuUnits: number; memoryMiB: readonly number[] }[] = [
  { cpuUnits: 256, memoryMiB: [512, 1024, 2048] },
  { cpuUnits: 512, memoryMiB: gigabytes(1, 4) },
  { cpuUnits: 1024, memoryMiB: gigabytes(2, 8) },
  { cpuUnits: 2048, memoryMiB: gigabytes(4, 16) },
  { cpuUnits: 4096, memoryMiB: gigabytes(8, 30) },
  { cpuUnits: 8192, memoryMiB: gigabytes(16, 60, 4) },
  { cpuUnits: 16384, memoryMiB: gigabytes(32, 120, 8) },
  { cpuUnits: 32768, memoryMiB: [61440, 122880, 249856] },
];

/** The pod's request of a resource: its own where it states one, else the containers' by the scheduler's rule; with its overhead. */
function requested(pod: Pod, resource: string): string | undefined {
  const stated = own(pod.spec.resources?.requests, resource);
  const sum = stated === undefined ? aggregateRequest(pod.spec, resource) : parseQuantity(stated);
  const overhead = parseQuantity(own(pod.spec.overhead, resource) ?? '');
  const whole = sum && overhead ? addQuantities(sum, overhead) : (sum ?? overhead);
  return whole && printQuantity(whole);
}

/** Bytes as whole units of 1024^`power`, rounded up. */
const binaryUnits = (quantity: string | undefined, power: number): number =>
  Math.ceil(wholeUnits(quantity) / 1024 ** power);

/** The smallest Fargate size that holds the pod, or the resources that no size has enough of. */
export function podSize(pod: Pod): { size: TaskSize } | { tooBig: string[] } {
  const cpuUnits = Math.ceil((milliUnits(requested(pod, 'cpu')) * 1024) / 1000);
  const memoryMiB = binaryUnits(requested(pod, 'memory'), 2) + PODLET_MEMORY_MIB;
  const storageGiB = binaryUnits(requested(pod, 'ephemeral-storage'), 3);
  for (const offer of FARGATE_SIZES) {
    const memory = offer.memoryMiB.find((offered) => offered >= memoryMiB);
    if (offer.cpuUnits < cpuUnits || memory === undefined || storageGiB > MAX_STORAGE_GIB) continue;
    const surplus = { cpuUnits: offer.cpuUnits - cpuUnits, memoryMiB: memory - memoryMiB };
    return {
      size: {
        cpuUnits: offer.cpuUnits,
        memoryMiB: memory,
        ...present({ storageGiB: storageGiB > INCLUDED_STORAGE_GIB ? storageGiB : undefined }),
        surplus,
      },
    };
  }
  return { tooBig: tooBig(cpuUnits, memoryMiB, storageGiB) };
}

/** Resources that no task has enough of for the pod. */
export function tooLargeFor(pod: Pod): string[] {
  const sized = podSize(pod);
  return 'tooBig' in sized ? sized.tooBig : [];
}

/** The size in words, with the part that the pod leaves unused. */
export function sizeText(pod: Pod): string {
  const sized = podSize(pod);
  if ('tooBig' in sized) return 'none is large enough';
  const { cpuUnits, memoryMiB, surplus } = sized.size;
  return `${cpuUnits / 1024} vCPU, ${memoryMiB} MiB (podlet ${PODLET_MEMORY_MIB} MiB; not asked for: ${surplus.cpuUnits / 1024} vCPU, ${surplus.memoryMiB} MiB)`;
}

function tooBig(cpuUnits: number, memoryMiB: number, storageGiB: number): string[] {
  const most = FARGATE_SIZES.at(-1);
  return [
    ...(cpuUnits > (most?.cpuUnits ?? 0) ? ['cpu'] : []),
    ...(storageGiB > MAX_STORAGE_GIB ? ['ephemeral-storage'] : []),
    ...(memoryMiB > Math.max(0, ...(most?.memoryMiB ?? [])) ? ['memory'] : []),
  ];
}
