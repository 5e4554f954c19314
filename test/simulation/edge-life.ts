// A pod's life on AWS's own adapters, with one fault at AWS's edge: which call, the n-th of its kind, and the fault.
import { AwsError } from '../../local/aws/protocol.ts';
import type { Pod } from '../../src/kinds/pod.ts';
import { executionName, inCharge } from '../../src/record/execution-name.ts';
import { podCreated } from '../../src/steps/create/pod-created.ts';
import { keepSweepOn } from '../../src/steps/sweep/sweep-switch.ts';
import { behindEdge } from '../fakes/aws-edge.ts';
import { PodWorld, type Deliver } from '../fakes/pod-world.ts';
import type { ScriptedRun } from '../fakes/scripted-podlet.ts';
import type { Plan } from './plan.ts';
import { checkRest } from './rest-rules.ts';
import { RunRules } from './run-rules.ts';
import type { Life } from './simulate.ts';

/** The fault. `lost`, and an error that is `done`: it happened all the same. */
export type Wrong =
  | { is: 'error'; name: string; status: number; done?: boolean }
  | { is: 'silent' }
  | { is: 'lost' }
  | { is: 'slow' };

export interface Fault {
  operation: string;
  /** The first affected call of its kind, from 1. */
  from: number;
  /** For how long all calls of its kind are affected from then on; 0: only that call. */
  seconds: number;
  wrong: Wrong;
}

const SLOW_MS = 20_000;
const TIMEOUT_MS = 3_000;
const SWEEP_SECONDS = 60;
const STEP_SECONDS = 2;
/** Longer than a silence that a pod survives. */
const CUT_OFF_SECONDS = 500;

export interface Story {
  spec: Pod['spec'];
  runs: Record<string, ScriptedRun[]>;
  /** What the user, or the environment, does to the pod, by seconds. */
  blows: { at: number; what: 'delete' | 'remove' | 'kill' | 'lost' | 'killExecution' }[];
  /** ECS never has capacity for it. */
  noPlace?: boolean;
  /** How long it is observed: by then it has come to rest, whatever the fault was. */
  seconds: number;
}

/** The outcome. */
export interface Seen {
  problems: string[];
  /** Phase, or `gone`. */
  end: string;
  /** Seconds until that outcome. */
  after: number;
  /** Warnings that the user reads, as `Reason: message`. */
  warnings: string[];
  /** How often each operation was called. */
  calls: Map<string, number>;
}

/** Runs the story with the fault, or without any. */
export async function liveAtEdge(
  { spec, runs, blows, noPlace = false, seconds }: Story,
  fault?: Fault,
  deliver: Deliver = (_kind, send) => send(),
  changeWaitMs: () => number = () => 0,
): Promise<Seen> {
  const world = new PodWorld({
    settings: { mode: 'aws', syncWaitMs: 2_000 },
    apart: true,
    bootMs: 1_000,
    deliver: async (kind, send) => {
      const waitMs = kind === 'change' ? changeWaitMs() : 0;
      if (waitMs > 0) await world.clock.sleep(waitMs);
      return deliver(kind, send);
    },
  });
  const calls = new Map<string, number>();
  behindEdge(world, (operation, act) => {
    const count = (calls.get(operation) ?? 0) + 1;
    calls.set(operation, count);
    return atEdge(world, fault, { operation, count, act });
  });
  if (noPlace) world.tasks.failure = 'Capacity is unavailable at this time';
  const plan: Plan = {
    spec,
    runs,
    blows: [],
    noCapacityUntil: 0,
    noImageUntil: 0,
    callFaults: 0,
    messageFaults: 0,
  };
  const rules = new RunRules(plan, world);
  world.onRunEvent = (event) => rules.check(event);
  const pod = await world.insert(
    spec,
    (name, n) => runs[name]?.[Math.min(n, runs[name].length) - 1] ?? {},
  );
  const life: Life = {
    seed: 0,
    plan,
    pod,
    world,
    deleted: blows.some(({ what }) => what === 'delete' || what === 'remove'),
    violations: rules.violations,
    trace: [],
    reportedLate: false,
  };
  // A failed request is for the user to repeat, or for sweep to make up for.
  const quietly = (act: Promise<unknown>): void => void act.catch(() => undefined);
  quietly(keepSweepOn(world.ports).then(() => podCreated(world.ports, pod)));
  for (const { at, what } of blows)
    void world.clock.sleep(at * 1000).then(() => quietly(blow(world, pod, what)));
  for (let at = SWEEP_SECONDS; at < seconds; at += SWEEP_SECONDS)
    void world.clock.sleep(at * 1000).then(() => quietly(world.sweep()));
  const after = await watched(world, pod, seconds);
  return {
    problems: await checkRest(life),
    end: (await world.pod(pod))?.status.phase ?? 'gone',
    after,
    warnings: await warningsOf(world),
    calls,
  };
}

let begun: { fault: Fault; at: number } | undefined;

async function atEdge<T>(
  world: PodWorld,
  fault: Fault | undefined,
  { operation, count, act }: { operation: string; count: number; act: () => Promise<T> },
): Promise<T> {
  if (fault?.operation !== operation || count < fault.from) return act();
  if (count === fault.from) begun = { fault, at: world.seconds };
  const since = begun?.fault === fault ? begun.at : world.seconds;
  if (count > fault.from && world.seconds - since >= fault.seconds) return act();
  const { wrong } = fault;
  if (wrong.is === 'error') {
    if (wrong.done) await act();
    throw new AwsError(wrong.name, `${wrong.name} by the edge`, wrong.status);
  }
  if (wrong.is === 'slow') await world.clock.sleep(SLOW_MS);
  if (wrong.is !== 'silent') {
    const answer = await act();
    if (wrong.is === 'slow') return answer;
  }
  await world.clock.sleep(TIMEOUT_MS);
  throw Object.assign(new Error('no answer'), { name: 'TimeoutError' });
}

async function blow(
  world: PodWorld,
  pod: Pod,
  what: Story['blows'][number]['what'],
): Promise<void> {
  const taskArn = [...world.tasks.tasks.values()].find(
    ({ lastStatus }) => lastStatus !== 'STOPPED',
  )?.taskArn;
  if (what === 'delete') await world.delete(pod, 5);
  if (what === 'kill' && taskArn) await world.kill(taskArn, 'InfrastructureHealth');
  if (what === 'lost') {
    world.setDeaf(true);
    await world.clock.sleep(CUT_OFF_SECONDS * 1000);
    world.setDeaf(false);
  }
  if (what === 'remove') await world.remove(pod);
  if (what === 'killExecution') {
    const record = await world.record(pod);
    if (record) await world.machine.interpreter.stop(`pod/${executionName(inCharge(record))}`);
  }
}

/** Runs everything; returns the seconds until the pod had its last phase. */
async function watched(world: PodWorld, pod: Pod, seconds: number): Promise<number> {
  let [last, at] = ['', 0];
  for (let second = 0; second < seconds; second += STEP_SECONDS) {
    await world.clock.advance(STEP_SECONDS * 1000);
    const phase = (await world.pod(pod))?.status.phase ?? 'gone';
    if (phase !== last) [last, at] = [phase, world.seconds];
  }
  return at;
}

async function warningsOf(world: PodWorld): Promise<string[]> {
  const { objects } = await world.ports.store.list({ resource: 'events' });
  return objects.flatMap((event) => {
    const { type, reason, message } = event as unknown as Record<string, string>;
    return type === 'Warning' ? [`${reason}: ${message}`] : [];
  });
}
