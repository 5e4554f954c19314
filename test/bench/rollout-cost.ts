// What a rollout costs on AWS: the deployed functions' steps on a virtual clock, the store on a table that counts its units, the machine's
// transitions from its histories. A duration is the sum of the calls that a function waits for and of the time it holds a request.
import { AsyncLocalStorage } from 'node:async_hooks';
import { reconcile } from '../../functions/reconcile.ts';
import { bootstrapObjects } from '../../src/api/bootstrap.ts';
import { handle } from '../../src/api/handler.ts';
import { LIFETIMES } from '../../src/kinds/resources.ts';
import { wakes } from '../../src/owners/wakes.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Store } from '../../src/ports/store.ts';
import type { Wake } from '../../src/ports/wake.ts';
import { executionName } from '../../src/record/execution-name.ts';
import { dynamoStore } from '../../src/store/dynamo-store.ts';
import { requestOf } from '../api/client.ts';
import { PodWorld } from '../fakes/pod-world.ts';
import { meteredTable } from './metered-table.ts';
import type { Counts } from './prices.ts';

/** Gigabytes, as in cdk/constructs/functions.ts. */
const MEMORY: { readonly [name: string]: number } = { api: 1 };
const OTHER_MEMORY = 0.5;

/** A warm function before and after its calls, and a call within the region. */
const OWN_MS = 15;
const CALL_MS = 6;
/** ECS and Step Functions take longer than DynamoDB. */
const SLOW_CALL_MS = 60;

/** Between two reads of the stream by Lambda. */
const STREAM_MS = 200;
const BATCH = 100;
const TASK_START_MS = 20_000;
const LONGEST_SECONDS = 600;
const STEP_MS = 100;
const SWEEP_SECONDS = 60;

interface Life {
  ms: number;
  /** Waits for a time. */
  sleeps: number;
}

export interface RolloutCost {
  counts: Counts;
  /** By function. */
  invocations: { readonly [name: string]: number };
  seconds: number;
}

/** From the POST of a Deployment to the last of its pods available. */
export async function rolloutCost(deployment: object, replicas: number): Promise<RolloutCost> {
  const lives = new AsyncLocalStorage<Life>();
  const open = new Set<Life>();
  const invocations: Record<string, number> = {};
  let gigabyteSeconds = 0;
  let schedules = 0;
  const waits = (ms: number): void => {
    const life = lives.getStore();
    if (life) life.ms += ms;
  };
  const within = async <T>(name: string, act: () => Promise<T>): Promise<T> => {
    const life: Life = { ms: OWN_MS, sleeps: 0 };
    open.add(life);
    const began = world.clock.now().getTime();
    invocations[name] = (invocations[name] ?? 0) + 1;
    try {
      return await lives.run(life, act);
    } finally {
      open.delete(life);
      const ms = life.ms + world.clock.now().getTime() - began;
      gigabyteSeconds += (ms / 1000) * (MEMORY[name] ?? OTHER_MEMORY);
    }
  };
  const { table, free, units } = meteredTable(() => waits(CALL_MS));
  const world: PodWorld = new PodWorld({
    settings: { mode: 'aws', syncWaitMs: 2_000, adminToken: 'secret', caPem: 'PEM' },
    apart: true,
    bootMs: TASK_START_MS,
    within,
    fault: (operation) => {
      if (!operation.startsWith('store.')) waits(SLOW_CALL_MS);
    },
  });
  const { ports, clock } = world;
  const sleep = clock.sleep.bind(clock);
  clock.sleep = async (ms, signal) => {
    const life = lives.getStore();
    if (life) life.sleeps += 1;
    await sleep(ms, signal);
    if (life) life.sleeps -= 1;
  };
  // Signatures are made outside the event loop, so time stands still until each function has ended or waits for a point in time.
  const advance = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= STEP_MS) {
      await clock.advance(STEP_MS);
      while ([...open].some(({ sleeps }) => sleeps === 0))
        await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  const { ids } = ports;
  const random = (): number => 0.5;
  const seen = dynamoStore({ table: free, clock, ids, random });
  Object.assign(ports, {
    store: dynamoStore({ table, clock, ids, random, lifetimes: LIFETIMES, wakes }),
    dueTimes: {
      wakeAt: async () => {
        schedules += 1;
        waits(CALL_MS);
      },
    },
  });
  await bootstrapObjects(ports);
  await clock.settle();
  Object.assign(units, { read: 0, write: 0, calls: 0 });
  gigabyteSeconds = 0;
  const began = clock.now().getTime();
  const react = (wake: Wake): Promise<void> => within('reconcile', () => reconcile(ports, wake));
  const stream = followStream(seen, clock, react);
  const posted = within('api', () =>
    handle(
      ports,
      requestOf('POST', '/apis/apps/v1/namespaces/default/deployments', { body: deployment }),
    ),
  );
  await advance(STEP_MS);
  if ((await posted).status !== 201) throw new Error(await (await posted).text());
  const available = async (): Promise<number> => {
    const { objects } = await seen.list({ resource: 'deployments.apps' });
    const status = objects[0]?.['status'] as { availableReplicas?: number } | undefined;
    return status?.availableReplicas ?? 0;
  };
  for (let second = 1; (await available()) < replicas; second++) {
    await advance(1_000);
    if (second > LONGEST_SECONDS)
      throw new Error(`${await available()} of ${replicas} after ${LONGEST_SECONDS} s`);
    if (second % SWEEP_SECONDS !== 0) continue;
    void world.sweep().catch(() => undefined);
    void react({ replay: true });
  }
  stream.abort();
  return {
    counts: {
      invocations: Object.values(invocations).reduce((sum, count) => sum + count, 0),
      gigabyteSeconds,
      writeUnits: units.write,
      readUnits: units.read,
      transitions: await transitions(world, seen),
      schedules,
    },
    invocations,
    seconds: (clock.now().getTime() - began) / 1000,
  };
}

/** Delivers what the stream's filter lets through, batch by batch. Lambda's reads of it are free. */
function followStream(
  store: Store,
  clock: Clock,
  deliver: (wake: Wake) => Promise<void>,
): AbortController {
  const stop = new AbortController();
  const follow = async (): Promise<void> => {
    for (let at = await store.version(); !stop.signal.aborted;) {
      const { entries, upTo } = await store.changes(at, { waitMs: 0 });
      at = upTo;
      const woken = entries.filter(({ type, key, object }) => wakes(type, key.resource, object));
      for (let from = 0; from < woken.length; from += BATCH)
        await deliver({ changes: woken.slice(from, from + BATCH) });
      await clock.sleep(STREAM_MS, stop.signal);
    }
  };
  void follow();
  return stop;
}

async function transitions({ machine }: PodWorld, store: Store): Promise<number> {
  let count = 0;
  const { objects } = await store.list({ resource: 'pods' });
  for (const { metadata } of objects) {
    const name = executionName({ uid: metadata.uid ?? '', generation: 1 });
    for (const { type } of await machine.interpreter.history(`pod/${name}`))
      if (type.endsWith('StateEntered')) count += 1;
  }
  return count;
}
