// One droppod for all tests of a file.
import { afterAll, beforeAll, expect } from 'vitest';
import { testDroppod, type TestDroppod } from './droppod.ts';

/** Starts it, without a first pod and with these options of `up`; fails with what `up` printed. */
export async function begin(dp: TestDroppod, ...options: string[]): Promise<void> {
  const { code, stderr } = await dp.up('--no-hello', ...options);
  expect(`${code} ${stderr}`).toMatch(/^0 /);
}

/** A droppod that is up before the file's first test, and before hooks that are registered later; purged after them. */
export function sharedDroppod(...options: string[]): TestDroppod {
  const dp = testDroppod();
  beforeAll(() => begin(dp, ...options));
  afterAll(() => dp.purge());
  return dp;
}
