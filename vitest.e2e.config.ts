// `npm run test:e2e`: what needs a container engine.
import { defineConfig } from 'vitest/config';
import { NEEDS_DOCKER } from './test/rooms.ts';
import base from './vitest.config.ts';

export default defineConfig({ test: { ...base.test, include: NEEDS_DOCKER } });
