// The measurement itself: it detects quadratic growth, and is not misled by a step or a sort.
import { expect, it } from 'vitest';
import { growthProblem } from './work.ts';

const LONGEST_MS = 300_000;
const numbers = (n: number): number[] =>
  Array.from({ length: n }, (_, index) => (index * 7919) % n);

it(
  'finds a look-up of each entry among all others',
  async () => {
    const twins = (list: number[]): number =>
      list.filter((one, at) => list.indexOf(one) !== at).length;
    expect(await growthProblem(4_000, numbers, twins, 16_000)).toMatch(/take .* times as long as/);
  },
  LONGEST_MS,
);

it(
  'finds a list that is copied for each entry',
  async () => {
    const copied = (list: number[]): number[] =>
      list.reduce<number[]>((all, one) => [...all, one], []);
    expect(await growthProblem(4_000, numbers, copied, 16_000)).toMatch(/times as long as/);
  },
  LONGEST_MS,
);

it.each<[string, (list: number[]) => unknown]>([
  ['a walk', (list) => new Set(list.map(String)).size],
  ['a sort', (list) => [...list].sort((a, b) => a - b)],
  [
    'a step that a bound makes',
    (list) => list.map((one) => 'x'.repeat(list.length < 40_000 ? 1 : 50) + String(one)).join(''),
  ],
])(
  'finds nothing in %s',
  async (_what, run) => expect(await growthProblem(10_000, numbers, run)).toBeUndefined(),
  LONGEST_MS,
);
