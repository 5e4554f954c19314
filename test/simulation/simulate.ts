// One seed's life of a pod: real functions, real machine, memory store, on a virtual clock whose sleepers wake in random order.
// Every call takes a random time and may fail before or after it happened; messages are lost, doubled and late.
import type { Fault } from '../fakes/memory-store.ts';
import { PodWorld } from '../fakes/pod-world.ts';
import type { Within } from '../fakes/pod-machine.ts';
import type { Deliver, RunEvent } from '../fakes/pod-world.ts';
import type { Pod } from '../../src/kinds/pod.ts';
import { present } from '../../src/present.ts';
import {
  countingRuns,
  MAX_GENERATION_MS,
  MAX_RUNS_IN_GENERATION,
} from '../../src/record/hand-over.ts';
import { updatePod } from '../../src/steps/pod/update-pod.ts';
import { podCreated } from '../../src/steps/create/pod-created.ts';
import { executionName, inCharge } from '../../src/record/execution-name.ts';
import { RunRules } from './run-rules.ts';
import { CUT_OFF_SECONDS, FAULTY_SECONDS, LOST_SECONDS, makePlan } from './plan.ts';
import type { Blow, Plan } from './plan.ts';
import { chance as makeChance } from './random.ts';
import type { Chance } from './random.ts';

/** Long enough for every back-off after the faults, and for silence to be noticed. */
const REST_SECONDS = 900;
const SWEEP_SECONDS = 60;
const LATE_MS = 8_000;
const TIMEOUT_MS = 3_000;

const plainly: Within = (_name, act) => act();

/** The result of a run, for the final rules. */
export interface Life {
  seed: number;
  plan: Plan;
  pod: Pod;
  world: PodWorld;
  /** The pod was deleted by the user. */
  deleted: boolean;
  violations: string[];
  /** What happened, line by line. */
  trace: string[];
  /** A podlet got a response although its task had been given up for its silence. */
  reportedLate: boolean;
}

class Simulation {
  readonly chance: Chance;
  readonly plan: Plan;
  readonly world: PodWorld;
  readonly trace: string[] = [];
  readonly rules: RunRules;
  calm = false;
  reportedLate = false;

  constructor(
    readonly seed: number,
    within?: Within,
  ) {
    this.chance = makeChance(seed);
    this.plan = makePlan(this.chance);
    this.world = new PodWorld({
      fault: (operation) => this.fault(operation),
      random: () => this.chance.next(),
      deliver: (kind, send) => this.deliver(kind, send),
      // Every other life uses the real podlet agent.
      agent: seed % 2 === 1,
      bootMs: this.chance.below(3_000),
      ...present({ within }),
    });
    this.rules = new RunRules(this.plan, this.world);
    this.world.onRunEvent = (event) => this.note(event);
  }

  get faulty(): boolean {
    return !this.calm && this.world.seconds < FAULTY_SECONDS;
  }

  note(event: RunEvent): void {
    this.trace.push(
      `${event.at.toFixed(3)} ${event.what} ${event.container} run ${event.run} attempt ${event.attempt}`,
    );
    this.rules.check(event);
  }

  async fault(operation: string): Promise<Fault> {
    if (this.calm) return 'ok';
    await this.world.clock.sleep(this.chance.below(20));
    if (!this.faulty || !this.chance.happens(this.plan.callFaults)) return 'ok';
    const fault = this.chance.pick(['fail-before', 'fail-after'] as const);
    this.trace.push(`${this.world.seconds.toFixed(3)} ${operation} ${fault}`);
    return fault;
  }

  deliver: Deliver = async (kind, send) => {
    const { clock } = this.world;
    const happens = (): boolean => this.faulty && this.chance.happens(this.plan.messageFaults / 3);
    await clock.sleep(this.chance.below(10));
    if (happens()) {
      this.trace.push(`${this.world.seconds.toFixed(3)} ${kind} lost`);
      await clock.sleep(TIMEOUT_MS);
      throw new Error('lost');
    }
    if (happens()) void this.again(send);
    if (happens()) await clock.sleep(this.chance.below(LATE_MS));
    const answer = await send();
    if (kind === 'sync')
      this.reportedLate ||= this.world.tasks.stopped.some(
        ({ reason }) => reason === 'The podlet stopped reporting',
      );
    if (happens()) throw new Error('the answer was lost');
    return answer;
  };

  /** The same message again, later; its response is dropped. */
  async again(send: () => Promise<unknown>): Promise<void> {
    await this.world.clock.sleep(this.chance.below(LATE_MS));
    await send().catch(() => undefined);
  }

  /** The user's own commit succeeds: the lifecycle must make up for failures after it. */
  async calmly<T>(act: () => Promise<T>): Promise<T> {
    this.calm = true;
    try {
      return await act();
    } finally {
      this.calm = false;
    }
  }
}

/** Observers of a life. */
export interface Watching {
  within?: Within;
  /** Gets the world before anything happens in it. */
  begin?: (world: PodWorld) => void;
}

/** Runs the seed's pod until it rests. */
export async function simulate(
  seed: number,
  { within, begin: prepare }: Watching = {},
): Promise<Life> {
  const run = new Simulation(seed, within);
  const { world, plan } = run;
  prepare?.(world);
  const script = (container: string, n: number) =>
    plan.runs[container]?.[Math.min(n, plan.runs[container]?.length ?? 1) - 1] ?? {};
  const pod = await world.insert(plan.spec, script, 'p', (commit) => run.calmly(commit));
  const life: Life = {
    seed,
    plan,
    pod,
    world,
    deleted: false,
    violations: run.rules.violations,
    trace: run.trace,
    reportedLate: false,
  };
  const begin = async (act: Promise<unknown>): Promise<void> =>
    void (await act.catch(() => undefined));
  world.tasks.failure =
    plan.noCapacityUntil > 0 ? 'Capacity is unavailable at this time' : undefined;
  void world.clock.sleep(plan.noCapacityUntil * 1000).then(() => (world.tasks.failure = undefined));
  if (plan.noImageUntil > 0)
    world.ports.images.outcomes.set('busybox', { failure: 'ErrImagePull', message: 'not found' });
  void world.clock
    .sleep(plan.noImageUntil * 1000)
    .then(() => world.ports.images.outcomes.delete('busybox'));
  void begin((within ?? plainly)('api', () => podCreated(world.ports, pod)));
  for (const { at, what } of plan.blows)
    void world.clock.sleep(at * 1000).then(() => begin(blow(run, life, what)));
  for (let at = SWEEP_SECONDS; at < FAULTY_SECONDS + REST_SECONDS; at += SWEEP_SECONDS)
    void world.clock.sleep(at * 1000).then(() => begin(world.sweep()));
  await world.clock.runUntilIdle({
    until: new Date(world.clock.now().getTime() + (FAULTY_SECONDS + REST_SECONDS) * 1000),
  });
  run.calm = true;
  return { ...life, reportedLate: run.reportedLate };
}

async function blow(run: Simulation, life: Life, what: Blow): Promise<void> {
  const { world, trace } = run;
  const { pod } = life;
  const taskArn = [...world.tasks.tasks.values()]
    .filter(({ lastStatus }) => lastStatus !== 'STOPPED')
    .at(-1)?.taskArn;
  trace.push(`${world.seconds.toFixed(3)} blow: ${what}`);
  if (what === 'kill' && taskArn) await world.kill(taskArn);
  if (what === 'host' && taskArn) await world.kill(taskArn, 'InfrastructureHealth');
  if (what === 'spot' && taskArn) await world.interrupt(taskArn);
  if (what === 'cutOff' || what === 'lost')
    await cutOff(run, what === 'lost' ? LOST_SECONDS : CUT_OFF_SECONDS);
  if (what === 'deploy') await deploy(run);
  if (what === 'age') await run.calmly(() => age(world, pod));
  if (what === 'stopTask' && taskArn) await world.tasks.stop(taskArn, 'by hand');
  if (what === 'killExecution') {
    const record = await run.calmly(() => world.record(pod));
    if (record) await world.machine.interpreter.stop(`pod/${executionName(inCharge(record))}`);
  }
  if (what === 'reboot' && taskArn) world.reboot(taskArn);
  if (what === 'handOver') await run.calmly(() => exhaust(world, pod));
  if (what === 'image')
    await world.edit(pod, withOtherImage, (act) => run.calmly(act)).catch(() => undefined);
  if (what !== 'delete' && what !== 'force') return;
  if (!(await run.calmly(() => world.pod(pod)))) return;
  life.deleted = true;
  // kube-apiserver deletes a pod without a node, or one that is over, at once.
  const now = await run.calmly(() => world.pod(pod));
  const atOnce =
    what === 'force' ||
    !now?.spec.nodeName ||
    ['Succeeded', 'Failed'].includes(now.status.phase ?? '');
  const commit = <T>(act: () => Promise<T>): Promise<T> => run.calmly(act);
  if (atOnce) await world.remove(pod, commit);
  else await world.delete(pod, run.plan.spec.terminationGracePeriodSeconds, commit);
}

/** The current execution has used up its history: the next sweep hands the pod over. */
async function exhaust(world: PodWorld, pod: Pod): Promise<void> {
  await updatePod(world.ports, pod.metadata.uid ?? '', ({ record }) => ({
    record: countingRuns(record, MAX_RUNS_IN_GENERATION + 1),
  }));
}

/** So does an execution that is almost a year old. */
async function age(world: PodWorld, pod: Pod): Promise<void> {
  const at = new Date(world.clock.now().getTime() - MAX_GENERATION_MS - 1).toISOString();
  await updatePod(world.ports, pod.metadata.uid ?? '', ({ record }) =>
    record.generation.at === undefined
      ? undefined
      : { record: { ...record, generation: { ...record.generation, at } } },
  );
}

/** The podlet and the API cannot reach each other for a while. */
async function cutOff(
  { world, chance }: Simulation,
  { from, to }: { from: number; to: number },
): Promise<void> {
  world.setDeaf(true);
  await world.clock.sleep((from + chance.below(to - from)) * 1000);
  world.setDeaf(false);
}

/** A new revision; sometimes the functions use it before the machine has it. */
async function deploy({ world, chance }: Simulation): Promise<void> {
  const revision = `r${Math.round(world.seconds * 1000) + 2}`;
  world.ports.settings.machineRevision = revision;
  if (chance.happens(0.3)) await world.clock.sleep(chance.below(90_000));
  if (world.ports.settings.machineRevision === revision) world.deploy(revision);
}

/** Changes the first app container's image. */
const withOtherImage = (spec: Pod['spec']): Pod['spec'] => ({
  ...spec,
  containers: spec.containers.map((one, index) =>
    index === 0 ? { ...one, image: 'busybox:2' } : one,
  ),
});
