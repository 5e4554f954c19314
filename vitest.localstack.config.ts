// `npm run test:localstack`: the real stack on a LocalStack-compatible target.
import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

export default defineConfig({
  test: { ...base.test, include: ['test/localstack/**/*.test.ts'] },
});
