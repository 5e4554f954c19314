// Spark in client mode: its executors are pods, each with a claim; `stop()` leaves neither behind, and prints no error.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { itWith } from './client-test.ts';
import { engineAddress } from './engine-address.ts';
import { debianImage } from './image.ts';
import { python } from './obtain.ts';

const HERE = fileURLToPath(new URL('spark', import.meta.url));

/** The driver's Python and the executors' image; undefined where one cannot be had. */
async function obtain(): Promise<{ path: string; image: string } | undefined> {
  const path = await python('spark', ['pyspark==4.0.1']);
  if (path === undefined) return undefined;
  const packages = join(
    dirname(path),
    '../lib',
    readdirSync(join(dirname(path), '../lib'))[0] ?? '',
  );
  const image = await debianImage('spark', {
    debian: ['python3', 'openjdk-17-jre-headless', 'ca-certificates'],
    pypi: [],
    files: {
      'opt/spark/jars': join(packages, 'site-packages/pyspark/jars'),
      'opt/entrypoint.sh': join(HERE, 'entrypoint.sh'),
    },
    changes: ['ENV PATH=/usr/bin:/bin', 'ENTRYPOINT ["/opt/entrypoint.sh"]'],
  });
  return image === undefined ? undefined : { path, image };
}

itWith(await obtain(), 'Spark: executors are pods with claims', async (client, { path, image }) => {
  const { dp, start, seen } = client;
  const api = /server: (\S+)/.exec(readFileSync(dp.kubeconfig, 'utf8'))?.[1] ?? '';
  const settings = { API: api, IMAGE: image, DRIVER_HOST: await engineAddress() };
  const driver = start(path, [join(HERE, 'job.py')], settings);
  await seen('pvc', '{.items[*].status.phase}', /^Bound Bound$/);
  const exit = await driver.done();
  expect(exit, driver.output()).toBe(0);
  expect(driver.output()).toContain('sum of squares: 328350');
  expect(driver.output().split('sum of squares')[1]).not.toMatch(/ERROR|Exception/);
  await expect
    .poll(async () => (await dp.k('get', 'pods,pvc,configmaps', '-o', 'name')).stdout, {
      timeout: 60_000,
    })
    .toBe('configmap/kube-root-ca.crt\n');
});
