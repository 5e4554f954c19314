// When a running generation of a pod must be replaced by the next one (docs/design/hand-over.md). Pure; sweep hands over.
import type { PodRecord } from './record.ts';

/** AWS ends an execution at 25 000 events; a run writes about 10. */
export const MAX_RUNS_IN_GENERATION = 1_500;
/** AWS ends an execution after one year. */
export const MAX_GENERATION_MS = 300 * 24 * 3_600_000;
/** The shortest time between two generations, whatever went wrong: each costs transitions. */
const MIN_GENERATION_MS = 60_000;

/** How many successors follow executions that failed by an error of their own before the pod fails. */
export const MAX_FAILURES = 3;
/** A generation that lived this long counts as healthy: its failure is the first in a row. */
const GOOD_GENERATION_MS = 3_600_000;

/** How many generations failed in a row, the present one included, if it fails now. */
export const failuresSoFar = (record: PodRecord, now: Date): number =>
  generationAgeMs(record, now) > GOOD_GENERATION_MS ? 1 : (record.generation.failures ?? 0) + 1;

/** The least age of a generation before the next: a minute, times five after each failure, so that a fixed release finds the pod alive. */
export const leastAgeMs = ({ generation }: PodRecord): number =>
  MIN_GENERATION_MS * 5 ** (generation.failures ?? 0);

/** The age of the current generation; NaN if it has not begun. */
export const generationAgeMs = ({ generation }: PodRecord, now: Date): number =>
  now.getTime() - Date.parse(generation.at ?? '');

/** Its history is nearly full: it must be handed over now. */
export const isExhausted = ({ generation }: PodRecord): boolean =>
  generation.runs > MAX_RUNS_IN_GENERATION;

/** It should be handed over when convenient: it is old, or uses another document than `revision` ('': unknown). */
export function isOutdated(record: PodRecord, revision: string, now: Date): boolean {
  const age = generationAgeMs(record, now);
  const old =
    age > MAX_GENERATION_MS ||
    (revision !== '' && record.generation.revision !== revision && age >= MIN_GENERATION_MS);
  return old && record.generation.toStart !== true && !isLaunching(record, now);
}

/** RunTask may be in progress: its parameters must not change until its result is known. */
const isLaunching = ({ task, launchBackOff }: PodRecord, now: Date): boolean =>
  task.definition !== undefined &&
  task.arn === undefined &&
  !(launchBackOff && Date.parse(launchBackOff.until) > now.getTime());

/** The record with that many more entries counted in its execution's history. */
export const countingRuns = (record: PodRecord, more: number): PodRecord => ({
  ...record,
  generation: { ...record.generation, runs: record.generation.runs + more },
});
