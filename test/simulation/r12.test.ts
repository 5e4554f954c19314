// R12: one manifest, the same sequence of statuses with local timing and with AWS's: tasks that take a minute to start, short polls
// instead of held ones, functions without shared memory, slow calls, task changes late, doubled and out of order.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { expect, it } from 'vitest';
import type { Pod } from '../../src/kinds/pod.ts';
import { PodWorld } from '../fakes/pod-world.ts';
import type { Deliver, WorldOptions } from '../fakes/pod-world.ts';
import type { ScriptedRun } from '../fakes/scripted-podlet.ts';
import { chance as makeChance } from './random.ts';
import type { Chance } from './random.ts';
import { watchSequence } from './watch-sequence.ts';

interface Manifest {
  /** Its runs are too short for every report to see them. */
  quick?: boolean;
  name: string;
  spec: Pod['spec'];
  /** By container: run 1, 2, …; the last entry repeats. */
  script?: Record<string, ScriptedRun[]>;
  /** By command: exit codes of its calls; the last one repeats. */
  commands?: Record<string, number[]>;
  /** How many first pulls of an image fail. */
  noImage?: Record<string, number>;
  noCapacityUntil?: number;
  do?: Action[];
}

interface Action {
  /** `CONTAINER start|exit RUN`, or `created`. */
  after: string;
  seconds: number;
  delete?: number;
  force?: boolean;
  kill?: string;
  image?: Record<string, string>;
  /** Removes its scheduling gates. */
  open?: boolean;
}

const SECONDS = 600;
/** A state shorter than a report takes is no step of its own, as in Kubernetes: commands take longer than that. */
const COMMAND_SECONDS = 0.6;
const manifests = ['r12.yaml', 'r12-workloads.yaml'].flatMap(
  (file) => parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as Manifest[],
);

/** A change arrives late, sometimes twice, sometimes after the next one. */
function awsDelivery(chance: Chance, sleep: (ms: number) => Promise<void>): Deliver {
  return async (kind, send) => {
    await sleep(kind === 'sync' ? 20 + chance.below(130) : chance.below(6_000));
    if (kind === 'change' && chance.happens(0.5))
      void sleep(chance.below(8_000))
        .then(send)
        .catch(() => undefined);
    const answer = await send();
    if (kind === 'sync') await sleep(20 + chance.below(80));
    return answer;
  };
}

function awsTiming(chance: Chance, sleep: (ms: number) => Promise<void>): WorldOptions {
  return {
    agent: true,
    apart: true,
    settings: { mode: 'aws', syncWaitMs: 2_000 },
    bootMs: 20_000 + chance.below(40_000),
    random: () => chance.next(),
    deliver: awsDelivery(chance, sleep),
    fault: async () => void (await sleep(3 + chance.below(15))),
  };
}

async function act(world: PodWorld, pod: Pod, action: Action): Promise<void> {
  const { image } = action;
  const running = [...world.tasks.tasks.values()].findLast(
    ({ lastStatus }) => lastStatus !== 'STOPPED',
  )?.taskArn;
  if (action.delete !== undefined) await world.delete(pod, action.delete);
  if (action.force) await world.remove(pod);
  if (action.kill && running) await world.kill(running, action.kill);
  if (action.open) await world.edit(pod, ({ schedulingGates: _gone, ...spec }) => spec);
  if (image)
    await world.edit(pod, (spec) => ({
      ...spec,
      containers: spec.containers.map((one) => ({
        ...one,
        image: image[one.name] ?? one.image ?? '',
      })),
    }));
}

/** Runs the manifest until it rests and returns what a watcher saw. */
async function play(
  manifest: Manifest,
  timing: (sleep: (ms: number) => Promise<void>) => WorldOptions,
): Promise<string[]> {
  const calls = new Map<string, number>();
  const commands = (_container: string, argv: string[]): { code: number; seconds: number } => {
    const codes = manifest.commands?.[argv.join(' ')] ?? [0];
    const call = calls.get(argv.join(' ')) ?? 0;
    calls.set(argv.join(' '), call + 1);
    return { code: codes[Math.min(call, codes.length - 1)] ?? 0, seconds: COMMAND_SECONDS };
  };
  const world: PodWorld = new PodWorld({ ...timing((ms) => world.clock.sleep(ms)), commands });
  for (const [image, failures] of Object.entries(manifest.noImage ?? {}))
    failFirst(world, image, failures);
  if (manifest.noCapacityUntil) {
    world.tasks.failure = 'Capacity is unavailable at this time';
    void world.clock
      .sleep(manifest.noCapacityUntil * 1000)
      .then(() => (world.tasks.failure = undefined));
  }
  const script = (container: string, run: number): ScriptedRun =>
    manifest.script?.[container]?.[Math.min(run, manifest.script[container].length) - 1] ?? {};
  const created = world.create(manifest.spec, script);
  world.onRunEvent = ({ container, what, run }) => void begin(`${container} ${what} ${run}`);
  const begin = async (moment: string): Promise<void> => {
    for (const action of (manifest.do ?? []).filter(({ after }) => after === moment))
      void world.clock
        .sleep(action.seconds * 1000)
        .then(async () => act(world, await created, action));
  };
  void begin('created');
  for (let at = 60; at < SECONDS; at += 60)
    void world.clock.sleep(at * 1000).then(() => world.sweep());
  const pod = await world.clock.runUntil(created);
  await world.clock.advance(SECONDS * 1000 - world.seconds * 1000);
  expect(world.faults).toEqual([]);
  return world.clock.runUntil(watchSequence(world, pod));
}

/** The image is unavailable the first times it is requested. */
function failFirst({ ports: { images } }: PodWorld, image: string, failures: number): void {
  const resolve = images.resolve.bind(images);
  let left = failures;
  images.resolve = async (wanted, policy, credentials) =>
    wanted === image && left-- > 0
      ? { failure: 'ErrImagePull', message: 'not found' }
      : resolve(wanted, policy, credentials);
}

it.each(manifests.map((manifest, index) => [manifest.name, manifest, index] as const))(
  'R12: %s',
  async (_name, manifest, index) => {
    const local = await play(manifest, () => ({ agent: true, bootMs: 300 }));
    expect(local.length).toBeGreaterThan(2);
    for (const seed of [index, index + 1000]) {
      const chance = makeChance(seed);
      const observed = await play(manifest, (sleep) => awsTiming(chance, sleep));
      // A run between two looks of the podlet goes unseen, as with a kubelet: both must only show its end.
      expect(manifest.quick ? observed.at(-1) : observed, `seed ${seed}`).toEqual(
        manifest.quick ? local.at(-1) : local,
      );
    }
  },
);
