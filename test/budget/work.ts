// How a function's time grows: the processor's time on n and 4n of its input, the best of some runs each; what others on the machine do is not in it.

/** Below this a run says nothing about growth on a loaded machine. */
const FLOOR_MS = 250;
/** Linear is 4, quadratic 16; a loaded machine blurs. */
const MOST_GROWTH = 9;
const RUNS = 3;

type Run<T> = (input: T) => unknown;

/** A refusal is an answer as well; its time counts. */
async function once<T>(run: Run<T>, input: T): Promise<number> {
  const begun = process.cpuUsage();
  try {
    await run(input);
  } catch {
    // See above.
  }
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1000;
}

async function best<T>(run: Run<T>, input: T, enough: number): Promise<number> {
  let least = Infinity;
  for (let attempt = 0; attempt < RUNS && least > enough; attempt++)
    least = Math.min(least, await once(run, input));
  return least;
}

/** Why the work on `make(n)` grows faster than n; undefined: it does not. */
export async function growthProblem<T>(
  n: number,
  make: (n: number) => T,
  run: Run<T>,
): Promise<string | undefined> {
  const large = make(4 * n);
  const after = await best(run, large, FLOOR_MS);
  if (after < FLOOR_MS) return undefined;
  const before = await best(run, make(n), 0);
  const again = Math.min(after, await best(run, large, 0));
  return again < FLOOR_MS || again / before <= MOST_GROWTH
    ? undefined
    : `${Math.round(before)} ms for ${n}, ${Math.round(again)} ms for ${4 * n}`;
}
