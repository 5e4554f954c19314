// The controllers under faults, for a few seeds of each scenario; `npm run simulation` runs a thousand.
import { expect, it } from 'vitest';
import { play } from './play.ts';
import { SCENARIOS } from './scenarios/scenarios.ts';

/** By functions for two of three, by a process for one. */
const SEEDS = [1, 2, 3];

/** A day of a CronJob is a second's work, and a loaded machine takes longer. */
const PATIENCE_MS = 240_000;

const cases = Object.keys(SCENARIOS).flatMap((name) => SEEDS.map((seed) => [name, seed] as const));

it.each(cases)(
  'Q4: %s, seed %i: as wanted in the end and never too many on the way, whatever is lost or dies',
  { timeout: PATIENCE_MS },
  async (name, seed) => {
    expect(await play(name, seed)).toEqual([]);
  },
);
