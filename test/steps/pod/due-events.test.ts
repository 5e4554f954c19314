// An event belongs to the change that caused it: whoever was to store it may die after the commit, and the next change makes up for it.
import { expect, it } from 'vitest';
import { sweep } from '../../../functions/sweep.ts';
import { Unavailable } from '../../../src/errors.ts';
import { recordKey, toRecord } from '../../../src/steps/pod/record-for.ts';
import { readPod, updatePod } from '../../../src/steps/pod/update-pod.ts';
import { recordEvents } from '../../../src/events/record-event.ts';
import { countingRuns } from '../../../src/record/hand-over.ts';
import { withTask } from '../../../src/record/with-task.ts';
import { created, started } from '../../../src/pod/events/pod-events.ts';
import type { PodEvent } from '../../../src/pod/events/pod-events.ts';
import type { Store } from '../../../src/ports/store.ts';
import { PodWorld } from '../../fakes/pod-world.ts';

/** The store as it looks to a writer that dies before it stores an event. */
function withoutEvents(store: Store): Store {
  return {
    get: (key) => store.get(key),
    list: (query) => store.list(query),
    listObjects: (query) => store.listObjects(query),
    listTexts: (query) => store.listTexts(query),
    commit: (write) =>
      write.object?.key.resource === 'events'
        ? Promise.reject(new Unavailable('the writer died'))
        : store.commit(write),
    changes: (...words) => store.changes(...words),
    olderVersion: () => store.version(),
    version: () => store.version(),
    getRecord: (key) => store.getRecord(key),
    listRecords: (prefix) => store.listRecords(prefix),
  };
}

async function oneCalmPod() {
  const world = new PodWorld();
  const pod = await world.create({ containers: [{ name: 'a', image: 'busybox' }] }, () => ({}));
  await world.clock.advance(60_000);
  const uid = pod.metadata.uid ?? '';
  const reasons = async (): Promise<Record<string, number>> =>
    Object.fromEntries(
      (await world.ports.store.list({ resource: 'events' })).objects.map((event) => [
        String(event['message']),
        Number(event['count'] ?? 1),
      ]),
    );
  const due = async () =>
    toRecord((await world.ports.store.getRecord(recordKey(uid)))!.value).dueEvents;
  return {
    world,
    uid,
    reasons,
    due,
    dying: { ...world.ports, store: withoutEvents(world.ports.store) },
  };
}

it('A9: the next change stores the events of a change whose writer died', async () => {
  const { world, uid, reasons, due, dying } = await oneCalmPod();
  await expect(
    updatePod(dying, uid, ({ record }) => ({
      record: withTask(record, { version: 1 }),
      events: [created('made')],
    })),
  ).rejects.toThrow('the writer died');
  expect(await reasons()).not.toHaveProperty('Container created for made');
  expect((await due())?.events).toEqual([created('made')]);
  await updatePod(world.ports, uid, ({ record }) => ({ record: withTask(record, { version: 2 }) }));
  expect(
    (await world.ports.store.list({ resource: 'events' })).objects.filter((event) =>
      String((event['involvedObject'] as { fieldPath?: string }).fieldPath).includes('made'),
    ),
  ).toHaveLength(1);
  expect(await due()).toBeUndefined();
});

it('A9: an event that was stored is not counted again', async () => {
  const { world, uid, reasons, due } = await oneCalmPod();
  await updatePod(world.ports, uid, ({ record }) => ({
    record: countingRuns(record, 7),
    events: [started('a')],
  }));
  const counted = await reasons();
  await world.clock.advance(5_000);
  await updatePod(world.ports, uid, ({ record }) => ({
    record: countingRuns(record, 1),
  }));
  expect(await due()).toBeUndefined();
  expect(await reasons()).toEqual(counted);
});

it('A9: of a pod that nothing happens to, sweep stores them', async () => {
  const { world, uid, due, dying } = await oneCalmPod();
  await expect(
    updatePod(dying, uid, ({ record }) => ({
      record: countingRuns(record, 7),
      events: [created('made')],
    })),
  ).rejects.toThrow('the writer died');
  await world.clock.advance(120_000);
  await sweep(world.ports);
  expect(await due()).toBeUndefined();
  expect(
    (await world.ports.store.list({ resource: 'events' })).objects.map(({ reason }) => reason),
  ).toContain('Created');
});

it('A9: a change looks for the events of the one before only where another process may not have stored them', async () => {
  const { world, uid } = await oneCalmPod();
  const looked: string[] = [];
  const watched = (store: Store): Store => ({
    ...withoutEvents(store),
    commit: (write) => store.commit(write),
    get: (key) => (looked.push(key.resource), store.get(key)),
  });
  const [own, other] = [watched(world.ports.store), watched(world.ports.store)];
  const change = (store: Store, runs: number, events?: PodEvent[]): Promise<unknown> =>
    updatePod({ ...world.ports, store }, uid, ({ record }) => ({
      record: { ...record, runsInGeneration: runs },
      ...(events ? { events } : {}),
    }));
  const looks = async (store: Store, runs: number): Promise<number> => {
    looked.length = 0;
    await change(store, runs);
    return looked.filter((resource) => resource === 'events').length;
  };
  await change(own, 11, [started('a')]);
  expect(await looks(own, 12)).toBe(0);
  await change(own, 13, [started('a')]);
  expect(await looks(other, 14)).toBe(1);
});

/** The same store, whose writes of events wait for `gate`. */
const gated = (store: Store, gate: Promise<void>): Store => ({
  ...withoutEvents(store),
  commit: async (write) => {
    if (write.object?.key.resource === 'events') await gate;
    return store.commit(write);
  },
});

it('A9: a change that follows while the events of the one before are being stored does not count them again', async () => {
  const { world, uid, reasons, due } = await oneCalmPod();
  let open = (): void => undefined;
  const store = gated(world.ports.store, new Promise<void>((resolve) => (open = resolve)));
  const change = (runs: number, events?: PodEvent[]): Promise<unknown> =>
    updatePod({ ...world.ports, store }, uid, ({ record }) => ({
      record: countingRuns(record, runs),
      ...(events ? { events } : {}),
    }));
  const before = (await reasons())['Container started'] ?? 0;
  await world.clock.advance(5_000);
  const one = change(7, [started('a')]);
  for (let turns = 0; turns < 1_000 && (await due()) === undefined; turns += 1);
  const two = change(1);
  for (let turns = 0; turns < 50; turns += 1) await new Promise((resolve) => setImmediate(resolve));
  open();
  await Promise.all([one, two]);
  expect((await reasons())['Container started']).toBe(before + 1);
});

it('A9: an event that another process stores just then is not counted again', async () => {
  const { world, uid, reasons } = await oneCalmPod();
  await world.clock.advance(5_000);
  const pod = (await readPod(world.ports, uid))?.pod;
  if (!pod) throw new Error('no pod');
  const at = world.clock.now().toISOString();
  await recordEvents(world.ports, pod, [started('a')]);
  const counted = await reasons();
  // It has looked before that.
  const { store } = world.ports;
  let looks = 0;
  const late: Store = {
    ...withoutEvents(store),
    commit: (write) => store.commit(write),
    get: (key) => (looks++ === 0 ? Promise.resolve(undefined) : store.get(key)),
  };
  await recordEvents({ ...world.ports, store: late }, pod, [started('a')], at);
  expect(looks).toBeGreaterThan(1);
  expect(await reasons()).toEqual(counted);
});
