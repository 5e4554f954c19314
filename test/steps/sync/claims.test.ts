// A podlet in an attacker's hands may report anything: sync answers without a fault, and the pod's status stays possible.
import { beforeEach, describe, expect, it } from 'vitest';
import { sync } from '../../../src/steps/sync/sync.ts';
import type { KubeObject, Pod } from '../../../src/kinds/pod.ts';
import { bootstrapToken } from '../../../src/auth/podlet-credential.ts';
import type { Report } from '../../../src/protocol/messages.ts';
import { PodWorld } from '../../fakes/pod-world.ts';

let world: PodWorld;
let pod: Pod;
let honest: Report;
let sequence: number;

beforeEach(async () => {
  world = new PodWorld({ settings: { syncWaitMs: 0 }, bootMs: 1e9 });
  pod = await world.create(
    {
      containers: [
        { name: 'a', image: 'busybox' },
        { name: 'constructor', image: 'busybox' },
      ],
    },
    () => ({}),
  );
  await world.clock.settle();
  const taskArn = (await world.record(pod))?.task.arn ?? '';
  honest = {
    uid: pod.metadata.uid ?? '',
    taskArn,
    attempt: 1,
    bootId: 'b1',
    boot: 1,
    sequence: 1,
    sandboxReady: true,
    podIP: '10.0.0.7',
    containers: { a: { hello: true } },
    events: [],
  };
  sequence = 0;
});

async function say(claim: unknown): Promise<number> {
  sequence += 1;
  const body =
    typeof claim === 'string'
      ? claim
      : JSON.stringify({ ...honest, sequence, ...(claim as object) });
  const authorization = `Bearer ${bootstrapToken(world.ports.settings.podletKey, honest.uid, 1)}.a-secret-of-the-podlet-itself`;
  return (
    await sync(
      world.ports,
      new Request('https://sync.test/sync', { method: 'POST', headers: { authorization }, body }),
    )
  ).status;
}

const status = async (): Promise<Pod['status']> => (await world.pod(pod))?.status ?? {};
const run = (more: object) => ({
  a: {
    hello: true,
    run: {
      run: 1,
      startedAt: world.clock.now().toISOString(),
      started: true,
      ready: true,
      ...more,
    },
  },
});
const events = (count: number, more: object = {}) =>
  Array.from({ length: count }, (_, at) => ({
    id: `b1-${at + 1}`,
    at: '2026-01-01T00:00:00Z',
    type: 'Warning',
    reason: 'Unhealthy',
    message: `m${at}`,
    ...more,
  }));
const stored = async (): Promise<KubeObject[]> =>
  (await world.ports.store.list({ resource: 'events' })).objects.filter(
    ({ reason }) => reason === 'Unhealthy',
  );

describe('the address of a pod', () => {
  it.each(['127.0.0.1', '169.254.169.254', '10.0.0.8', 'localhost', '::1', '', 'y'.repeat(300)])(
    'is what ECS says of its task, whatever its podlet says: %j',
    async (podIP) => {
      expect(await say({ podIP, containers: run({}) })).toBe(200);
      expect((await status()).podIP).toBe('10.0.0.7');
      expect(await say({ podIP })).toBe(200);
      expect((await status()).podIPs).toEqual([{ ip: '10.0.0.7' }]);
    },
  );

  it('is not known before ECS knows it, and is asked for again', async () => {
    const task = [...world.ports.tasks.tasks.values()].at(-1);
    if (task === undefined) throw new Error('no task');
    delete task.privateIp;
    await say({});
    expect((await status()).podIP).toBeUndefined();
    task.privateIp = '10.0.0.9';
    await say({});
    expect((await status()).podIP).toBe('10.0.0.9');
  });

  it('takes no host for its own that is none', async () => {
    await say({ hostIP: 'metadata.invalid' });
    expect((await status()).hostIP).not.toBe('metadata.invalid');
  });
});

describe('a run', () => {
  it.each([
    [99_999_999_999, 255],
    [-5, 0],
    [1e308, 255],
    [0.5, 0],
    [137, 137],
  ])('that ended with %d is shown with a code of a byte', async (exitCode, shown) => {
    await say({});
    expect(
      await say({
        containers: run({ exitCode, ready: false, finishedAt: world.clock.now().toISOString() }),
      }),
    ).toBe(200);
    expect((await world.record(pod))?.observed.containers['a']?.current?.exitCode).toBe(shown);
  });

  it.each(['9999-12-31T23:59:59Z', '0001-01-01T00:00:00Z', '1970-01-01T00:00:00.000001Z'])(
    'at %s is shown within the life of its task',
    async (time) => {
      await say({});
      expect(
        await say({
          containers: run({ startedAt: time, finishedAt: time, exitCode: 1, ready: false }),
        }),
      ).toBe(200);
      const { startedAt = '', finishedAt = '' } =
        (await world.record(pod))?.observed.containers['a']?.current ?? {};
      const distance = (text: string): number =>
        Math.abs(Date.parse(text) - world.clock.now().getTime());
      expect([
        distance(startedAt) < 600_000,
        distance(finishedAt) < 600_000,
        finishedAt >= startedAt,
      ]).toEqual([true, true, true]);
      const before = await world.ports.store.version();
      await say({
        containers: run({ startedAt: time, finishedAt: time, exitCode: 1, ready: false }),
      });
      expect(await world.ports.store.version()).toBe(before);
    },
  );

  it('that nobody ordered, of a container that the pod has not, or of a name of JavaScript changes nothing', async () => {
    await say({});
    for (const name of ['b', 'toString', '__proto__'])
      expect(
        await say(
          `${JSON.stringify({ ...honest, sequence: ++sequence }).slice(0, -1)},"containers":{"${name}":{"hello":true,"run":{"run":1,"started":true,"ready":true}}}}`,
        ),
      ).toBe(200);
    expect(await say({ containers: run({ run: 2 ** 40 }) })).toBe(200);
    expect(Object.keys((await world.record(pod))?.observed.containers ?? {}).sort()).toEqual([
      'a',
      'constructor',
    ]);
    expect((await world.record(pod))?.observed.containers['a']?.current).toBeUndefined();
  });

  it('explains itself in 4 KiB', async () => {
    await say({});
    expect(
      await say({
        containers: run({
          exitCode: 1,
          ready: false,
          message: 'é'.repeat(16_384),
          reason: 'Invented',
          runtimeId: '../../x',
          user: { uid: 2 ** 50, gid: 0, groups: [] },
        }),
      }),
    ).toBe(200);
    const { current } = (await world.record(pod))?.observed.containers['a'] ?? {};
    expect(current).toMatchObject({ message: 'é'.repeat(2_048) });
    expect(current).not.toHaveProperty('reason');
    expect(current).not.toHaveProperty('runtimeId');
    expect(current).not.toHaveProperty('user');
  });
});

describe('events', () => {
  it('of one report are stored to a hundred, each of 1 KiB at most, for containers of the pod', async () => {
    expect(
      await say({ events: events(4_000, { message: 'x'.repeat(20), container: 'nobody' }) }),
    ).toBe(200);
    expect(await stored()).toHaveLength(1);
    expect(
      await say({
        bootId: 'b2',
        boot: 2,
        events: events(4_000).map((event) => ({ ...event, id: event.id.replace('b1', 'b2') })),
      }),
    ).toBe(200);
    expect((await stored()).length).toBeLessThanOrEqual(101);
    await say({ bootId: 'b3', boot: 3, events: events(1, { message: 'y'.repeat(16_000) }) });
    expect((await stored()).every(({ message }) => String(message).length <= 1_024)).toBe(true);
    expect(JSON.stringify(await stored())).not.toContain('nobody');
  });

  it('of report after report are stored no faster than an allowance, and acknowledged all the same', async () => {
    for (let boot = 2; boot < 20; boot += 1)
      expect(
        await say({
          bootId: `b${boot}`,
          boot,
          events: events(100, {}).map((event, at) => ({ ...event, message: `${boot} ${at}` })),
        }),
      ).toBe(200);
    const flood = (await stored()).length;
    expect(flood).toBeLessThanOrEqual(320);
    await world.clock.advance(10_000);
    await say({
      bootId: 'b99',
      boot: 99,
      events: events(50).map((event) => ({ ...event, message: `late ${event.id}` })),
    });
    expect((await stored()).length).toBeGreaterThan(flood);
  });

  it('of a number beyond counting do not hide those that follow', async () => {
    await say({ events: events(1, { id: `b1-${'9'.repeat(300)}` }) });
    await say({ events: events(1, { message: 'next' }) });
    expect((await stored()).map(({ message }) => message)).toContain('next');
  });
});

describe('reports out of order', () => {
  const ready = async (): Promise<unknown> =>
    (await status()).containerStatuses?.find(({ name }) => name === 'a')?.ready;

  it('of an older boot change nothing, however high their number', async () => {
    await say({});
    await say({ containers: run({ ready: true }) });
    await say({ bootId: 'b2', boot: 2, containers: run({ ready: false }) });
    expect(await ready()).toBe(false);
    const before = JSON.stringify(await world.record(pod));
    for (const late of [2, 3, 99])
      await say({
        sequence: late,
        containers: run({ ready: true }),
        done: true,
        evict: 'x',
        events: events(1),
      });
    expect(JSON.stringify(await world.record(pod))).toBe(before);
    expect(await stored()).toEqual([]);
  });

  it('repeated after a new boot change nothing, and the new boot goes on', async () => {
    await say({});
    await say({ bootId: 'b2', boot: 2, sequence: 1, containers: run({ ready: true }) });
    await say({ bootId: 'b2', boot: 2, sequence: 2, containers: run({ ready: false }) });
    await say({ bootId: 'b2', boot: 2, sequence: 1, containers: run({ ready: true }) });
    expect(await ready()).toBe(false);
    await say({ bootId: 'b2', boot: 2, sequence: 3, containers: run({ ready: true }) });
    expect(await ready()).toBe(true);
  });
});

describe('a body', () => {
  it.each<[string, () => unknown, number]>([
    ['of more than 1 MiB', () => ' '.repeat(2 * 1024 * 1024), 400],
    ['nested without end', () => '['.repeat(500_000), 400],
    ['of null', () => 'null', 400],
    ['of a number', () => '1e999', 400],
    ['with a list of containers', () => ({ containers: [] }), 400],
    ['with a container of null', () => ({ containers: { a: null } }), 400],
    ['with a negative sequence', () => ({ sequence: -1 }), 400],
    ['with a boot beyond counting', () => ({ boot: 2 ** 50 }), 400],
    ['with a bootId of 1 MB', () => ({ bootId: 'y'.repeat(500_000) }), 400],
    ['with a time that only Date reads', () => ({ containers: run({ startedAt: '1' }) }), 400],
    [
      "with volumes of JavaScript's names",
      () => ({ volumes: { constructor: 'x', toString: 'y' } }),
      200,
    ],
    ['with a resolv.conf of 500 KB', () => ({ resolvConf: 'y'.repeat(500_000) }), 200],
    [
      'with a waiting reason of words',
      () => ({
        containers: {
          a: { hello: true, waiting: { reason: 'no reason at all', message: 'z'.repeat(100_000) } },
        },
      }),
      200,
    ],
    ['with an eviction in 100 KB', () => ({ evict: 'z'.repeat(100_000) }), 200],
    ['with fields that nobody knows', () => ({ secret: {}, __proto__: { done: true } }), 200],
  ])('%s is answered, never a fault', async (_what, claim, answer) => {
    expect(await say(claim())).toBe(answer);
    expect(await say({})).toBe(200);
    expect(JSON.stringify(await status()).length).toBeLessThan(20_000);
  });
});
