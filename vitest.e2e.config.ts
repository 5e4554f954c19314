// `npm run test:e2e`: what needs a container engine.
import { defineConfig } from 'vitest/config';
import { NEEDS_DOCKER } from './test/rooms.ts';

export default defineConfig({
  test: { include: NEEDS_DOCKER, testTimeout: 60_000, hookTimeout: 120_000 },
});
