// One droppod for all tests of a file.
import { afterAll, beforeAll, expect } from 'vitest';
import { testDroppod, type TestDroppod } from './droppod.ts';

/** A droppod that is up, without a first pod, before the file's first test, and purged after its last. */
export function sharedDroppod(): TestDroppod {
  const dp = testDroppod();
  beforeAll(async () => {
    const { code, stderr } = await dp.up('--no-hello');
    expect(`${code} ${stderr}`).toMatch(/^0 /);
  }, 280_000);
  afterAll(() => dp.purge(), 120_000);
  return dp;
}
