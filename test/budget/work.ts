// How a function's time grows from n to 4n of its input: processor time, which excludes what else the machine does.
// A loaded machine still blurs it (caches, clock rate, collections), and bounds make steps: only growth that shows in every one of
// many rounds, and at half of the size as well, counts.
import { BODY_LIMIT } from '../../src/api/wire/body.ts';

/** Linear is 4. */
const MOST_GROWTH = 5;
/** What is quadratic weighs half as much at half of the size, so a growth of 5 is 4.5 there. */
const MOST_AT_HALF = 4.5;
/**
 * On the largest input that can be sent, this much work may grow in any way: a second for the longest body. Shorter runs prove little
 * anyway, and work on memory is slower where there is more of it.
 */
const HARMLESS_MS = 50;
const HARMLESS_MS_PER_BYTE = 0.0003;
const ROUNDS = 8;
/** Of all rounds of one size. */
const PATIENCE_MS = 20_000;

type Run<T> = (input: T) => unknown;

const usedMs = (since?: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
};

/** A refusal is an answer too, and its time counts. */
async function once<T>(run: Run<T>, input: T): Promise<number> {
  const begun = process.cpuUsage();
  try {
    await run(input);
  } catch {
    // See above.
  }
  return usedMs(begun);
}

const lengthOf = (input: unknown): number =>
  (typeof input === 'string' || input instanceof Uint8Array ? input : JSON.stringify(input)).length;

/** Four short runs next to a long one meet the same conditions. */
async function round<T>(small: T, large: T, run: Run<T>): Promise<number> {
  const before = (await once(run, small)) + (await once(run, small));
  const after = await once(run, large);
  return (4 * after) / (before + (await once(run, small)) + (await once(run, small)));
}

/** The least growth of some rounds; the first run of the larger input is measured already. */
async function growth<T>(
  [small, large]: readonly [T, T],
  first: number,
  run: Run<T>,
  most: number,
): Promise<number> {
  const begun = process.cpuUsage();
  let least = first / (await once(run, small));
  for (let at = 0; least > most && at < ROUNDS && usedMs(begun) < PATIENCE_MS; at++)
    least = Math.min(least, await round(small, large, run));
  return least;
}

/** The largest of n, 2n, 4n … of which four times as much is at most `most` and short enough to be sent. */
function largestSize<T>(n: number, make: (n: number) => T, most: number): number {
  const sent = (BODY_LIMIT / lengthOf(make(n))) * n;
  let size = n;
  while (8 * size <= Math.min(most, sent)) size *= 2;
  return size;
}

/**
 * Why the work on `make(n)` grows faster than n (undefined: it does not, or is harmless however large), for up to `most` of its
 * unit: beyond some size memory is slower, whatever the work. A square next to much linear work shows only at the largest size, so that comes first.
 */
export async function growthProblem<T>(
  n: number,
  make: (n: number) => T,
  run: Run<T>,
  most = 4 * n,
): Promise<string | undefined> {
  const largest = largestSize(n, make, most);
  const problems: string[] = [];
  const looks = [
    [largest, MOST_GROWTH],
    [largest / 2, MOST_AT_HALF],
  ] as const;
  for (const [size, growthMost] of looks) {
    const large = make(4 * size);
    const first = await once(run, large);
    const harmless = HARMLESS_MS + HARMLESS_MS_PER_BYTE * lengthOf(large);
    if (problems.length === 0 && first < harmless) return undefined;
    const least = await growth([make(size), large], first, run, growthMost);
    if (least <= growthMost) return undefined;
    problems.push(`${4 * size} take ${least.toFixed(1)} times as long as ${size}`);
  }
  return problems.join(', ');
}
