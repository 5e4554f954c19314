// Whether the store accepts writes, determined by writing: with a full disk or a throttled table, reads still succeed.
import type { Ports } from '../../ports/ports.ts';

/** How long a result is reused, since anybody may ask without a credential; a bad result is reused for a shorter time. */
const GOOD_MS = 5_000;
const BAD_MS = 1_000;

interface Finding {
  at: number;
  problem: Promise<string | undefined>;
  bad: boolean;
}

const findings = new WeakMap<object, Finding>();

/** Undefined when the store takes writes; else the problem, for the log and for callers of this one check. */
export function storeProblem({
  store,
  clock,
}: Pick<Ports, 'store' | 'clock'>): Promise<string | undefined> {
  const at = clock.now().getTime();
  const known = findings.get(store);
  if (known && at - known.at < (known.bad ? BAD_MS : GOOD_MS)) return known.problem;
  const finding: Finding = { at, bad: false, problem: Promise.resolve(undefined) };
  finding.problem = store
    .commit({ records: [{ key: 'health/write', value: at, expected: 'any' }] })
    .then(
      () => undefined,
      (error: unknown) => {
        finding.bad = true;
        return error instanceof Error ? error.message : String(error);
      },
    );
  findings.set(store, finding);
  return finding.problem;
}
