// `npm run test:unit`: what needs no container engine and little patience.
import { defineConfig, mergeConfig } from 'vitest/config';
import { TAKES_LONG } from './test/rooms.ts';
import computing from './vitest.computing.config.ts';

export default mergeConfig(computing, defineConfig({ test: { exclude: TAKES_LONG } }));
