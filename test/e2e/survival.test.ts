// kill -9 of the serving process in the middle of everything, and a new `up`: everything acknowledged is still there and continues.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ENGINE_LABEL } from '../../local/agent/labels.ts';
import { droppod, podOf, type ContainerJson, type PodJson } from './droppod.ts';
import { begin, sharedDroppod } from './shared-droppod.ts';

const dp = sharedDroppod();
const main = (pod: PodJson): ContainerJson | undefined => pod.status.containerStatuses?.[0];

async function create(name: string, spec: object): Promise<void> {
  expect((await dp.kIn(podOf(name, spec), 'create', '-f', '-')).stderr).toBe('');
}

const shell = (script: string, spec: object = {}): object => ({
  terminationGracePeriodSeconds: 1,
  ...spec,
  containers: [{ name: 'main', image: 'busybox', command: ['sh', '-c', script] }],
});

/** Kills the serving process as a power cut would and starts another on the same data. */
async function killAndUp(): Promise<void> {
  const pid = dp.pid();
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => alive(pid)).toBe(false);
  await begin(dp);
  expect(dp.pid()).not.toBe(pid);
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Containers of this droppod, running or not. */
function containers(): string[] {
  const { id } = JSON.parse(readFileSync(join(dp.data, 'installation.json'), 'utf8')) as {
    id: string;
  };
  return execFileSync('docker', [
    'ps',
    '-aq',
    '--no-trunc',
    '--filter',
    `label=${ENGINE_LABEL}=${id}`,
  ])
    .toString()
    .split('\n')
    .filter(Boolean)
    .sort();
}

describe('kill -9 of the local process', () => {
  it('A3, C9: a running pod, a crash loop in its back-off and a finished pod are as they were, without a second start', async () => {
    await Promise.all([
      create('steady', shell('trap "exit 0" TERM; echo started; while :; do sleep 0.2; done')),
      create('done', shell('echo finished', { restartPolicy: 'Never' })),
    ]);
    await dp.until('done', ({ status }) => status.phase === 'Succeeded');
    // Read once complete: an id or the last condition may come slightly after the phase.
    const [steady, done] = await Promise.all([
      dp.until('steady', (pod) => main(pod)?.containerID !== undefined),
      dp.until('done', (pod) => main(pod)?.containerID !== undefined),
    ]);
    // The finished pod's task goes, with its podlet and its container.
    await expect.poll(() => containers().length).toBe(2);
    // Only now, so that its back-off is a short one.
    await create('loop', shell('echo run; exit 1'));
    const loop = await dp.until(
      'loop',
      (pod) => main(pod)?.state.waiting?.reason === 'CrashLoopBackOff',
    );
    const before = containers();
    expect(before).toHaveLength(4);
    await killAndUp();
    const [steadyAfter, doneAfter] = await Promise.all(
      ['steady', 'done'].map((name) => dp.until(name, () => true)),
    );
    expect(main(steadyAfter as PodJson)).toEqual(main(steady));
    expect((steadyAfter as PodJson).status.podIP).toBe(steady.status.podIP);
    expect((doneAfter as PodJson).status).toEqual(done.status);
    // The next run comes after the same back-off, with a continued count, and only once.
    const runs = main(loop)?.restartCount ?? 0;
    const again = await dp.until('loop', (pod) => (main(pod)?.restartCount ?? 0) > runs);
    expect(main(again)?.restartCount).toBe(runs + 1);
    expect(again.metadata.uid).toBe(loop.metadata.uid);
    const { state, lastState } = main(again) ?? {};
    const begun = (state?.running ?? state?.terminated ?? lastState?.terminated)?.startedAt ?? '';
    const waited =
      Date.parse(begun) - Date.parse(main(loop)?.lastState.terminated?.finishedAt ?? '');
    expect(waited).toBeGreaterThanOrEqual(9_000 * 2 ** (runs - 1));
    expect(containers().filter((id) => before.includes(id))).toEqual(before);
    expect((await dp.k('logs', 'steady')).stdout).toBe('started\n');
    expect((await dp.k('logs', 'done')).stdout).toBe('finished\n');
    expect((await dp.k('logs', 'loop')).stdout).toBe('run\n');
    expect((await dp.k('exec', 'steady', '--', 'echo', 'still here')).stdout).toBe('still here\n');
  });

  it('D2, R11: pods in the middle of their start start once', async () => {
    const names = ['mid-0', 'mid-1', 'mid-2', 'mid-3'];
    const before = containers().length;
    const mid = {
      terminationGracePeriodSeconds: 1,
      restartPolicy: 'Never',
      volumes: [{ name: 'v', emptyDir: {} }],
      initContainers: [
        {
          name: 'init',
          image: 'busybox',
          command: ['sh', '-c', 'echo i >> /v/starts; sleep 1'],
          volumeMounts: [{ name: 'v', mountPath: '/v' }],
        },
      ],
      containers: [
        {
          name: 'main',
          image: 'busybox',
          command: ['sh', '-c', 'echo m >> /v/starts; cat /v/starts; exec sleep 3600'],
          volumeMounts: [{ name: 'v', mountPath: '/v' }],
        },
      ],
    };
    await create('mid-0', mid);
    await dp.until(
      'mid-0',
      ({ status }) => status.initContainerStatuses?.[0]?.state.running !== undefined,
    );
    await Promise.all(names.slice(1).map((name) => create(name, mid)));
    await killAndUp();
    for (const name of names) {
      const pod = await dp.until(name, (one) => main(one)?.state.running !== undefined);
      expect(main(pod)?.restartCount).toBe(0);
      await expect.poll(async () => (await dp.k('logs', name)).stdout).toBe('i\nm\n');
    }
    // Three containers of each pod (podlet, init, main), and no leftovers of a first attempt.
    await expect.poll(() => containers().length - before).toBe(names.length * 3);
  });

  it('L6: a pod that is being deleted goes, and a delete in flight is not forgotten', async () => {
    await create(
      'slow',
      shell('trap "" TERM; echo deaf; while :; do sleep 0.2; done', {
        terminationGracePeriodSeconds: 6,
      }),
    );
    await dp.until('slow', (pod) => main(pod)?.state.running !== undefined);
    expect((await dp.k('delete', 'pod', 'slow', '--wait=false')).code).toBe(0);
    await killAndUp();
    // It may be gone already.
    const left = await dp.get('pod', 'slow');
    if (left) expect(left.metadata).toHaveProperty('deletionTimestamp');
    expect((await dp.k('wait', '--for=delete', 'pod/slow', '--timeout=180s')).code).toBe(0);
  });

  it('R1: a droppod that comes back on another port receives reports of its pods and reaches them', async () => {
    await create(
      'stays',
      shell('while [ ! -e /tmp/end ]; do sleep 0.1; done; exit 3', { restartPolicy: 'Never' }),
    );
    await dp.until('stays', (pod) => main(pod)?.state.running !== undefined);
    const server = async (): Promise<string> =>
      (await dp.k('config', 'view', '-o', 'jsonpath={.clusters[0].cluster.server}')).stdout;
    const before = await server();
    expect((await droppod(['down', '--data', dp.data])).code).toBe(0);
    await begin(dp, '--port', String(await freePort()));
    expect(await server()).not.toBe(before);
    expect((await dp.k('exec', 'stays', '--', 'touch', '/tmp/end')).code).toBe(0);
    expect(
      main(await dp.until('stays', ({ status }) => status.phase === 'Failed'))?.state.terminated
        ?.exitCode,
    ).toBe(3);
  });

  it('A13: after all of it every pod can be deleted, and no container is left', async () => {
    expect((await dp.k('delete', 'pods', '--all')).code).toBe(0);
    await expect.poll(() => containers()).toEqual([]);
  });
});
