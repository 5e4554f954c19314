// `npm run test:localstack`: the real stack on a LocalStack-compatible target.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['test/localstack/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 120_000 },
});
