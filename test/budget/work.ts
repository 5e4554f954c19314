// How a function's time grows from n to 4n of its input: the processor's time, of which what others on the machine do is not a part.
// A loaded machine still blurs it (caches, clock rate, collections), and bounds make steps: only growth that shows in every one of
// many rounds and at every size counts.
import { BODY_LIMIT } from '../../src/api/wire/body.ts';

/** Linear is 4. */
const MOST_GROWTH = 5;
/** Shorter runs say little; the input grows until they take as long, or until nobody may send more. */
const FLOOR_MS = 12;
const ROUNDS = 8;
/** Of doubled sizes that are looked at as well where one has grown too fast. */
const MORE_SIZES = 3;
/** Of all rounds of one size. */
const PATIENCE_MS = 20_000;

type Run<T> = (input: T) => unknown;

const usedMs = (since?: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
};

/** A refusal is an answer as well; its time counts. */
async function once<T>(run: Run<T>, input: T): Promise<number> {
  const begun = process.cpuUsage();
  try {
    await run(input);
  } catch {
    // See above.
  }
  return usedMs(begun);
}

/** No body is longer. */
const isSent = (input: unknown): boolean =>
  (typeof input === 'string' || input instanceof Uint8Array ? input : JSON.stringify(input))
    .length <= BODY_LIMIT;

/** Four short runs beside a long one meet the same weather. */
async function round<T>(small: T, large: T, run: Run<T>): Promise<number> {
  const before = (await once(run, small)) + (await once(run, small));
  const after = await once(run, large);
  return (4 * after) / (before + (await once(run, small)) + (await once(run, small)));
}

/** The least growth of some rounds; the first run of the larger input is measured already. */
async function growth<T>(small: T, large: T, first: number, run: Run<T>): Promise<number> {
  const begun = process.cpuUsage();
  let least = first / (await once(run, small));
  for (let at = 0; least > MOST_GROWTH && at < ROUNDS && usedMs(begun) < PATIENCE_MS; at++)
    least = Math.min(least, await round(small, large, run));
  return least;
}

/** Why the work on `make(n)` grows faster than n (undefined: it does not), for up to `most` of its unit. */
export async function growthProblem<T>(
  n: number,
  make: (n: number) => T,
  run: Run<T>,
  most = Infinity,
): Promise<string | undefined> {
  const problems: string[] = [];
  for (let size = n; 4 * size <= most && problems.length <= MORE_SIZES; size *= 2) {
    const large = make(4 * size);
    if (size > n && !isSent(large)) break;
    const first = await once(run, large);
    if (first < FLOOR_MS) continue;
    const least = await growth(make(size), large, first, run);
    if (least <= MOST_GROWTH) return undefined;
    problems.push(`${4 * size} take ${least.toFixed(1)} times as long as ${size}`);
  }
  return problems.length === 0 ? undefined : problems.join(', ');
}
