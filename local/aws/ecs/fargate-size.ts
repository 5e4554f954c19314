// The pairs of task cpu and memory that Fargate offers (Linux).

const GIB = 1024;

interface SizeRange {
  cpu: number;
  from: number;
  to: number;
  step: number;
}

const RANGES: readonly SizeRange[] = [
  { cpu: 256, from: 1 * GIB, to: 2 * GIB, step: GIB },
  { cpu: 512, from: 1 * GIB, to: 4 * GIB, step: GIB },
  { cpu: 1024, from: 2 * GIB, to: 8 * GIB, step: GIB },
  { cpu: 2048, from: 4 * GIB, to: 16 * GIB, step: GIB },
  { cpu: 4096, from: 8 * GIB, to: 30 * GIB, step: GIB },
  { cpu: 8192, from: 16 * GIB, to: 60 * GIB, step: 4 * GIB },
  { cpu: 16384, from: 32 * GIB, to: 120 * GIB, step: 8 * GIB },
];
const LISTED: readonly (readonly [number, number])[] = [
  [256, 512],
  [32768, 61440],
  [32768, 122880],
  [32768, 249856],
];

/** Whether Fargate has this size; units as on the wire (`1024`, `2048`). */
export function isFargateSize(cpu: string, memory: string): boolean {
  const units = Number(cpu);
  const memoryMiB = Number(memory);
  if (LISTED.some(([c, m]) => c === units && m === memoryMiB)) return true;
  return RANGES.some(
    (range) =>
      range.cpu === units &&
      memoryMiB >= range.from &&
      memoryMiB <= range.to &&
      (memoryMiB - range.from) % range.step === 0,
  );
}
