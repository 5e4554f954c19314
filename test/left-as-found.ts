// What a test file changes of its process, it gives back: the worker runs other files after it (vitest.unit.config.ts).
import { afterAll, beforeAll, expect } from 'vitest';

const LISTENED = [
  'SIGHUP',
  'SIGINT',
  'SIGTERM',
  'uncaughtException',
  'unhandledRejection',
  'warning',
] as const;

const shared = () => ({
  variables: { ...process.env },
  rest: {
    directory: process.cwd(),
    exitCode: process.exitCode,
    listeners: LISTENED.map((name) => [name, process.listenerCount(name)]),
    functions: { Date, now: Date.now, setTimeout, setInterval, setImmediate, fetch },
    globals: Object.getOwnPropertyNames(globalThis).sort(),
  },
});

/** The names of variables that differ: their values may be secrets. */
const changed = (before: NodeJS.ProcessEnv, after: NodeJS.ProcessEnv): string[] =>
  Object.keys({ ...before, ...after }).filter((name) => before[name] !== after[name]);

let found: ReturnType<typeof shared>;
beforeAll(() => {
  found = shared();
});
// The first that is asked for is the last that runs: by then the file has given back what it would.
afterAll(() => {
  const left = shared();
  expect(changed(found.variables, left.variables)).toEqual([]);
  expect(left.rest).toEqual(found.rest);
});
