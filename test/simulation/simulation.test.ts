// Many lives under faults, each decided by its seed. `SEED=n` repeats one and prints its trace; `SEEDS=n` sets how many.
import { expect, it } from 'vitest';
import { checkRest } from './rest-rules.ts';
import { SIGHTS, sightsOf } from './sights.ts';
import type { Sight } from './sights.ts';
import { simulate } from './simulate.ts';

const one = process.env['SEED'];
const SEEDS = Number(process.env['SEEDS'] ?? 1000);
const BATCH = 50;

const seen = new Set<Sight>();

async function problemsOf(seed: number): Promise<string[]> {
  const life = await simulate(seed);
  for (const sight of sightsOf(
    life,
    await life.world.pod(life.pod),
    await life.world.record(life.pod),
  ))
    seen.add(sight);
  const problems = await checkRest(life);
  if (one !== undefined)
    console.log(
      JSON.stringify(life.plan, null, 1),
      life.trace.join('\n'),
      JSON.stringify(await life.world.record(life.pod), null, 1),
      JSON.stringify((await life.world.pod(life.pod))?.status),
    );
  return problems.map((problem) => `SEED=${seed}: ${problem}`);
}

const batches =
  one === undefined
    ? Array.from({ length: Math.ceil(SEEDS / BATCH) }, (_, index) => index * BATCH)
    : [Number(one)];

it.each(batches)(
  'no pod is lost, doubled or stuck, whatever fails: seeds from %i',
  async (from) => {
    const problems: string[] = [];
    for (
      let seed = from;
      seed < (one === undefined ? Math.min(from + BATCH, SEEDS) : from + 1);
      seed++
    )
      problems.push(...(await problemsOf(seed)));
    expect(problems).toEqual([]);
  },
);

it.skipIf(one !== undefined || SEEDS < 1000)('the seeds draw every fault that a pod may meet', () =>
  expect([...seen].sort()).toEqual([...SIGHTS].sort()),
);
