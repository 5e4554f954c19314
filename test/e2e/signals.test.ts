// Signals to process 1 through all of droppod with kubectl, behaving as on a node (real containers).
import { describe, expect, it } from 'vitest';
import { eventually, podOf, type ContainerJson, type PodJson } from './droppod.ts';
import { sharedDroppod } from './shared-droppod.ts';

const dp = sharedDroppod();

async function running(
  name: string,
  command: string[],
  more: object = {},
  container: object = {},
): Promise<void> {
  const spec = {
    terminationGracePeriodSeconds: 20,
    ...more,
    containers: [
      { name: 'main', image: 'busybox', imagePullPolicy: 'IfNotPresent', command, ...container },
    ],
  };
  expect((await dp.kIn(podOf(name, spec), 'create', '-f', '-')).stderr).toBe('');
  await dp.until(name, ({ status: { phase } }) => phase === 'Running');
}

const main = ({ status }: PodJson): ContainerJson | undefined => status.containerStatuses?.[0];
const now = async (name: string): Promise<PodJson> =>
  JSON.parse((await dp.k('get', 'pod', name, '-o', 'json')).stdout) as PodJson;

describe.concurrent('process 1', () => {
  it('does not end by a signal from inside that it does not handle', async () => {
    await running('deaf', ['sleep', '3600'], { terminationGracePeriodSeconds: 2 });
    for (const signal of ['HUP', 'TERM', 'INT', 'QUIT', 'KILL'])
      expect((await dp.k('exec', 'deaf', '--', 'kill', `-${signal}`, '1')).code).toBe(0);
    expect((await dp.k('exec', 'deaf', '--', 'echo', 'still')).stdout).toBe('still\n');
    expect(main(await now('deaf'))).toMatchObject({ restartCount: 0, state: { running: {} } });
  });

  it('works through its grace where it has no handler, and ends with 137', async () => {
    await running('worker', ['sh', '-c', 'while :; do sleep 0.1; done'], {
      terminationGracePeriodSeconds: 4,
      restartPolicy: 'Never',
    });
    await dp.k('patch', 'pod', 'worker', '-p', '{"spec":{"activeDeadlineSeconds":1}}');
    const pod = await dp.until('worker', ({ status: { phase } }) => phase === 'Failed');
    expect(main(pod)?.state.terminated?.exitCode).toBe(137);
  });

  it('L4: preStop ends it by its own signal, which nobody asks about', async () => {
    const script =
      'trap "echo graceful; sleep 1; exit 0" QUIT; trap "echo fast; exit 1" TERM; echo up; while :; do sleep 0.2; done';
    await running(
      'graceful',
      ['sh', '-c', script],
      {},
      { lifecycle: { preStop: { exec: { command: ['sh', '-c', 'kill -QUIT 1; sleep 4'] } } } },
    );
    await eventually(async () => (await dp.k('logs', 'graceful')).stdout, /^up\n$/);
    const followed = dp.k('logs', '-f', 'graceful');
    await dp.k('delete', 'pod', 'graceful');
    expect((await followed).stdout).toBe('up\ngraceful\n');
  });
});
