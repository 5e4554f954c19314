// Stock helm 4 with a chart of a Deployment, Jobs as hooks, and a custom kind: installed, tested, upgraded, rolled back, uninstalled.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { eventually } from '../e2e/droppod.ts';
import { helmPath, type Said } from '../e2e/kubectl.ts';
import { sharedDroppod } from '../e2e/shared-droppod.ts';

const CHART = fileURLToPath(new URL('helm/greeter', import.meta.url));
// Under load every pod takes a while, and helm's own timeout reports what it waits for.
const WAIT = ['--wait', '--timeout', '3m'];
const dp = sharedDroppod();

/** Runs helm with its own folders; never rejects for its exit code. */
function helm(...words: string[]): Promise<Said> {
  const env = {
    ...process.env,
    KUBECONFIG: dp.kubeconfig,
    HELM_CACHE_HOME: join(dp.data, 'helm/cache'),
    HELM_CONFIG_HOME: join(dp.data, 'helm/config'),
    HELM_DATA_HOME: join(dp.data, 'helm/data'),
  };
  return new Promise((resolve) => {
    execFile(helmPath(), words, { env, timeout: 200_000 }, (error, stdout, stderr) =>
      resolve({
        stdout,
        stderr,
        code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1,
      }),
    );
  });
}

async function succeeds(...words: string[]): Promise<string> {
  const { stdout, stderr, code } = await helm(...words);
  expect(code, `helm ${words.join(' ')}: ${stderr}`).toBe(0);
  return stdout;
}

/** A field of an object, as kubectl prints it. */
async function field(object: string, path: string): Promise<string> {
  const { stdout, stderr } = await dp.k('get', object, '-o', `jsonpath={${path}}`);
  expect(stderr).toBe('');
  return stdout;
}

/** What is left of the release: pods, workloads and custom objects. */
async function remaining(): Promise<string> {
  const kinds = 'deployments,replicasets,jobs,pods,configmaps,services,greetings,secrets';
  const { stdout } = await dp.k('get', kinds, '-o', 'name');
  // These exist without any release.
  return stdout.replaceAll(/^(configmap\/kube-root-ca\.crt|service\/kubernetes)\n/gm, '');
}

it('Q1, Q4: is installed: the custom kind, the hook Job and a Deployment that serves', async () => {
  await succeeds('install', 'web', CHART, ...WAIT);
  expect(await succeeds('status', 'web')).toContain('STATUS: deployed');
  expect((await dp.k('logs', 'job/web-migrate')).stdout).toBe('migrated to one\n');
  expect(await field('deployment/web', '.status.readyReplicas')).toBe('1');
  expect((await dp.k('get', 'greeting', 'web', '--no-headers')).stdout).toMatch(/^web +one\n/);
  expect(await field('greeting/web', '.spec.language')).toBe('en');
  expect(await succeeds('test', 'web', '--logs')).toContain('greets with one');
});

it('Q7: is upgraded: a rollout of new pods, and the hook before it', async () => {
  await succeeds('upgrade', 'web', CHART, '--set', 'greeting=two,replicas=2', ...WAIT);
  expect((await dp.k('logs', 'job/web-migrate')).stdout).toBe('migrated to two\n');
  expect(await field('deployment/web', '.status.readyReplicas')).toBe('2');
  expect(await field('greeting/web', '.spec.text')).toBe('two');
  const pods = await dp.k('get', 'pods', '-l', 'greeting=two', '-o', 'name');
  const served = await dp.k('exec', pods.stdout.split('\n')[0] ?? '', '--', 'cat', '/www/greeting');
  expect(served.stdout).toBe('two');
});

it('says what an upgrade may not do: a schema that refuses, a hook that fails', async () => {
  const long = `greeting=${'x'.repeat(21)}`;
  const refused = await helm('upgrade', 'web', CHART, '--set', long, '--no-hooks');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('spec.text: Too long: may not be more than 20 bytes');
  const failing = 'greeting=three,migrationExitCode=1';
  const failed = await helm('upgrade', 'web', CHART, '--set', failing, ...WAIT);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toContain('pre-upgrade hooks failed');
  expect(await field('greeting/web', '.spec.text')).toBe('two');
});

it('is rolled back to what it was', async () => {
  await succeeds('rollback', 'web', '1', ...WAIT);
  expect(await field('deployment/web', '.spec.replicas')).toBe('1');
  expect(await field('greeting/web', '.spec.text')).toBe('one');
  await eventually(() => field('deployment/web', '.status'), /"replicas":1,/);
  const history = JSON.parse(await succeeds('history', 'web', '-o', 'json')) as {
    status: string;
  }[];
  expect(history.map(({ status }) => status)).toEqual([
    'superseded',
    'superseded',
    'failed',
    'failed',
    'deployed',
  ]);
});

it('is uninstalled with all that it brought but the custom kind', async () => {
  await succeeds('uninstall', 'web', ...WAIT);
  // Hooks are not part of a release: helm leaves the Job, and its pod, to its users.
  await eventually(remaining, /^job\.batch\/web-migrate\npod\/web-migrate-\w+\n$/);
  expect(await field('crd/greetings.charts.example.com', '.spec.names.kind')).toBe('Greeting');
});
