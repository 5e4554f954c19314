// R3: in-place restarts on one Fargate task with Kubernetes' back-off, hooks, probes, a long grace and correct exit codes, to the second.
import { expect, it } from 'vitest';
import type { Pod } from '../../src/kinds/pod.ts';
import { PodWorld } from '../fakes/pod-world.ts';
import type { ScriptedRun } from '../fakes/scripted-podlet.ts';

const exec = (...command: string[]) => ({ exec: { command } });
const probe = { periodSeconds: 10, timeoutSeconds: 1, successThreshold: 1, failureThreshold: 1 };

async function world(
  spec: Partial<Pod['spec']['containers'][number]>,
  runs: ScriptedRun[],
  {
    pod = {},
    failing = () => false,
  }: { pod?: Partial<Pod['spec']>; failing?: (command: string, call: number) => boolean } = {},
) {
  const calls: string[] = [];
  const made: PodWorld = new PodWorld({
    agent: true,
    commands: (_container, [command = '']) => {
      calls.push(command);
      return { code: failing(command, calls.filter((call) => call === command).length) ? 1 : 0 };
    },
  });
  const created = await made.create(
    { restartPolicy: 'Always', containers: [{ name: 'a', image: 'busybox', ...spec }], ...pod },
    (_name, run) => runs[Math.min(run, runs.length) - 1] ?? {},
  );
  return { made, created, calls };
}

const starts = ({ events }: PodWorld): number[] =>
  events.filter(({ what }) => what === 'start').map(({ at }) => Math.round(at));
const status = async (made: PodWorld, pod: Pod) =>
  (await made.pod(pod))?.status.containerStatuses?.[0];

it('R3: the back-off is Kubernetes’ and the pod keeps its one task, its address and its count', async () => {
  const { made, created } = await world({}, [{ seconds: 1, exitCode: 1 }]);
  await made.clock.advance(2_000);
  const before = (await made.pod(created))?.status.podIP;
  await made.clock.advance(1000_000);
  expect(starts(made)).toEqual([0, 1, 12, 33, 74, 155, 316, 617, 918]);
  expect(made.tasks.tasks.size).toBe(1);
  expect((await made.pod(created))?.status.podIP).toBe(before);
  expect(await status(made, created)).toMatchObject({ restartCount: 8 });
});

it.each([0, 1, 42, 126, 127, 137, 143, 255])(
  'R3: exit code %i is shown as it was',
  async (exitCode) => {
    const { made, created } = await world({}, [{ seconds: 1, exitCode }], {
      pod: { restartPolicy: 'Never' },
    });
    await made.clock.advance(30_000);
    expect((await status(made, created))?.state?.terminated).toMatchObject({
      exitCode,
      reason: exitCode === 0 ? 'Completed' : 'Error',
    });
    expect((await made.pod(created))?.status.phase).toBe(exitCode === 0 ? 'Succeeded' : 'Failed');
  },
);

it('R3: a liveness probe restarts in place, with preStop before TERM and postStart in each run', async () => {
  const { made, created, calls } = await world(
    {
      livenessProbe: { ...probe, ...exec('live') },
      lifecycle: { postStart: exec('hello'), preStop: exec('bye') },
    },
    [{ termSeconds: 4, termCode: 5 }, {}],
    {
      pod: { terminationGracePeriodSeconds: 30 },
      failing: (command, call) => command === 'live' && call === 3,
    },
  );
  await made.clock.advance(120_000);
  expect(calls.filter((call) => call !== 'live')).toEqual(['hello', 'bye', 'hello']);
  expect(await status(made, created)).toMatchObject({
    restartCount: 1,
    state: { running: {} },
    lastState: { terminated: { exitCode: 5 } },
  });
  expect(made.tasks.tasks.size).toBe(1);
});

it.each([
  ['startupProbe', 1],
  ['livenessProbe', 1],
  ['readinessProbe', 0],
] as const)('R3: a failing %s means %i restarts', async (field, restarts) => {
  const { made, created } = await world({ [field]: { ...probe, ...exec('check') } }, [{}], {
    failing: (_command, call) => call === 1,
  });
  await made.clock.advance(60_000);
  expect(await status(made, created)).toMatchObject({ restartCount: restarts, ready: true });
});

it('R3: a grace beyond ECS’s two minutes is kept', async () => {
  const { made, created } = await world({}, [{ termSeconds: 590, termCode: 3 }], {
    pod: { terminationGracePeriodSeconds: 600 },
  });
  await made.clock.advance(10_000);
  await made.delete(created, 600);
  await made.clock.advance(580_000);
  expect(await made.cell(created)).toBe('Terminating');
  await made.clock.advance(30_000);
  expect(made.events.at(-1)).toMatchObject({ what: 'exit', exitCode: 3, at: 600 });
  expect(await made.pod(created)).toBeUndefined();
});
