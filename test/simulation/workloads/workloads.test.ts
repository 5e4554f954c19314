// The controllers where everything goes wrong, for a few seeds of each scenario; `npm run simulation` plays a thousand.
import { expect, it } from 'vitest';
import { play } from './play.ts';
import { SCENARIOS } from './scenarios/scenarios.ts';

/** Run by functions twice, by a process once. */
const SEEDS = [1, 2, 3];

/** A day of a CronJob is a second's work, and a loaded machine takes its time. */
const PATIENCE_MS = 240_000;

const cases = Object.keys(SCENARIOS).flatMap((name) => SEEDS.map((seed) => [name, seed] as const));

it.each(cases)(
  'Q4: %s, seed %i: as wanted in the end and never too many on the way, whatever is lost or dies',
  { timeout: PATIENCE_MS },
  async (name, seed) => {
    expect(await play(name, seed)).toEqual([]);
  },
);
