// The bill of counted calls, against sums made by hand from AWS's price lists.
import { expect, it } from 'vitest';
import { billOf, taskPrice } from './prices.ts';
import type { Counts } from './prices.ts';

const NOTHING: Counts = {
  ...{ invocations: 0, gigabyteSeconds: 0, writeUnits: 0, readUnits: 0 },
  ...{ transitions: 0, schedules: 0 },
};

it.each<[what: string, counts: Partial<Counts>, dollars: number]>([
  ['nothing', {}, 0],
  ['a million invocations', { invocations: 1e6 }, 0.2],
  ['a million seconds of 512 MiB', { gigabyteSeconds: 500_000 }, 8.33335],
  ['a million write units', { writeUnits: 1e6 }, 0.625],
  ['a million read units', { readUnits: 1e6 }, 0.125],
  ['a thousand transitions', { transitions: 1_000 }, 0.025],
  ['a million schedules', { schedules: 1e6 }, 1],
  ['one of each million', { invocations: 1e6, writeUnits: 1e6, readUnits: 1e6 }, 0.95],
])('R8: %s', (_what, counts, dollars) => {
  expect(billOf({ ...NOTHING, ...counts }).total).toBeCloseTo(dollars, 8);
});

it('R8: a task is billed by the second, for a minute at least', () => {
  const smallest = { cpu: 0.25, gigabytes: 0.5 };
  expect(taskPrice(smallest, 3_600)).toBeCloseTo(0.0123425, 8);
  expect(taskPrice(smallest, 5)).toBeCloseTo(0.0123425 / 60, 8);
});
