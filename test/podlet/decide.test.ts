// The pure core of the podlet: from what is known to what is due, row by row.
import { describe, expect, it } from 'vitest';
import { decide } from '../../podlet/decide.ts';
import { decideStop } from '../../podlet/stop.ts';
import type { ContainerView, World } from '../../podlet/world.ts';
import { newWorld } from '../../podlet/world.ts';
import type { Desired } from '../../src/protocol/messages.ts';
import { nothing, startOrder } from './sync-server.ts';

const NOW = 1_000_000;

function world(
  containers: { [name: string]: Partial<ContainerView> },
  desired?: Partial<Desired>,
): World {
  const one = newWorld({
    uid: 'u',
    attempt: 1,
    taskArn: 't',
    boot: 1,
    bootId: 'b',
    containers: Object.keys(containers),
  });
  for (const container of one.containers)
    Object.assign(container, { hello: true, connected: true }, containers[container.name]);
  if (desired !== undefined) one.desired = { ...nothing(), ...desired };
  return one;
}

const running: Partial<ContainerView> = {
  alive: true,
  run: { run: 1, started: true, ready: true },
  order: startOrder(['x']),
};
const ended: Partial<ContainerView> = {
  alive: false,
  run: { run: 1, started: false, ready: false, exitCode: 0 },
  order: startOrder(['x']),
};
const start = (run: number) => ({ run, start: startOrder(['x']) });
const kinds = (one: World, now = NOW): string[] =>
  decide(one, now).orders.map((order) =>
    'container' in order ? `${order.kind} ${order.container}` : order.kind,
  );

describe('starting', () => {
  it.each<[string, World, string[]]>([
    ['a wanted run starts', world({ a: {} }, { containers: { a: start(1) } }), ['start a']],
    [
      'all wanted runs start together',
      world({ a: {}, b: {} }, { containers: { a: start(1), b: start(1) } }),
      ['start a', 'start b'],
    ],
    ['not before the answer', world({ a: {} }), []],
    [
      'not while a supervisor is missing',
      world({ a: {}, b: { hello: false } }, { containers: { a: start(1) } }),
      [],
    ],
    [
      'not while the run before is alive',
      world({ a: running }, { containers: { a: start(2) } }),
      [],
    ],
    ['not what has run already', world({ a: ended }, { containers: { a: start(1) } }), []],
    ['the next after an exit', world({ a: ended }, { containers: { a: start(2) } }), ['start a']],
    ['not twice', world({ a: { starting: 1 } }, { containers: { a: start(1) } }), []],
    [
      'not while a postStart hook runs',
      world(
        { a: { ...running, hookRunning: true }, b: {} },
        { containers: { a: { run: 1 }, b: start(1) } },
      ),
      [],
    ],
    [
      'not once the pod ends',
      world(
        { a: ended },
        { containers: { a: start(2) }, terminate: { graceSeconds: 1, deadline: '' } },
      ),
      [],
    ],
  ])('%s', (_name, one, orders) => expect(kinds(one)).toEqual(orders));

  it("starts in the pod's order, which members named by digits do not keep", () => {
    const one = newWorld({
      uid: 'u',
      attempt: 1,
      taskArn: 't',
      boot: 1,
      bootId: 'b',
      containers: ['web', '1'],
    });
    for (const container of one.containers)
      Object.assign(container, { hello: true, connected: true });
    one.desired = { ...nothing(), containers: { web: start(1), 1: start(1) } };
    expect(kinds(one)).toEqual(['start web', 'start 1']);
  });

  it('waits for volumes', () => {
    const one = world({ a: {} }, { containers: { a: start(1) } });
    one.volumes.v = { wanted: { version: '1' } };
    expect(kinds(one)).toEqual([]);
    one.volumes.v.applied = '1';
    expect(kinds(one)).toEqual(['start a']);
    one.volumes.v.wanted = { version: '2' };
    expect(kinds(one)).toEqual([]);
  });

  it('F1: does not wait for a volume that was complete once and whose source has gone', () => {
    const one = world({ a: ended }, { containers: { a: start(2) } });
    one.volumes.v = { wanted: { version: '2', missing: 'configmap "x" not found' }, applied: '1' };
    expect(kinds(one)).toEqual(['start a']);
    delete one.volumes.v.applied;
    expect(kinds(one)).toEqual([]);
  });
});

describe('leaving', () => {
  const terminate = { graceSeconds: 30, deadline: '' };
  it.each<[string, World, string[]]>([
    ['not before the last report was answered', world({ a: ended }, { terminate }), []],
    [
      'after it',
      Object.assign(world({ a: ended }, { terminate }), { doneAnswered: true }),
      ['leave'],
    ],
    ['at once when refused', Object.assign(world({ a: ended }), { refused: true }), ['leave']],
    [
      'not while something runs',
      Object.assign(
        world({
          a: {
            ...running,
            stopping: { since: NOW, graceSeconds: 30, preStop: 'none', signalledAt: NOW },
          },
        }),
        { refused: true },
      ),
      [],
    ],
    [
      "115 s after the engine's TERM without an answer",
      Object.assign(world({ a: ended }), { engineTermAt: NOW - 115_000 }),
      ['leave'],
    ],
    [
      "not on the engine's TERM alone",
      Object.assign(world({ a: ended }), { engineTermAt: NOW - 200_000, lastAnswerAt: NOW - 1 }),
      [],
    ],
  ])('%s', (_name, one, orders) => expect(kinds(one)).toEqual(orders));
});

describe("the engine's TERM", () => {
  const term = { at: NOW - 1_000, answered: false, settled: false };
  it('is answered by what sync says', () => {
    expect(
      decide(world({ a: { ...running, term: { ...term, answered: true } } }, {}), NOW).orders,
    ).toEqual([{ kind: 'acknowledgeTerm', container: 'a', forward: true, stop: false }]);
    expect(
      decide(
        world({ a: { ...running, term } }, { terminate: { graceSeconds: 5, deadline: '' } }),
        NOW,
      ).orders[0],
    ).toEqual({ kind: 'acknowledgeTerm', container: 'a', forward: false, stop: false });
    expect(decide(world({ a: { ...running, term } }, {}), NOW)).toMatchObject({
      orders: [],
      wakeAt: NOW + 1_500,
    });
    expect(decide(world({ a: { ...running, term } }, {}), NOW + 1_500).orders).toEqual([
      { kind: 'acknowledgeTerm', container: 'a', forward: false, stop: true },
    ]);
  });
});

describe('one stop', () => {
  it.each([
    ['the signal comes at once', { preStop: 'none' }, false, 0, { signal: 'stop' }],
    ['preStop first', { preStop: 'running' }, false, 5, { wakeAt: 30_000 }],
    ['preStop that is done', { preStop: 'done' }, false, 5, { signal: 'stop' }],
    ['preStop that outlasts the grace', { preStop: 'running' }, false, 30, { signal: 'stop' }],
    ['a sidecar waits its turn', { preStop: 'none' }, true, 5, { wakeAt: 30_000 }],
    ['but not beyond the grace', { preStop: 'none' }, true, 30, { signal: 'stop' }],
    [
      'KILL at the end of the grace',
      { preStop: 'none', signalledAt: 0 },
      false,
      29.999,
      { wakeAt: 30_000 },
    ],
    [
      'KILL at the end of the grace, now',
      { preStop: 'none', signalledAt: 0 },
      false,
      30,
      { signal: 'kill' },
    ],
    [
      'two seconds at least after the signal',
      { preStop: 'none', signalledAt: 29_500 },
      false,
      30,
      { wakeAt: 31_500 },
    ],
    [
      'KILL once',
      { preStop: 'none', signalledAt: 0, killed: true },
      false,
      99,
      { wakeAt: Infinity },
    ],
  ] as const)('%s', (_name, state, heldBack, second, next) => {
    expect(decideStop({ since: 0, graceSeconds: 30, ...state }, heldBack, second * 1000)).toEqual(
      next,
    );
  });
});
