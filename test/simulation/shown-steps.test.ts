// The steps of a pod that a watcher sees, where a real node writes several instead of one: ends, deletions, restarts.
import { expect, it } from 'vitest';
import { sync } from '../../src/steps/sync/sync.ts';
import type { ContainerState, Pod } from '../../src/kinds/pod.ts';
import { bootstrapToken } from '../../src/auth/podlet-credential.ts';

import { toPod } from '../../src/pod/model/to-pod.ts';
import { PodWorld } from '../fakes/pod-world.ts';
import type { Script, WorldOptions } from '../fakes/pod-world.ts';

type Spec = Pod['spec'];

function stateText({ waiting, running, terminated }: ContainerState = {}): string {
  if (running) return 'running';
  return terminated ? `exit ${terminated.exitCode}` : (waiting?.reason ?? '');
}

/** Phase, grace of the deletion, sandbox, Ready and the containers; `n×`: restarts; `<`: last state. */
function stepText(type: string, { metadata, status }: Pod): string {
  const of = (name: string) => status.conditions?.find((condition) => condition.type === name);
  const containers = [
    ...(status.initContainerStatuses ?? []),
    ...(status.containerStatuses ?? []),
  ].map(
    ({ name, state, lastState, restartCount }) =>
      `${name} ${restartCount}× ${stateText(state)}${lastState?.terminated ? ` < ${stateText(lastState)}` : ''}`,
  );
  const grace =
    metadata.deletionTimestamp === undefined ? '' : ` grace ${metadata.deletionGracePeriodSeconds}`;
  return `${type === 'DELETED' ? 'gone ' : ''}${status.phase}${grace}, sandbox ${of('PodReadyToStartContainers')?.status}, ready ${of('Ready')?.reason ?? of('Ready')?.status}: ${containers.join(', ')}`;
}

/** The pod's distinct steps from the first container on; all of them if none is created. */
async function stepsOf({ ports }: PodWorld, { metadata }: Pod): Promise<string[]> {
  const { entries } = await ports.store.changes('0' as never, { waitMs: 0 });
  const texts = entries
    .filter(({ key, object }) => key.resource === 'pods' && object.metadata.uid === metadata.uid)
    .map(({ type, object }) => stepText(type, toPod(object)));
  const distinct = texts.filter((text, index) => text !== texts[index - 1]);
  const made = distinct.findIndex(
    (text) => text.includes('sandbox True') && !text.includes('Creating'),
  );
  return made < 0 ? distinct : distinct.slice(made);
}

/** Runs for `seconds`, with `act` at second 10. */
async function live(
  spec: Spec,
  script: Script,
  {
    seconds = 60,
    act,
    ...options
  }: WorldOptions & {
    seconds?: number;
    act?: (world: PodWorld, pod: Pod) => Promise<unknown>;
  } = {},
): Promise<string[]> {
  const world = new PodWorld({ agent: true, ...options });
  const pod = await world.clock.runUntil(world.create(spec, script));
  if (act) void world.clock.sleep(10_000).then(() => act(world, pod));
  await world.clock.advance(seconds * 1000);
  return world.clock.runUntil(stepsOf(world, pod));
}

const one = (more: Partial<Spec['containers'][number]> = {}): Spec['containers'] => [
  { name: 'a', image: 'busybox', ...more },
];
const stopExecution = (world: PodWorld, pod: Pod) =>
  world.machine.interpreter.stop(`pod/${pod.metadata.uid ?? ''}`);
const exitsAt =
  (seconds: number, exitCode: number): Script =>
  () => ({ seconds, exitCode });

const ENDED = [
  'Running, sandbox True, ready True: a 0× running',
  'Running, sandbox True, ready PodCompleted: a 0× exit 0',
  'Succeeded, sandbox False, ready PodCompleted: a 0× exit 0',
];

it('B3: the last exit is shown with the phase that was, the terminal phase when the pod is wound up', async () => {
  expect(await live({ restartPolicy: 'Never', containers: one() }, exitsAt(5, 0))).toEqual(ENDED);
});

it('B3: the terminal phase comes as well where the execution is gone when the pod ends', async () => {
  expect(
    await live({ restartPolicy: 'Never', containers: one() }, exitsAt(20, 0), {
      act: stopExecution,
    }),
  ).toEqual(ENDED);
});

it('B4: a pod that fails after a restart keeps the end before until it is wound up', async () => {
  const steps = await live({ restartPolicy: 'OnFailure', containers: one() }, (_name, run) => ({
    seconds: 2,
    exitCode: run === 1 ? 1 : 0,
  }));
  expect(steps.slice(-2)).toEqual([
    'Running, sandbox True, ready PodCompleted: a 1× exit 0 < exit 1',
    'Succeeded, sandbox False, ready PodCompleted: a 1× exit 0',
  ]);
});

it('D5: an init container that fails for good is shown before the pod has failed', async () => {
  const steps = await live(
    {
      restartPolicy: 'Never',
      initContainers: [{ name: 'i', image: 'busybox' }],
      containers: one(),
    },
    exitsAt(2, 3),
  );
  expect(steps.slice(-2)).toEqual([
    'Pending, sandbox True, ready PodFailed: i 0× exit 3, a 0× PodInitializing',
    'Failed, sandbox False, ready PodFailed: i 0× exit 3, a 0× PodInitializing',
  ]);
});

it('L3: the grace of a deleted pod goes to 0 before its object goes', async () => {
  expect(
    await live({ containers: one() }, () => ({}), { act: (world, pod) => world.delete(pod, 20) }),
  ).toEqual([
    'Running, sandbox True, ready True: a 0× running',
    'Running grace 20, sandbox True, ready True: a 0× running',
    'Failed grace 20, sandbox False, ready PodFailed: a 0× exit 143',
    'Failed grace 0, sandbox False, ready PodFailed: a 0× exit 143',
    'gone Failed grace 0, sandbox False, ready PodFailed: a 0× exit 143',
  ]);
});

it('L3: the ends of a deleted pod are shown together', async () => {
  const initContainers = [{ name: 's', image: 'busybox', restartPolicy: 'Always' }];
  const steps = await live({ initContainers, containers: one() }, () => ({ termSeconds: 3 }), {
    act: (world, pod) => world.delete(pod, 20),
  });
  expect(steps.slice(-4)).toEqual([
    'Running grace 20, sandbox True, ready True: s 0× running, a 0× running',
    'Failed grace 20, sandbox False, ready PodFailed: s 0× exit 143, a 0× exit 143',
    'Failed grace 0, sandbox False, ready PodFailed: s 0× exit 143, a 0× exit 143',
    'gone Failed grace 0, sandbox False, ready PodFailed: s 0× exit 143, a 0× exit 143',
  ]);
});

const probe = { exec: { command: ['live'] }, periodSeconds: 1, failureThreshold: 1 };

it('C9: a container that a probe kills is running, then running again', async () => {
  let calls = 0;
  const commands = () => ({ code: ++calls === 4 ? 1 : 0 });
  const steps = await live({ containers: one({ livenessProbe: probe }) }, () => ({ termCode: 0 }), {
    seconds: 20,
    commands,
  });
  expect(steps).toEqual([
    'Running, sandbox True, ready True: a 0× running',
    'Running, sandbox True, ready True: a 1× running < exit 0',
  ]);
});

it('J1: a probe that kills again and again ends in the back-off', async () => {
  const steps = await live(
    { containers: one({ startupProbe: { ...probe, failureThreshold: 2 } }) },
    () => ({ termCode: 0 }),
    { seconds: 9, commands: () => ({ code: 1 }) },
  );
  expect(steps).toEqual([
    'Running, sandbox True, ready ContainersNotReady: a 0× running',
    'Running, sandbox True, ready ContainersNotReady: a 1× running < exit 0',
    'Running, sandbox True, ready ContainersNotReady: a 2× running < exit 0',
    'Running, sandbox True, ready ContainersNotReady: a 2× CrashLoopBackOff < exit 0',
  ]);
});

it('D7: a container whose image was edited is running until its next sandbox is made', async () => {
  const act = (world: PodWorld, pod: Pod) =>
    world.edit(pod, (spec) => ({ ...spec, containers: one({ image: 'busybox:2' }) }));
  expect(await live({ containers: one() }, () => ({ termCode: 0 }), { act })).toEqual([
    'Running, sandbox True, ready True: a 0× running',
    'Running, sandbox False, ready ContainersNotReady: a 0× ContainerCreating < exit 0',
    'Running, sandbox True, ready True: a 1× running < exit 0',
  ]);
});

it('H3: a configuration that is missing is shown when the sandbox is ready, not before', async () => {
  const world = new PodWorld({ settings: { syncWaitMs: 0 }, bootMs: 1e9 });
  const pod = await world.create(
    {
      containers: one({
        env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'none', key: 'k' } } }],
      }),
    },
    () => ({}),
  );
  await world.clock.settle();
  const { uid = '' } = pod.metadata;
  const taskArn = (await world.record(pod))?.task.arn ?? '';
  const report = {
    uid,
    taskArn,
    attempt: 1,
    bootId: 'b1',
    sandboxReady: false,
    podIP: '10.0.0.9',
    hostIP: '192.0.2.1',
    containers: { a: { hello: true } },
    events: [],
  };
  const authorization = `Bearer ${bootstrapToken(world.ports.settings.podletKey, uid, 1)}.a-secret-of-the-podlet-itself`;
  const say = async (body: object): Promise<string[]> => {
    await sync(
      world.ports,
      new Request('https://sync.test/sync', {
        method: 'POST',
        headers: { authorization },
        body: JSON.stringify(body),
      }),
    );
    return stepsOf(world, pod);
  };
  const early = await say({ ...report, sequence: 1 });
  expect(early.at(-1)).toBe(
    'Pending, sandbox False, ready ContainersNotReady: a 0× ContainerCreating',
  );
  expect((await say({ ...report, sequence: 2, sandboxReady: true })).at(-1)).toBe(
    'Pending, sandbox True, ready ContainersNotReady: a 0× CreateContainerConfigError',
  );
});
