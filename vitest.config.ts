// Tests are files named *.test.ts under test/; time is virtual in all of them but test/e2e and test/contract.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // A loaded machine takes its time; what never comes still fails.
    expect: { poll: { timeout: 20_000 } },
  },
});
