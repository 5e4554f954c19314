// successPolicy: a Job may succeed before all of its indexes have.
import { countIndexes, parseIndexes } from '../../workloads/job/indexes.ts';
import type { Interval } from '../../workloads/job/indexes.ts';
import type { JobSpec } from '../../workloads/job/job.ts';

/** The index of the first rule that the succeeded indexes satisfy; undefined: none. */
export function satisfiedRule(
  { successPolicy: policy, completions = 0 }: JobSpec,
  succeeded: readonly Interval[],
): number | undefined {
  if (policy === undefined || succeeded.length === 0) return undefined;
  const found = policy.rules.findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined)
      return succeededCount !== undefined && countIndexes(succeeded) >= succeededCount;
    const needed = parseIndexes(succeededIndexes, completions);
    if (needed.length === 0) return false;
    const both = overlap(needed, succeeded);
    return (
      both === countIndexes(needed) || (succeededCount !== undefined && both >= succeededCount)
    );
  });
  return found < 0 ? undefined : found;
}

/** How many indexes are in both sets. */
const overlap = (some: readonly Interval[], others: readonly Interval[]): number =>
  some.reduce(
    (sum, [first, last]) =>
      others.reduce(
        (part, [from, to]) => part + Math.max(0, Math.min(last, to) - Math.max(first, from) + 1),
        sum,
      ),
    0,
  );
