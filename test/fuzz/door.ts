// One way into the program, and the run of many cases against it: each case follows from the seed and its number alone.
import { chance as makeChance, type Chance } from '../simulation/random.ts';

/** What a case showed: what was sent (for a reader), and everything about the outcome that is not right. */
export interface Played {
  sent: string;
  got: string;
  problems: string[];
}

export interface Door {
  readonly name: string;
  /** Cases in progress at a time. */
  readonly width: number;
  open(): Promise<void>;
  play(chance: Chance): Promise<Played>;
  /** The program behind the door has ended: no case makes sense until `check` has started it again. */
  isDown(): boolean;
  /** What is wrong with the program behind the door after a batch; a program that ended is started again. */
  check(): Promise<string[]>;
  /** Of the program behind the door. */
  memoryMiB(): Promise<number>;
  close(): Promise<void>;
}

export interface RunOptions {
  seed: number;
  cases: number;
  /** Milliseconds since the epoch after which no new batch begins. */
  until: number;
  log: (line: string) => void;
}

export interface Tally {
  door: string;
  played: number;
  /** How many cases got each outcome. */
  outcomes: Map<string, number>;
  problems: { case: number; sent: string; what: string }[];
  memoryMiB: { begin: number; half: number; end: number };
  slowestMs: number;
}

const BATCH = 100;
/** A crash is seen a few cases after the one that caused it. */
const SUSPECTS = 12;
/** Growth in the second half of a run that does not count yet: a heap is never level. */
const MEMORY_MARGIN = { MiB: 64, share: 0.25 };

export const caseChance = (seed: number, index: number): Chance =>
  makeChance(seed * 1_000_003 + index);

async function playOne(
  door: Door,
  { seed }: RunOptions,
  index: number,
  tally: Tally,
): Promise<void> {
  const began = performance.now();
  const { sent, got, problems } = await door
    .play(caseChance(seed, index))
    .catch((error: unknown): Played => ({
      sent: '',
      got: 'no outcome',
      problems: [
        `the case itself failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      ],
    }));
  tally.slowestMs = Math.max(tally.slowestMs, performance.now() - began);
  tally.played += 1;
  tally.outcomes.set(got, (tally.outcomes.get(got) ?? 0) + 1);
  for (const what of problems) tally.problems.push({ case: index, sent, what });
}

async function playBatch(
  door: Door,
  options: RunOptions,
  from: number,
  to: number,
  tally: Tally,
): Promise<void> {
  let next = from;
  const lane = async (): Promise<void> => {
    while (next < to && !door.isDown()) await playOne(door, options, next++, tally);
  };
  while (next < to) {
    const first = next;
    await Promise.all(Array.from({ length: door.width }, lane));
    for (const what of await door.check())
      tally.problems.push({
        case: next - 1,
        sent: `one of the cases ${Math.max(first, next - SUSPECTS)} to ${next - 1}, or an earlier one`,
        what,
      });
  }
}

/** Plays the cases in batches; looks at the program after each, and at its memory at half time and at the end. */
export async function runDoor(door: Door, options: RunOptions): Promise<Tally> {
  const tally: Tally = {
    door: door.name,
    played: 0,
    outcomes: new Map(),
    problems: [],
    memoryMiB: { begin: 0, half: 0, end: 0 },
    slowestMs: 0,
  };
  try {
    await door.open();
    tally.memoryMiB.begin = await door.memoryMiB();
    const half = Math.ceil(options.cases / 2);
    for (let from = 0; from < options.cases && Date.now() < options.until; from += BATCH) {
      if (from >= half && tally.memoryMiB.half === 0) tally.memoryMiB.half = await door.memoryMiB();
      await playBatch(door, options, from, Math.min(from + BATCH, options.cases), tally);
      if ((from / BATCH) % 10 === 9)
        options.log(
          `${door.name}: ${tally.played} of ${options.cases}, ${tally.problems.length} problems, ${Math.round(await door.memoryMiB())} MiB`,
        );
    }
    tally.memoryMiB.end = await door.memoryMiB();
    tally.problems.push(...memoryProblems(tally));
  } finally {
    for (const { case: at, what } of tally.problems) options.log(`${door.name} ${at}: ${what}`);
    await door.close();
  }
  return tally;
}

function memoryProblems({ memoryMiB: { half, end }, played }: Tally): Tally['problems'] {
  const limit = half + Math.max(MEMORY_MARGIN.MiB, half * MEMORY_MARGIN.share);
  return half > 0 && end > limit
    ? [
        {
          case: played,
          sent: 'all cases',
          what: `memory grew: ${Math.round(half)} MiB at half time, ${Math.round(end)} MiB at the end`,
        },
      ]
    : [];
}
