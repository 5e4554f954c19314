// The limit on concurrent launches.
import { expect, it } from 'vitest';
import { createLimit } from '../../../local/agent/limit.ts';

it('runs at most so many at a time, in order, and goes on after a failure', async () => {
  const limit = createLimit(2);
  let running = 0;
  let most = 0;
  const begun: number[] = [];
  const works = Array.from({ length: 7 }, (_, i) =>
    limit(async () => {
      begun.push(i);
      most = Math.max(most, (running += 1));
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      running -= 1;
      if (i === 1) throw new Error('one fails');
      return i;
    }),
  );
  const outcomes = await Promise.allSettled(works);
  expect(most).toBe(2);
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(outcomes.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ]);
});
