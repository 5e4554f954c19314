// `npm run test:unit`: what needs no container engine and little patience. It computes, so every processor has a share of it.
import { configDefaults, defineConfig } from 'vitest/config';
import { NEEDS_DOCKER, TAKES_LONG } from './test/rooms.ts';
import base from './vitest.config.ts';

export default defineConfig({
  test: {
    ...base.test,
    exclude: [...configDefaults.exclude, ...NEEDS_DOCKER, ...TAKES_LONG],
    maxWorkers: '100%',
    // A worker loads each module once for all its files, which take turns in one process (docs/decisions.md).
    isolate: false,
    setupFiles: 'test/left-as-found.ts',
  },
});
