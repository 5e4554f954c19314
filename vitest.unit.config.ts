// `npm run test:unit`: what needs no container engine and little patience.
import { configDefaults, defineConfig, mergeConfig } from 'vitest/config';
import { NEEDS_DOCKER, TAKES_LONG } from './test/rooms.ts';
import base from './vitest.config.ts';

export default mergeConfig(
  base,
  defineConfig({ test: { exclude: [...configDefaults.exclude, ...NEEDS_DOCKER, ...TAKES_LONG] } }),
);
