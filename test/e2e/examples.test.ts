// Every example behaves as its comments say: one droppod, real containers, stock kubectl.
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { ENGINE_LABEL } from '../../local/agent/labels.ts';
import { readInstallation } from '../../local/installation.ts';
import { eventually, example, type PodJson } from './droppod.ts';
import { sharedDroppod } from './shared-droppod.ts';

const dp = sharedDroppod();
const condition = (pod: PodJson, type: string): string | undefined =>
  pod.status.conditions.find((one) => one.type === type)?.status;
const container = (
  pod: PodJson,
  name: string,
): NonNullable<PodJson['status']['containerStatuses']>[number] | undefined =>
  [...(pod.status.initContainerStatuses ?? []), ...(pod.status.containerStatuses ?? [])].find(
    (one) => one.name === name,
  );
const create = async (name: string): Promise<void> => {
  const { stdout, stderr } = await dp.k('create', '-f', example(name));
  expect(stderr).toBe('');
  expect(stdout.trim()).toBe(`pod/${name} created`);
};

/** Ids of a pod's podlet containers, found by the pod's host name. */
function podletsOf(pod: string): string[] {
  const ids = execFileSync('docker', [
    ...['ps', '-q', '--no-trunc'],
    ...['--filter', 'label=com.amazonaws.ecs.container-name=droppod-podlet'],
    ...['--filter', `label=${ENGINE_LABEL}=${readInstallation(dp.data)?.id ?? ''}`],
  ])
    .toString()
    .split('\n')
    .filter(Boolean);
  return ids.filter(
    (id) =>
      execFileSync('docker', ['inspect', '-f', '{{.Config.Hostname}}', id]).toString().trim() ===
      pod,
  );
}

describe.concurrent('pods that end', () => {
  it('B3, C1: hello prints its line and succeeds', async () => {
    await create('hello');
    const pod = await dp.until('hello', ({ status }) => status.phase === 'Succeeded');
    expect(container(pod, 'hello')?.state.terminated).toMatchObject({
      exitCode: 0,
      reason: 'Completed',
    });
    expect((await dp.k('logs', 'hello')).stdout).toBe('Hello from hello\n');
    expect(await dp.status('hello')).toBe('Completed');
  });

  it('C1: a container that exits with 0 under Never makes the pod Succeeded', async () => {
    await create('succeeds');
    await dp.until('succeeds', ({ status }) => status.phase === 'Succeeded');
    expect(await dp.status('succeeds')).toBe('Completed');
  });

  it('C2: exit code 3 under Never makes the pod Failed', async () => {
    await create('fails');
    const pod = await dp.until('fails', ({ status }) => status.phase === 'Failed');
    expect(container(pod, 'main')?.state.terminated).toMatchObject({
      exitCode: 3,
      reason: 'Error',
    });
    expect(await dp.status('fails')).toBe('Error');
    expect((await dp.k('logs', 'fails')).stdout).toBe('giving up\n');
  });

  it('C5, M3: a container over its memory limit is OOMKilled', async () => {
    await create('out-of-memory');
    const pod = await dp.until('out-of-memory', ({ status }) => status.phase === 'Failed');
    expect(container(pod, 'main')?.state.terminated).toMatchObject({
      exitCode: 137,
      reason: 'OOMKilled',
    });
    expect(await dp.status('out-of-memory')).toBe('OOMKilled');
  });

  it('G8: a wrong command is a StartError with exit code 128', async () => {
    await create('wrong-command');
    const pod = await dp.until('wrong-command', ({ status }) => status.phase === 'Failed');
    expect(container(pod, 'main')?.state.terminated).toMatchObject({
      exitCode: 128,
      reason: 'StartError',
    });
    expect(container(pod, 'main')?.state.terminated?.message).toContain(
      'executable file not found in $PATH',
    );
    expect(await dp.status('wrong-command')).toBe('StartError');
  });
});

describe.concurrent('pods that start', () => {
  it('D2, D3, D11, E5, F2: two init containers in sequence fill what the app serves and a helper reads over localhost', async () => {
    await create('web');
    const pod = await dp.until('web', (one) => condition(one, 'Ready') === 'True');
    const [first, second] = ['first', 'second'].map(
      (name) => container(pod, name)?.state.terminated,
    );
    expect(first?.exitCode).toBe(0);
    expect(Date.parse(second?.startedAt ?? '')).toBeGreaterThanOrEqual(
      Date.parse(first?.finishedAt ?? ''),
    );
    await eventually(
      async () => (await dp.k('logs', 'web', '-c', 'reader')).stdout,
      /<h1>first<\/h1><p>second<\/p>/,
    );
  });

  it('B1, G3: a missing image leaves the pod Pending with ErrImagePull, then ImagePullBackOff', async () => {
    await create('missing-image');
    const pod = await dp.until('missing-image', (one) =>
      ['ErrImagePull', 'ImagePullBackOff'].includes(
        container(one, 'main')?.state.waiting?.reason ?? '',
      ),
    );
    expect(pod.status.phase).toBe('Pending');
    await dp.until(
      'missing-image',
      (one) => container(one, 'main')?.state.waiting?.reason === 'ImagePullBackOff',
    );
    expect((await dp.k('delete', 'pod', 'missing-image')).stdout).toContain(
      'pod "missing-image" deleted',
    );
  });
});

describe.concurrent('restarts', () => {
  it('B10: crash-loop shows CrashLoopBackOff after its second run, and logs are the current run’s', async () => {
    await create('crash-loop');
    const pod = await dp.until(
      'crash-loop',
      (one) => (container(one, 'main')?.restartCount ?? 0) >= 2,
    );
    expect(pod.status.phase).toBe('Running');
    await dp.until(
      'crash-loop',
      (one) => container(one, 'main')?.state.waiting?.reason === 'CrashLoopBackOff',
    );
    expect((await dp.k('logs', 'crash-loop')).stdout).toBe('Hello World\n');
    expect((await dp.k('logs', 'crash-loop', '--previous')).stdout).toBe('Hello World\n');
    await dp.k('delete', 'pod', 'crash-loop');
  });

  it.each([
    ['init-fails-always', 'Init:CrashLoopBackOff', 'Pending'],
    ['init-fails-on-failure', 'Init:CrashLoopBackOff', 'Pending'],
    ['init-fails-never', 'Init:Error', 'Failed'],
  ])('D4, D5: %s ends up as %s', async (name, status, phase) => {
    await create(name);
    await eventually(() => dp.status(name), new RegExp(`^${status}$`));
    const pod = await dp.until(name, (one) => one.status.phase === phase);
    expect(container(pod, 'app')?.state.waiting?.reason).toBe('PodInitializing');
    await dp.k('delete', 'pod', name);
  });

  it('C3, C4: under Never a failed container stays down and its neighbour goes on, then the pod is Failed', async () => {
    await create('neighbours');
    const half = await dp.until(
      'neighbours',
      (one) => container(one, 'failing')?.state.terminated !== undefined,
    );
    expect(half.status.phase).toBe('Running');
    expect(container(half, 'steady')?.state.running).toBeDefined();
    const pod = await dp.until('neighbours', ({ status }) => status.phase === 'Failed');
    expect(container(pod, 'failing')?.restartCount).toBe(0);
    const [ours, theirs] = await Promise.all(
      ['steady', 'failing'].map(
        async (name) => (await dp.k('logs', 'neighbours', '-c', name)).stdout,
      ),
    );
    expect(new Set([...(ours ?? '').trim().split('\n'), (theirs ?? '').trim()])).toEqual(
      new Set([pod.status.podIP]),
    );
  });

  it('C3, C9: under OnFailure a failing container is restarted in place: same IP, the neighbour untouched', async () => {
    await create('neighbours-restart');
    const before = await dp.until(
      'neighbours-restart',
      // A container's id is known slightly after it runs.
      (one) => container(one, 'steady')?.containerID !== undefined,
    );
    const after = await dp.until(
      'neighbours-restart',
      (one) => (container(one, 'failing')?.restartCount ?? 0) >= 2,
    );
    expect(after.status.podIP).toBe(before.status.podIP);
    expect(container(after, 'steady')).toMatchObject({
      restartCount: 0,
      containerID: container(before, 'steady')?.containerID,
    });
    await dp.k('delete', 'pod', 'neighbours-restart', '--grace-period=1');
  });

  it('D6: a killed podlet relaunches the pod: init containers again, restart counts go on', async () => {
    await create('long-running');
    const before = await dp.until('long-running', (one) => condition(one, 'Ready') === 'True');
    const podlets = podletsOf('long-running');
    expect(podlets).toHaveLength(1);
    execFileSync('docker', ['kill', '-s', 'KILL', podlets[0] ?? '']);
    const after = await dp.until(
      'long-running',
      (one) =>
        condition(one, 'Ready') === 'True' && (container(one, 'main')?.restartCount ?? 0) === 1,
    );
    expect(after.metadata.uid).toBe(before.metadata.uid);
    expect(container(after, 'setup')?.state.terminated?.exitCode).toBe(0);
    expect(container(after, 'main')?.containerID).not.toBe(container(before, 'main')?.containerID);
    await dp.k('delete', 'pod', 'long-running');
  });
});
