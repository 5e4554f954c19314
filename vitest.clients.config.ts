// `npm run test:clients`: real clients, brought by their package managers, against real containers.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: 'test/temporary.ts',
    include: ['test/clients/*.test.ts', 'test/clients/*.client.ts'],
    // Each brings a droppod of its own, and some bring a web server, a database or a JVM; the clients are fetched before the first test.
    fileParallelism: false,
    testTimeout: 900_000,
  },
});
