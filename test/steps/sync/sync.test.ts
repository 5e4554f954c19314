// The podlets' endpoint: who is authenticated, how malformed messages are answered, what repeated and late ones change.
import { beforeEach, describe, expect, it } from 'vitest';
import { sync } from '../../../src/steps/sync/sync.ts';
import type { Pod } from '../../../src/kinds/pod.ts';
import { isOwnPodlet } from '../../../src/steps/sync/own-podlet.ts';
import { bootstrapToken } from '../../../src/auth/podlet-credential.ts';
import { present } from '../../../src/present.ts';
import type { Desired, Report } from '../../../src/protocol/messages.ts';
import { PodWorld } from '../../fakes/pod-world.ts';

let world: PodWorld;
let pod: Pod;
let report: Report;
const SECRET = 'a-secret-of-the-podlet-itself';

/** A launched pod whose own podlet is silent, so that the test can speak for it. */
beforeEach(async () => {
  world = new PodWorld({ settings: { syncWaitMs: 0 }, bootMs: 1e9 });
  pod = await world.create({ containers: [{ name: 'a', image: 'busybox' }] }, () => ({}));
  await world.clock.settle();
  const taskArn = (await world.record(pod))?.task.arn ?? '';
  report = {
    uid: pod.metadata.uid ?? '',
    taskArn,
    attempt: 1,
    bootId: 'b1',
    sequence: 1,
    sandboxReady: true,
    podIP: '10.0.0.7',
    hostIP: '192.0.2.1',
    containers: { a: { hello: true } },
    events: [],
  };
});

function request(
  body: unknown,
  { secret = SECRET, attempt = 1, uid = pod.metadata.uid ?? '', method = 'POST' } = {},
): Request {
  const authorization = `Bearer ${bootstrapToken(world.ports.settings.podletKey, uid, attempt)}.${secret}`;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return new Request('https://sync.test/sync', {
    method,
    headers: { authorization },
    ...present({ body: method === 'POST' ? text : undefined }),
  });
}

const say = async (next: Partial<Report>): Promise<Desired> => {
  report = { ...report, sequence: report.sequence + 1, ...next };
  return (await (await sync(world.ports, request(report))).json()) as Desired;
};
const running = {
  a: {
    hello: true,
    run: { run: 1, startedAt: '2026-01-01T00:00:00.000001Z', started: true, ready: true },
  },
};
const exited = (exitCode: number) => ({
  a: {
    hello: true,
    run: { ...running.a.run, ready: false, exitCode, finishedAt: '2026-01-01T00:00:01.5Z' },
  },
});

describe('credentials', () => {
  it("lets only the podlet that reported take up its pod's sessions", async () => {
    const uid = pod.metadata.uid ?? '';
    const header = (secret: string, attempt = 1): string =>
      `Bearer ${bootstrapToken(world.ports.settings.podletKey, uid, attempt)}.${secret}`;
    expect(await isOwnPodlet(world.ports, uid, header(SECRET))).toBe(false);
    await sync(world.ports, request(report));
    expect(await isOwnPodlet(world.ports, uid, header(SECRET))).toBe(true);
    for (const stranger of [
      undefined,
      '',
      header('another-secret-altogether'),
      header(SECRET, 2),
      `Bearer ${'0'.repeat(64)}.${SECRET}`,
    ])
      expect(await isOwnPodlet(world.ports, uid, stranger)).toBe(false);
    expect(
      await isOwnPodlet(world.ports, '00000000-0000-4000-8000-0000000000ff', header(SECRET)),
    ).toBe(false);
  });

  it('binds the bootstrap token to the first secret: the same may repeat, another is refused', async () => {
    expect((await sync(world.ports, request(report))).status).toBe(200);
    expect((await sync(world.ports, request({ ...report, sequence: 2 }))).status).toBe(200);
    expect(
      (
        await sync(
          world.ports,
          request({ ...report, sequence: 3 }, { secret: 'another-secret-altogether' }),
        )
      ).status,
    ).toBe(403);
  });

  it.each([
    ['a token of another attempt', { attempt: 2 }, 401],
    ['a token of another pod', { uid: '00000000-0000-4000-8000-0000000000ff' }, 401],
    ['a secret that is too short', { secret: 'short' }, 401],
    ['another method', { method: 'GET' }, 405],
  ] as const)('refuses %s', async (_name, options, status) => {
    const answer = await sync(world.ports, request(report, options));
    expect(answer.status).toBe(status);
    // Only a refusal in droppod's own format makes a podlet leave.
    if (status === 401)
      expect(await answer.json()).toEqual({ leave: { reason: expect.any(String) as string } });
    else expect(await answer.text()).toBe('');
  });

  it('asks the podlet of an unknown pod to leave', async () => {
    const uid = '00000000-0000-4000-8000-0000000000ff';
    const answer = await sync(world.ports, request({ ...report, uid }, { uid }));
    expect(answer.status).toBe(410);
    expect(await answer.json()).toEqual({ leave: { reason: 'The pod is gone' } });
  });

  it('asks a podlet of another task to leave', async () => {
    const answer = await sync(
      world.ports,
      request({ ...report, taskArn: 'arn:aws:ecs:us-east-1:000000000000:task/droppod/other' }),
    );
    expect(await answer.json()).toMatchObject({ leave: {} });
  });
});

describe('malformed reports', () => {
  it.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['a missing field', { uid: 'x' }],
    [
      'a run without a number',
      () => ({
        ...report,
        containers: { a: { hello: true, run: { started: true, ready: true } } },
      }),
    ],
    [
      'a time that is none',
      () => ({
        ...report,
        containers: {
          a: { hello: true, run: { run: 1, started: true, ready: true, startedAt: 'soon' } },
        },
      }),
    ],
    [
      'an event of no type',
      () => ({
        ...report,
        events: [
          { id: 'b1-1', at: '2026-01-01T00:00:00Z', type: 'Loud', reason: 'x', message: 'y' },
        ],
      }),
    ],
  ])('answers 400 to %s', async (_name, body) => {
    expect(
      (await sync(world.ports, request(typeof body === 'function' ? body() : body))).status,
    ).toBe(400);
  });
});

describe('what a report changes', () => {
  it('answers the first report with the start of the container, and started makes the pod Running in one commit', async () => {
    const answer = await say({});
    expect(answer.containers['a']).toMatchObject({ run: 1, start: { argv: ['sh'] } });
    const before = Number((await world.pod(pod))?.metadata.resourceVersion);
    await say({ containers: running });
    const after = await world.pod(pod);
    expect(after?.status).toMatchObject({
      phase: 'Running',
      podIP: '10.0.0.7',
      containerStatuses: [{ ready: true, state: { running: {} } }],
    });
    const { entries } = await world.ports.store.changes(String(before) as never, { waitMs: 0 });
    expect(entries.filter(({ key }) => key.resource === 'pods')).toHaveLength(1);
  });

  it('writes nothing for a report that says nothing new', async () => {
    await say({ containers: running });
    const before = await world.ports.store.version();
    const revision = JSON.stringify(await world.record(pod));
    for (let i = 0; i < 5; i++) await say({});
    expect(await world.ports.store.version()).toBe(before);
    expect(JSON.stringify(await world.record(pod))).toBe(revision);
  });

  it('never unsays an exit: a late or repeated report changes nothing', async () => {
    await say({ containers: running });
    const late = { ...report };
    await say({ containers: exited(3) });
    await world.clock.settle();
    for (const stale of [late, { ...late, sequence: 99, bootId: 'b0' }])
      await sync(world.ports, request(stale));
    expect((await world.record(pod))?.observed.containers['a']?.current).toMatchObject({
      run: 1,
      exitCode: 3,
    });
  });

  it('does not believe a run that nobody ordered', async () => {
    await say({ containers: { a: { hello: true, run: { ...running.a.run, run: 7 } } } });
    expect((await world.record(pod))?.observed.containers['a']?.current).toBeUndefined();
  });

  it('an exit is recorded, answered to the machine, and followed by the next run', async () => {
    await say({ containers: running });
    await say({ containers: exited(1) });
    await world.clock.settle();
    expect((await world.record(pod))?.observed.containers['a']).toMatchObject({
      desiredRun: 2,
      current: { exitCode: 1 },
    });
    expect((await say({})).containers['a']).toMatchObject({ run: 2, start: {} });
  });

  it('A11: the log of an ended run is put aside once, when the next run is known', async () => {
    await say({ containers: running });
    await say({ containers: exited(1) });
    await world.clock.settle();
    expect(world.ports.logs.kept).toEqual([]);
    const second = { a: { hello: true, run: { ...running.a.run, run: 2 } } };
    await say({ containers: second });
    await say({ containers: second });
    expect(world.ports.logs.kept).toEqual(['a']);
  });

  it('stores an event once however often it is said, and acknowledges it', async () => {
    const events = [
      {
        id: 'b1-1',
        at: '2026-01-01T00:00:00Z',
        type: 'Warning' as const,
        reason: 'Unhealthy',
        message: 'Liveness probe failed: x',
        container: 'a',
      },
    ];
    expect((await say({ events })).acknowledged).toEqual(['b1-1']);
    await say({ events });
    const { objects } = await world.ports.store.list({ resource: 'events' });
    expect(objects.filter(({ reason }) => reason === 'Unhealthy')).toMatchObject([
      { count: 1, involvedObject: { fieldPath: 'spec.containers{a}' } },
    ]);
  });
});

describe('what a report says of images, volumes and evictions', () => {
  it('G1: Pulling is reported before a registry is asked; a restart in place finds the image', async () => {
    let answer = (): void => undefined;
    world = new PodWorld();
    const { images } = world.ports;
    const resolve = images.resolve.bind(images);
    images.resolve = async (...asked) => {
      const outcome = resolve(...asked);
      await new Promise<void>((done) => {
        answer = done;
      });
      return outcome;
    };
    const reasons = async (): Promise<string[]> =>
      (await world.ports.store.list({ resource: 'events' })).objects.map(
        ({ reason, count }) => `${String(reason)} ${String(count)}`,
      );
    await world.create(
      { containers: [{ name: 'a', image: 'busybox', imagePullPolicy: 'Always' }] },
      (_container, run) => (run === 1 ? { seconds: 5, exitCode: 1 } : {}),
    );
    await world.clock.settle();
    expect(await reasons()).toEqual(['Scheduled undefined', 'Pulling 1']);
    answer();
    await world.clock.advance(60_000);
    const after = await reasons();
    expect(after.filter((text) => !text.startsWith('BackOff'))).toEqual([
      'Scheduled undefined',
      'Pulling 1',
      'Pulled 1',
      'Pulled 1',
      'Created 2',
      'Started 2',
    ]);
  });

  it("F1: a volume whose object is missing is reported as an event at the kubelet's pace, however long the podlet waits", async () => {
    world = new PodWorld();
    const waiting = await world.create(
      {
        containers: [
          { name: 'a', image: 'busybox', volumeMounts: [{ name: 'v', mountPath: '/v' }] },
        ],
        volumes: [{ name: 'v', configMap: { name: 'nope' } }],
      },
      () => ({}),
    );
    await world.clock.advance(60_000);
    const { objects } = await world.ports.store.list({ resource: 'events' });
    const [failed, ...more] = objects.filter(({ reason }) => reason === 'FailedMount');
    expect(more).toEqual([]);
    expect(failed).toMatchObject({
      message: 'MountVolume.SetUp failed for volume "v" : configmap "nope" not found',
      involvedObject: { name: waiting.metadata.name },
    });
    expect(failed?.['count']).toBeLessThan(20);
    expect((await world.pod(waiting))?.status.containerStatuses?.[0]?.state).toEqual({
      waiting: { reason: 'ContainerCreating' },
    });
  });

  it('O4: an eviction by the podlet ends the pod as Failed, Evicted', async () => {
    await say({ containers: running });
    expect(
      await say({ evict: 'Usage of EmptyDir volume "v" exceeds the limit "1Mi". ' }),
    ).toMatchObject({ terminate: { graceSeconds: 1 } });
    await say({ containers: exited(143), done: true });
    expect((await world.pod(pod))?.status).toMatchObject({ phase: 'Failed', reason: 'Evicted' });
  });
});
