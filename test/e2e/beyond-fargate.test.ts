// Local mode's extras, with stock kubectl: ephemeral containers, in-place resize, host paths.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { podOf, type PodJson } from './droppod.ts';
import { sharedDroppod } from './shared-droppod.ts';

const host = mkdtempSync(join(tmpdir(), 'droppod-host-'));
afterAll(() => rmSync(host, { recursive: true, force: true }));
const local = sharedDroppod('--beyond-fargate');
const sleeper = {
  terminationGracePeriodSeconds: 1,
  containers: [
    {
      name: 'app',
      image: 'busybox',
      command: ['sh', '-c', 'trap exit TERM; sleep 10000 & wait'],
      resources: {
        requests: { cpu: '100m', memory: '20Mi' },
        limits: { cpu: '200m', memory: '40Mi' },
      },
      resizePolicy: [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }],
    },
  ],
};
const running = ({ status }: PodJson): boolean =>
  status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True');
const quota = async (): Promise<string> =>
  (
    await local.k(
      'exec',
      'size',
      '-c',
      'app',
      '--',
      'sh',
      '-c',
      'cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/cpu.max /sys/fs/cgroup/memory.max',
    )
  ).stdout
    .replaceAll(/ 100000|\n/g, ' ')
    .trim();

it('kubectl debug: a container joins the running pod and sees the processes of its target', async () => {
  await local.kIn(podOf('target', sleeper), 'apply', '-f', '-');
  await local.until('target', running);
  const debug = await local.k(
    'debug',
    'target',
    '--profile=general',
    '--image=busybox',
    '--target=app',
    '-c',
    'dbg',
    '--',
    'sh',
    '-c',
    'ps; hostname; sleep 1000',
  );
  expect(debug.code, debug.stderr).toBe(0);
  const statusOf = ({ status }: PodJson): { state: { running?: object } } | undefined =>
    (status as { ephemeralContainerStatuses?: { state: { running?: object } }[] })
      .ephemeralContainerStatuses?.[0];
  await local.until('target', (pod) => statusOf(pod)?.state.running !== undefined);
  await expect
    .poll(async () => (await local.k('logs', 'target', '-c', 'dbg')).stdout)
    .toMatch(/sleep 10000[^]*target/);
  expect((await local.k('exec', 'target', '-c', 'dbg', '--', 'echo', 'marco')).stdout).toBe(
    'marco\n',
  );
});

it('resize: cpu changes in place, memory by the restart that its policy asks for', async () => {
  await local.kIn(podOf('size', sleeper), 'apply', '-f', '-');
  await local.until('size', running);
  expect(await quota()).toBe('20000 41943040');
  const resize = (limits: object) =>
    local.k(
      'patch',
      'pod',
      'size',
      '--subresource',
      'resize',
      '--patch',
      JSON.stringify({ spec: { containers: [{ name: 'app', resources: { limits } }] } }),
    );
  expect((await resize({ cpu: '300m' })).code).toBe(0);
  const limitsOf = ({ status }: PodJson): unknown =>
    (status.containerStatuses?.[0] as { resources?: { limits: unknown } } | undefined)?.resources
      ?.limits;
  await expect.poll(quota).toBe('30000 41943040');
  expect((await resize({ memory: '60Mi' })).code).toBe(0);
  const after = await local.until(
    'size',
    (pod) => pod.status.containerStatuses?.[0]?.restartCount === 1 && running(pod),
  );
  expect(limitsOf(after)).toEqual({ cpu: '300m', memory: '60Mi' });
  expect(await quota()).toBe('30000 62914560');
});

it('hostPath: a directory of the machine is mounted, and made where it is missing', async () => {
  const spec = {
    terminationGracePeriodSeconds: 1,
    restartPolicy: 'Never',
    volumes: [{ name: 'h', hostPath: { path: join(host, 'made'), type: 'DirectoryOrCreate' } }],
    containers: [
      {
        name: 'app',
        image: 'busybox',
        command: ['sh', '-c', 'echo from-pod > /h/file'],
        volumeMounts: [{ name: 'h', mountPath: '/h' }],
      },
    ],
  };
  expect((await local.kIn(podOf('hostpath', spec), 'apply', '-f', '-')).code).toBe(0);
  await local.until('hostpath', ({ status }) => status.phase === 'Succeeded');
  expect(readFileSync(join(host, 'made', 'file'), 'utf8')).toBe('from-pod\n');
});

it('a privileged container has what the machine can give, which is enough to mount', async () => {
  const app = {
    name: 'app',
    image: 'busybox',
    imagePullPolicy: 'IfNotPresent',
    securityContext: { privileged: true },
    command: ['sh', '-c', 'mkdir /t && mount -t tmpfs none /t && grep -c " /t " /proc/mounts'],
  };
  await local.kIn(podOf('free', { restartPolicy: 'Never', containers: [app] }), 'apply', '-f', '-');
  const { status } = await local.until(
    'free',
    (pod) => pod.status.phase !== 'Pending' && pod.status.phase !== 'Running',
  );
  expect(status.phase).toBe('Succeeded');
  expect((await local.k('logs', 'free')).stdout).toBe('1\n');
});
