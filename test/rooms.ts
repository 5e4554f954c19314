// Which test files need more than this process: the lists behind `npm run test:unit` and `npm run test:e2e`.

/** Tests that need a container engine. */
export const NEEDS_DOCKER = [
  'test/e2e/**/*.test.ts',
  'test/clients/*.test.ts',
  'test/**/*.container.test.ts',
  'test/chaos/**/*.test.ts',
  'test/fuzz/**/*.test.ts',
  'test/contract/{ecs,images}.test.ts',
  'test/localstack/**/*.test.ts',
];

/** Slow tests: searches, budgets, doors under attack, a synthesized stack, another runtime. Only the whole suite runs them. */
export const TAKES_LONG = [
  'test/budget/**/*.test.ts',
  'test/cdk/**/*.test.ts',
  'test/local/cli/deploy.test.ts',
  'test/local/doors/**/*.test.ts',
  'test/podlet/on-bun.test.ts',
  'test/podlet/image/parts.test.ts',
  'test/simulation/**/*.test.ts',
  'test/steps/sweep/{sweep-many,sweep-switch}.test.ts',
];
