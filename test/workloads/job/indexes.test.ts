// Sets of completion indexes as text.
import { expect, it } from 'vitest';
import {
  countIndexes,
  formatIndexes,
  hasIndex,
  parseIndexes,
  withIndexes,
} from '../../../src/workloads/job/indexes.ts';

it.each([
  ['', [0], '0'],
  ['0', [1], '0,1'],
  ['0,1', [2], '0-2'],
  ['0-2', [4], '0-2,4'],
  ['0-2,4', [3, 9], '0-4,9'],
  ['5', [5, 7, 6], '5-7'],
])('Q4: %j and %j are %j', (before, more, after) => {
  const all = withIndexes(parseIndexes(before, 10), more);
  expect(formatIndexes(all)).toBe(after);
  for (const index of more) expect(hasIndex(all, index)).toBe(true);
});

it('Q4: indexes beyond the completions count no more', () => {
  expect(countIndexes(parseIndexes('0-2,4,6-9', 8))).toBe(6);
  expect(hasIndex(parseIndexes('0-2,4', 10), 3)).toBe(false);
});
