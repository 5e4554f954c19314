// Values that stand in a list more than once.
import { expect, it } from 'vitest';
import { repeats } from '../src/repeats.ts';

it.each([
  [[], []],
  [['a', 'b'], []],
  [
    ['a', 'b', 'a', 'a', 'b'],
    [2, 3, 4],
  ],
  [[undefined, '', undefined], [2]],
])('of %j they are at %j', (values, places) => expect([...repeats(values)]).toEqual(places));
