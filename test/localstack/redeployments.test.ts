// Whoever calls again while a deployment is under way waits for the own one.
import { expect, it } from 'vitest';
import { redeployments } from './redeployments.ts';

it('a call during a deployment is over with its own, whatever became of the one before', async () => {
  const ends: (() => void)[] = [];
  let fails = true;
  const over: string[] = [];
  const { again, last } = redeployments(
    async () => {
      await new Promise<void>((resolve) => ends.push(resolve));
      if (fails) throw new Error('no stack');
    },
    (failure) => over.push(failure),
  );
  again();
  await expect.poll(() => ends.length).toBe(1);
  again();
  ends[0]?.();
  await expect.poll(() => ends.length).toBe(2);
  expect(over).toEqual([]);
  fails = false;
  ends[1]?.();
  await last();
  expect(over).toEqual(['']);
  fails = true;
  again();
  await expect.poll(() => ends.length).toBe(3);
  ends[2]?.();
  await last();
  expect(over).toEqual(['', 'Error: no stack']);
});
