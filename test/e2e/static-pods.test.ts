// `up --static-pods DIR` on real containers: the files decide, whatever the API is asked to do.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { eventually } from './droppod.ts';
import { sharedDroppod } from './shared-droppod.ts';

const directory = mkdtempSync(join(tmpdir(), 'droppod-static-'));
const file = join(directory, 'web.yaml');

/** A pod that prints the version of its file. */
const manifest = (version: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', labels: { app: 'web' } },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: 'main',
          image: 'busybox',
          imagePullPolicy: 'IfNotPresent',
          command: ['sh', '-c', `echo version ${version}; exec sleep 3600`],
        },
      ],
    },
  });

writeFileSync(file, manifest('1'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const dp = sharedDroppod('--static-pods', directory);

const logs = async (): Promise<string> => (await dp.k('logs', '-l', 'app=web')).stdout;
const uid = async (): Promise<string> =>
  (await dp.k('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].metadata.uid}')).stdout;

it('P1, P2: a pod of a file runs, the API cannot delete it, another file replaces it, and no file removes it', async () => {
  await eventually(logs, /version 1/);
  const first = await uid();
  const refused = await dp.k('delete', 'pods', '-l', 'app=web');
  expect(refused.stderr).toContain('it is a static pod');
  expect(await uid()).toBe(first);
  writeFileSync(file, manifest('2'));
  await eventually(logs, /version 2/);
  expect(await uid()).not.toBe(first);
  rmSync(file);
  await eventually(uid, /^$/);
});
