// What needs no container engine: it computes, so every processor has a share of it.
import { configDefaults, defineConfig } from 'vitest/config';
import { NEEDS_DOCKER } from './test/rooms.ts';
import base from './vitest.config.ts';

export default defineConfig({
  test: {
    ...base.test,
    exclude: [...configDefaults.exclude, ...NEEDS_DOCKER],
    maxWorkers: '100%',
  },
});
