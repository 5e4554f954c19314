// Airflow's operators for Jobs and pods in a DAG, run by `airflow dags test`.
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { itWith } from './client-test.ts';
import { python } from './obtain.ts';

const DAGS = fileURLToPath(new URL('airflow', import.meta.url));
const found = await python('airflow', [
  'apache-airflow==3.3.2',
  'apache-airflow-providers-cncf-kubernetes==10.25.0',
]);

itWith(found, 'Airflow: a DAG runs Jobs and pods', async ({ dp, runs }, path) => {
  const settings = {
    AIRFLOW_HOME: `${dp.data}/airflow`,
    AIRFLOW__CORE__DAGS_FOLDER: DAGS,
    AIRFLOW__CORE__LOAD_EXAMPLES: 'false',
    PYTHONDONTWRITEBYTECODE: '1',
  };
  await runs(path, ['-m', 'airflow', 'db', 'migrate'], settings);
  const output = await runs(path, ['-m', 'airflow', 'dags', 'test', 'clients'], settings);
  expect(output).toContain('from a job');
  expect(output).toContain('from a pod');
  const jobs = 'jsonpath={range .items[*]}{.metadata.name} {.status.succeeded}{"\\n"}{end}';
  expect((await dp.k('get', 'jobs', '-o', jobs)).stdout).toMatch(/^job-finished-\w+ 2\n$/);
});
