// What needs no container engine but patience, and a process of its own: some measure what their process costs.
import { configDefaults, defineConfig } from 'vitest/config';
import { NEEDS_DOCKER, TAKES_LONG } from './test/rooms.ts';
import base from './vitest.config.ts';

export default defineConfig({
  test: {
    ...base.test,
    include: TAKES_LONG,
    exclude: [...configDefaults.exclude, ...NEEDS_DOCKER],
    maxWorkers: '100%',
  },
});
