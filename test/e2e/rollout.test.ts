// A Deployment on real containers with stock kubectl: created, rolled, undone, scaled, deleted.
import { expect, it } from 'vitest';
import { eventually } from './droppod.ts';
import { sharedDroppod } from './shared-droppod.ts';

const dp = sharedDroppod();

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: 'app',
            image: 'busybox',
            imagePullPolicy: 'IfNotPresent',
            command: ['sleep', '3600'],
            env: [{ name: 'VERSION', value: '1' }],
          },
        ],
      },
    },
  },
};

async function said(...words: string[]): Promise<string> {
  const { stdout, stderr, code } = await dp.k(...words);
  expect(code, stderr).toBe(0);
  return stdout;
}
const rolled = (): Promise<string> => said('rollout', 'status', 'deployment/web', '--timeout=180s');
const versions = (): Promise<string> =>
  said(
    ...['get', 'pods', '-l', 'app=web', '--field-selector=status.phase=Running', '-o'],
    'jsonpath={range .items[?(@.status.phase=="Running")]}{.spec.containers[0].env[0].value}{end}',
  );

it('Q1, Q7, Q10: rolls from one version to the next and back', async () => {
  const { code, stderr } = await dp.kIn(JSON.stringify(deployment), 'apply', '-f', '-');
  expect(code, stderr).toBe(0);
  expect(await rolled()).toContain('deployment "web" successfully rolled out');
  expect(await versions()).toBe('11');
  const owner = await said(
    'get',
    'pods',
    '-l',
    'app=web',
    '-o',
    'jsonpath={.items[0].metadata.ownerReferences[0].kind}',
  );
  expect(owner).toBe('ReplicaSet');

  await said('set', 'env', 'deployment/web', 'VERSION=2');
  await rolled();
  expect(await said('rollout', 'history', 'deployment/web')).toMatch(/^1 .*\n2 /m);
  await said('rollout', 'undo', 'deployment/web');
  await rolled();
  const template = '{.spec.template.spec.containers[0].env[0].value}';
  expect(await said('get', 'deployment', 'web', '-o', `jsonpath=${template}`)).toBe('1');
});

it('Q8, Q9: replaces a pod that is deleted, and scales to nothing', async () => {
  // The pods of the version before may still be ending.
  const names = () => said('get', 'pods', '-l', 'app=web', '-o', 'name');
  const two = await eventually(names, /^pod\/\S+\npod\/\S+\n?$/);
  await said('delete', two.split('\n')[0]!);
  await said(
    'wait',
    '--for=jsonpath={.status.readyReplicas}=2',
    'deployment/web',
    '--timeout=180s',
  );
  await said('scale', 'deployment', 'web', '--replicas=0');
  await said('wait', '--for=delete', 'pod', '-l', 'app=web', '--timeout=180s');
  await said('delete', 'deployment', 'web');
  // Its sets are garbage-collected after it.
  await eventually(() => said('get', 'rs,pods', '-o', 'name'), /^$/);
});
