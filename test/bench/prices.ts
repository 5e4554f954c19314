// What counted calls cost: AWS's list prices in us-east-1, on demand, without the free tier (July 2026). Pure.

/** US dollars for one of each. */
const PRICES = {
  lambdaRequest: 0.2e-6,
  lambdaGigabyteSecond: 16.6667e-6,
  writeUnit: 0.625e-6,
  readUnit: 0.125e-6,
  /** Standard workflows; retries count. */
  transition: 25e-6,
  /** Scheduler bills invocations. */
  schedule: 1e-6,
  fargateCpuSecond: 0.04048 / 3_600,
  fargateGigabyteSecond: 0.004445 / 3_600,
} as const;

/** Fargate bills a task for a minute at least. */
const LEAST_TASK_SECONDS = 60;

export interface Counts {
  invocations: number;
  gigabyteSeconds: number;
  writeUnits: number;
  readUnits: number;
  transitions: number;
  schedules: number;
}

export interface Bill {
  lambda: number;
  dynamodb: number;
  stepFunctions: number;
  scheduler: number;
  total: number;
}

/** Dollars. Lambda's reads of the table's stream are free. */
export function billOf(counts: Counts): Bill {
  const lambda =
    counts.invocations * PRICES.lambdaRequest +
    counts.gigabyteSeconds * PRICES.lambdaGigabyteSecond;
  const dynamodb = counts.writeUnits * PRICES.writeUnit + counts.readUnits * PRICES.readUnit;
  const stepFunctions = counts.transitions * PRICES.transition;
  const scheduler = counts.schedules * PRICES.schedule;
  return {
    lambda,
    dynamodb,
    stepFunctions,
    scheduler,
    total: lambda + dynamodb + stepFunctions + scheduler,
  };
}

/** Dollars for a task of a size (Linux, x86) that runs for so long. */
export const taskPrice = (
  { cpu, gigabytes }: { cpu: number; gigabytes: number },
  seconds: number,
): number =>
  Math.max(LEAST_TASK_SECONDS, seconds) *
  (cpu * PRICES.fargateCpuSecond + gigabytes * PRICES.fargateGigabyteSecond);
