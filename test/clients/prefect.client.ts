// Prefect's Kubernetes jobs: created, awaited, read, deleted with their pods; a failed one fails the flow.
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { itWith } from './client-test.ts';
import { python } from './obtain.ts';

const JOBS = fileURLToPath(new URL('prefect/jobs.py', import.meta.url));
const found = await python('prefect', ['prefect==3.9.1', 'prefect-kubernetes==0.8.0']);

itWith(found, 'Prefect: a flow runs Jobs', async ({ dp, runs }, path) => {
  const settings = {
    PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS: '240',
    PREFECT_HOME: `${dp.data}/prefect`,
    PREFECT_SERVER_ANALYTICS_ENABLED: 'false',
  };
  const output = await runs(path, [JOBS], settings);
  expect(output).toMatch(/logs: \{"succeeds-\w{5}": "from a job\\n"\}/);
  expect(output).toMatch(/refused: Job 'fails' failed due to \['BackoffLimitExceeded'\]/);
  await expect
    .poll(async () => (await dp.k('get', 'jobs,pods', '-o', 'name')).stdout, { timeout: 60_000 })
    .toMatch(/^job\.batch\/fails\npod\/fails-\w{5}\n$/);
});
