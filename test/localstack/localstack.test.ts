// The real stack on a LocalStack-compatible target: deployed by the CDK, used by stock kubectl, pods on this machine's Docker. Its
// functions, table, machine, rules and schedule are those for AWS; only DROPPOD_LOCALSTACK=off skips it, with a printed line.
import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINE_LABEL } from '../../local/agent/labels.ts';
import { listContainers } from '../../local/docker/containers.ts';
import { connectDocker, dockerSocketPath } from '../../local/docker/engine-api.ts';
import {
  containerOf,
  isReady,
  OUTCOMES,
  type Outcome,
  type PodJson,
} from '../../local/cli/verify/outcomes.ts';
import { readInstallation } from '../../local/installation.ts';
import { kubectl, kubectlWith, type Said } from '../e2e/kubectl.ts';
import { login, outputsIn } from './installation.ts';
import { DEPLOYMENT, FIXED, PROBES, SIDECAR, SLOW_END, TEN } from './pods.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EXAMPLES = join(ROOT, 'examples');
const isOff = process.env['DROPPOD_LOCALSTACK'] === 'off';
if (isOff)
  console.warn('DROPPOD_LOCALSTACK=off: the stack on a LocalStack-compatible target is NOT tested');

/** For what takes seconds on an idle machine. */
const PATIENCE_MS = 240_000;

const directory = mkdtempSync(join(tmpdir(), 'droppod-localstack-'));
/** What `npm run localstack` wrote for whoever tries by hand. */
let variables: Record<string, string> = {};

/** Stands for a missing pod: nothing of it is as expected. */
const NONE: PodJson = { metadata: { name: '', uid: '' }, status: { phase: '' } };

const k = (...words: string[]): Promise<Said> => kubectl(variables['KUBECONFIG'] ?? '', ...words);
async function apply(object: object): Promise<void> {
  const words = ['apply', '-f', '-'];
  const said = await kubectlWith(variables['KUBECONFIG'] ?? '', JSON.stringify(object), ...words);
  expect([said.code, said.stderr]).toEqual([0, '']);
}

async function pods(): Promise<Map<string, PodJson>> {
  const { stdout } = await k('get', 'pods', '-o', 'json');
  const { items = [] } = (stdout.startsWith('{') ? JSON.parse(stdout) : {}) as {
    items?: PodJson[];
  };
  return new Map(items.map((pod) => [pod.metadata.name, pod]));
}

/** The pods once each meets its outcome; fails with the last state of the others. */
async function until(outcomes: Record<string, Outcome>): Promise<Map<string, PodJson>> {
  const reached = new Map<string, PodJson>();
  const open = (): string[] => Object.keys(outcomes).filter((name) => !reached.has(name));
  await expect
    .poll(
      async () => {
        const all = await pods();
        for (const name of open()) {
          const pod = all.get(name);
          if (pod && outcomes[name]?.check(pod)) reached.set(name, pod);
        }
        return open().map((name) => `${name}: ${JSON.stringify(all.get(name)?.status)}`);
      },
      { timeout: PATIENCE_MS, interval: 1_000 },
    )
    .toEqual([]);
  for (const [name, { logs }] of Object.entries(outcomes))
    if (logs)
      await expect
        .poll(async () => said(await k('logs', name, ...logs[0])), { timeout: PATIENCE_MS })
        .toContain(logs[1]);
  return reached;
}

const said = ({ stdout, stderr }: Said): string => `${stdout}${stderr}`;

/** Assumptions of verify-aws that are quick to prove and that no example shows. */
const PROVEN = [
  ...['administrator', 'empty-answers', 'refusals', 'paths', 'marked-refusal', 'issuer'],
  ...['trusted-roots', 'stop-order', 'table-stream', 'supervise', 'unprivileged-user'],
  ...['network-files', 'dependencies', 'memory-volume', 'shared-processes', 'metadata'],
  ...['run-conflict', 'whole-log', 'streaming', 'expiry'],
];

/** Containers of this installation, exited ones too. */
async function containers(): Promise<number> {
  const docker = connectDocker(dockerSocketPath(process.env['DOCKER_HOST']));
  const label = `${ENGINE_LABEL}=${readInstallation(directory)?.id ?? ''}`;
  const found = await listContainers(docker, [label]);
  docker.close();
  return found.length;
}

/** A Deployment comes, shrinks and goes. */
async function rollOut(): Promise<void> {
  await apply(DEPLOYMENT);
  const rolled = await k('rollout', 'status', 'deployment/rolled', '--timeout=110s');
  expect([rolled.code, rolled.stderr]).toEqual([0, '']);
  await apply({ ...DEPLOYMENT, spec: { ...DEPLOYMENT.spec, replicas: 1 } });
  const scaled = await k('rollout', 'status', 'deployment/rolled', '--timeout=110s');
  expect([scaled.code, scaled.stderr]).toEqual([0, '']);
  expect((await k('delete', 'deployment', 'rolled')).code).toBe(0);
  await expect
    .poll(async () => [...(await pods()).keys()].filter((name) => name.startsWith('rolled-')), {
      timeout: PATIENCE_MS,
      interval: 1_000,
    })
    .toEqual([]);
}

/** The Job and the CronJob of the examples. */
async function jobsEnd(): Promise<void> {
  const waits = ['--timeout=110s', '--for'];
  expect((await k('wait', 'job/hello', ...waits, 'condition=complete')).code).toBe(0);
  expect(
    (await k('wait', 'cronjob/tick', ...waits, 'jsonpath={.status.lastSuccessfulTime}')).code,
  ).toBe(0);
}

const program = (file: string, words: string[]): Promise<Said> =>
  new Promise((resolve) => {
    execFile(
      file,
      words,
      { cwd: ROOT, env: { ...process.env, ...variables }, timeout: 590_000 },
      (error, stdout, stderr) => resolve({ stdout, stderr, code: error === null ? 0 : 1 }),
    );
  });

/** `./droppod` against the target. */
const droppod = (...words: string[]): Promise<Said> => program(join(ROOT, 'droppod'), words);

/** `npm run localstack -- --data …`, which must end well. */
async function npmRunLocalstack(...words: string[]): Promise<string> {
  const main = join(ROOT, 'test/localstack/main.ts');
  const said = await program(process.execPath, [
    ...['--import', 'tsx', main, '--data', directory],
    ...words,
  ]);
  console.log(said.stdout);
  expect([said.code, said.stderr]).toEqual([0, '']);
  return said.stdout;
}

/** The variables that a shell has after `. env`. */
const sourced = (): Record<string, string> =>
  Object.fromEntries(
    [...readFileSync(join(directory, 'env'), 'utf8').matchAll(/^export (\w+)='(.*)'$/gm)].map(
      ([, name = '', value = '']) => [name, value],
    ),
  );

/** The kubeconfig with another user. */
function kubeconfigOf(name: string, token: string): string {
  const config = JSON.parse(readFileSync(variables['KUBECONFIG'] ?? '', 'utf8')) as {
    users: { user: object }[];
  };
  for (const one of config.users) one.user = { token };
  const path = join(directory, name);
  writeFileSync(path, JSON.stringify(config));
  return path;
}

/** Processes that run below the directory. */
const processes = (): string[] =>
  (existsSync('/proc/self') ? readdirSync('/proc') : []).flatMap((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return `${line} ${readlinkSync(`/proc/${pid}/cwd`)}`.includes(directory) ? [line] : [];
    } catch {
      // No process, or gone meanwhile.
      return [];
    }
  });

describe.skipIf(isOff)('the real stack on a LocalStack-compatible target', () => {
  beforeAll(async () => {
    const text = await npmRunLocalstack();
    variables = sourced();
    expect(variables['KUBECONFIG']).toBe(join(directory, 'kubeconfig'));
    expect(text).toContain(`kubeconfig: ${variables['KUBECONFIG']}`);
  }, 900_000);
  afterAll(async () => {
    // After a failure before the last test.
    if (existsSync(directory)) await npmRunLocalstack('--down');
    rmSync(`${directory}.kube-cache`, { recursive: true, force: true });
  }, 400_000);

  it('R6: kubectl logs in with a session of the administrator’s role', async () => {
    const { stdout } = await k('auth', 'whoami', '-o', 'json');
    const { status } = JSON.parse(stdout) as { status: { userInfo: { groups: string[] } } };
    expect(status.userInfo.groups).toContain('system:masters');
    const stranger = kubeconfigOf('stranger', 'nobody');
    expect((await kubectl(stranger, 'get', 'pods')).stderr).toMatch(
      /provide credentials|Unauthorized/,
    );
  });

  it('a viewer reads what the role view may, no secrets, and writes nothing', async () => {
    const endpoint = variables['AWS_ENDPOINT_URL'] ?? '';
    const viewer = kubeconfigOf(
      'viewer',
      await login(endpoint, outputsIn(directory), 'ViewerRoleArn'),
    );
    const { code, stderr } = await kubectl(viewer, 'get', 'pods,deployments,configmaps', '-A');
    expect([code, stderr.replace(/^No resources found\n/, '')]).toEqual([0, '']);
    const refused = await Promise.all([
      kubectl(viewer, 'get', 'secrets'),
      kubectl(viewer, 'apply', '-f', join(EXAMPLES, 'hello.yaml')),
      kubectl(viewer, 'delete', 'namespace', 'default'),
      kubectl(viewer, 'create', 'token', 'default'),
    ]);
    expect(refused.filter(({ stderr }) => !/forbidden/i.test(stderr))).toEqual([]);
  });

  it('verify-aws proves what can be proven here', async () => {
    const rows = join(directory, 'rows.json');
    const words = ['--yes', '--kubeconfig', variables['KUBECONFIG'] ?? '', '--json', rows];
    const { code, stdout, stderr } = await droppod('verify-aws', ...words, '--only', ...PROVEN);
    expect([code, stderr], stdout).toEqual([0, '']);
    const results = JSON.parse(readFileSync(rows, 'utf8')) as {
      rows: { id: string; outcome: string; text: string }[];
    };
    const unproven = results.rows.filter(({ outcome }) => outcome === 'unproven');
    console.log(
      unproven.map(({ id, text }) => `verify-aws: ${id} is unproven: ${text}`).join('\n'),
    );
    expect(results.rows.length - unproven.length).toBeGreaterThan(15);
  }, 600_000);

  it('every example becomes what its text says', async () => {
    // All by one kubectl: each would ask for discovery and schemas again.
    const { code, stderr } = await k('apply', '-f', EXAMPLES);
    expect([code, stderr]).toEqual([0, '']);
    const names = readdirSync(EXAMPLES).map((file) => basename(file, '.yaml'));
    expect(names).toEqual(expect.arrayContaining(Object.keys(OUTCOMES)));
    await until(OUTCOMES);
    expect((await k('get', 'namespace', 'team-a', '-o', 'jsonpath={.status.phase}')).stdout).toBe(
      'Active',
    );
  }, 600_000);

  it('a sidecar serves and ends with its pod; probes make a pod ready, and restart its container', async () => {
    await apply({ apiVersion: 'v1', kind: 'List', items: [SIDECAR, PROBES] });
    const reached = await until({
      sidecar: {
        check: ({ status }) => status.phase === 'Succeeded',
        logs: [['-c', 'main'], 'served'],
      },
      probes: { check: (pod) => isReady(pod) && (containerOf(pod, 'main')?.restartCount ?? 0) > 0 },
    });
    const helper = containerOf(reached.get('sidecar') ?? NONE, 'helper');
    expect(helper?.state.terminated?.exitCode).toBe(0);
    const { stdout } = await k('get', 'events', '--field-selector', 'involvedObject.name=probes');
    for (const probe of ['Readiness', 'Liveness'])
      expect(stdout).toContain(`${probe} probe failed`);
  }, 600_000);

  it('a deletion gives its grace, and the pod is gone with its containers', async () => {
    await apply(SLOW_END);
    await until({ 'slow-end': { check: isReady } });
    const begun = Date.now();
    const { code } = await k('delete', 'pod', 'slow-end', 'probes');
    expect(code).toBe(0);
    expect(Date.now() - begun).toBeGreaterThan(3_000);
    expect((await pods()).has('slow-end')).toBe(false);
  }, 600_000);

  it('controllers run by the table’s stream: a Deployment rolls out and goes with its pods, Jobs end', async () => {
    await rollOut();
    await jobsEnd();
  }, 600_000);

  it('a redeploy leaves living pods alone, and what it brings serves the next', async () => {
    const before = (await pods()).get('long-running');
    const statics = join(directory, 'manifests');
    mkdirSync(statics);
    writeFileSync(join(statics, 'fixed.json'), JSON.stringify(FIXED));
    expect(
      await npmRunLocalstack(
        ...['--context', `staticPods=${statics}`],
        ...['--context', 'environment={"REDEPLOYED": "yes"}'],
      ),
    ).toContain('again');
    const after = (await until({ 'long-running': { check: isReady } })).get('long-running') ?? NONE;
    expect(after.metadata.uid).toBe(before?.metadata.uid);
    expect(containerOf(after, 'main')?.restartCount).toBe(0);
  }, 600_000);

  it('ten pods at once end as one would', async () => {
    await apply(TEN);
    await until(
      Object.fromEntries(
        TEN.items.map((_, at): [string, Outcome] => [
          `many-${at}`,
          {
            check: ({ status }) => status.phase === 'Succeeded',
            logs: [[], `this is ${at}\n`],
          },
        ]),
      ),
    );
  }, 400_000);

  it('static pods of the redeployment are there, and the API cannot delete them', async () => {
    await until({ 'fixed-fargate': { check: isReady } });
    expect((await k('delete', 'pod', 'fixed-fargate')).stderr).toContain('Forbidden');
  }, 600_000);

  it('destroy ends living pods and the stack', async () => {
    expect(await containers()).toBeGreaterThan(0);
    const { code, stdout, stderr } = await droppod('destroy', '--yes');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('droppod is deleted');
    await expect.poll(containers).toBe(0);
  }, 600_000);

  it('--down leaves no file, no process of what stayed, of the target and of its functions', async () => {
    expect(await npmRunLocalstack('--down')).toContain(directory);
    expect(existsSync(directory)).toBe(false);
    await expect.poll(processes).toEqual([]);
  }, 400_000);
});
