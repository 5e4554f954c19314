// The podlet: the kubelet of one pod. It listens to supervisors and the API, lets decide.ts say what is due, and does it.
import type { ProbeKind } from './probes/worker.ts';
import { runProbe } from './probes/worker.ts';
import { attemptProbe } from './probes/attempt.ts';
import { Commands } from './commands.ts';
import { decide } from './decide.ts';
import type { Order } from './decide.ts';
import { EventLog } from './events.ts';
import { hear, hearLost } from './hear.ts';
import { runHook } from './hooks.ts';
import { recall, remember } from './memory.ts';
import type { FromSupervise } from './messages.ts';
import type { PodletPorts } from './ports.ts';
import { buildReport } from './report.ts';
import { startMessage } from './start-message.ts';
import { SyncLoop } from './sync-loop.ts';
import { VolumeKeeper } from './volume-keeper.ts';
import type { ContainerView, World } from './world.ts';
import { ending, newWorld } from './world.ts';
import type { Desired, Report } from '../src/sync/messages.ts';

/** A supervisor redials within 0.5 s while its container lives. */
const LOST_MS = 10_000;
const LOST_WHILE_ENDING_MS = 1_500;
const DEFAULT_GRACE_SECONDS = 30;

/** A podlet on these ports; `run` ends when the podlet may leave its container. */
export const createAgent = (ports: PodletPorts): Agent => new Agent(ports);

export class Agent {
  private readonly world: World;
  private readonly events: EventLog;
  private readonly commands: Commands;
  private readonly volumes: VolumeKeeper;
  private readonly syncLoop: SyncLoop;
  private readonly left = new AbortController();
  /** Aborts what belongs to one run: probes, sleeping hooks. */
  private readonly runs = new Map<string, AbortController>();
  private readonly sessions = new Set<string>();
  private wake = new AbortController();

  constructor(private readonly ports: PodletPorts) {
    const { clock, identity } = ports;
    this.world = newWorld(identity);
    this.events = new EventLog(identity.bootId, () => clock.now());
    this.commands = new Commands(ports.supervisors);
    this.volumes = new VolumeKeeper(ports, this.world, () => this.changed());
    this.syncLoop = new SyncLoop({
      clock,
      random: () => ports.random(),
      sync: (report, signal) => ports.sync(report, signal),
      report: (sequence) => this.report(sequence),
      onAnswer: (desired, report) => this.answer(desired, report),
      onRefused: () => this.refused(),
    });
  }

  /** Resolves once everything has ended and was reported, and the supervisors were told to quit. */
  async run(): Promise<void> {
    recall(this.world, this.ports.memory.load());
    this.ports.supervisors.listen((container, message) => this.heard(container, message), (container) => this.gone(container));
    for (const container of this.world.containers) if (container.alive && !container.connected) void this.declareLost(container);
    this.ports.engineTerm.addEventListener('abort', () => {
      this.world.engineTermAt = this.now();
      this.changed();
    });
    const background = [this.syncLoop.run(this.left.signal), this.volumes.watch(this.left.signal)];
    while (!this.left.signal.aborted) await this.turn();
    await Promise.all(background);
  }

  /** Decides until nothing is due, then sleeps until something happens. */
  private async turn(): Promise<void> {
    this.wake = new AbortController();
    for (;;) {
      const { orders, wakeAt } = decide(this.world, this.now());
      for (const order of orders) this.carryOut(order);
      if (this.left.signal.aborted) return;
      if (orders.length > 0) continue;
      if (this.wake.signal.aborted) return;
      if (wakeAt === Infinity) await new Promise((resolve) => this.wake.signal.addEventListener('abort', resolve));
      else await this.ports.clock.sleep(Math.max(0, wakeAt - this.now()), this.wake.signal);
      return;
    }
  }

  private now = (): number => this.ports.clock.now().getTime();

  /** Something worth telling happened. */
  private changed(): void {
    this.syncLoop.changed();
    this.wake.abort();
  }

  private find(name: string): ContainerView | undefined {
    return this.world.containers.find((container) => container.name === name);
  }

  private report(sequence: number): Report {
    for (const { term } of this.world.containers) if (term !== undefined) term.reported ??= sequence;
    return buildReport(this.world, sequence, this.events.unacknowledged());
  }

  private answer(desired: Desired, report: Report): void {
    this.world.desired = desired;
    this.world.lastAnswerAt = this.now();
    this.events.acknowledge(desired.acknowledged);
    for (const { term } of this.world.containers) if (term?.reported !== undefined && report.sequence >= term.reported) term.answered = true;
    if (report.done === true) this.world.doneAnswered = true;
    this.volumes.want(desired.volumes);
    for (const session of desired.sessions) {
      if (this.sessions.has(session.id)) continue;
      this.sessions.add(session.id);
      this.ports.openSession(session);
    }
    if (ending(this.world)) this.dropOwnStops();
    this.wake.abort();
  }

  private refused(): void {
    this.world.refused = true;
    this.wake.abort();
  }

  private heard(name: string, message: FromSupervise): void {
    const container = this.find(name);
    if (container === undefined) return;
    if (message.type === 'done') this.commands.finish(message);
    const wasAlive = container.alive;
    const what = hear(container, message, this.now());
    if (what === 'started' || (message.type === 'hello' && container.alive && wasAlive && !this.runs.has(name))) this.began(container, what === 'started');
    if (what === 'ended') this.ended(container);
    if (what !== 'nothing') this.changed();
    if (message.type === 'hello') void this.learnRuntimeIds();
  }

  private async learnRuntimeIds(): Promise<void> {
    if (this.world.containers.every(({ runtimeId }) => runtimeId !== undefined)) return;
    const ids = await this.ports.runtimeIds();
    for (const container of this.world.containers) {
      const id = ids[container.name];
      if (id === undefined || container.runtimeId === id) continue;
      container.runtimeId = id;
      if (container.run !== undefined) this.changed();
    }
  }

  private gone(name: string): void {
    const container = this.find(name);
    if (container === undefined) return;
    container.connected = false;
    this.commands.abandon(name);
    void this.declareLost(container);
  }

  /** A container whose supervisor stays away was killed from outside. */
  private async declareLost(container: ContainerView): Promise<void> {
    await this.ports.clock.sleep(ending(this.world) ? LOST_WHILE_ENDING_MS : LOST_MS, this.left.signal);
    if (container.connected || this.left.signal.aborted || hearLost(container, this.ports.clock.now()) === 'nothing') return;
    this.ended(container);
    this.changed();
  }

  /** A run's process exists: its hook, then its probes. `fresh` is false where an earlier podlet process saw it begin. */
  private began(container: ContainerView, fresh: boolean): void {
    const run = new AbortController();
    this.runs.get(container.name)?.abort();
    this.runs.set(container.name, run);
    this.ports.memory.save(remember(this.world));
    const hook = container.order?.postStart;
    if (!fresh || hook === undefined) return this.startProbes(container, run.signal);
    container.hookRunning = true;
    void this.callHook(container, hook, run.signal).then(({ error }) => {
      if (run.signal.aborted) return;
      container.hookRunning = false;
      if (error === undefined) this.startProbes(container, run.signal);
      else this.postStartFailed(container, error);
      this.changed();
    });
  }

  private postStartFailed(container: ContainerView, error: string): void {
    if (container.run !== undefined) container.run.postStartError = error;
    this.events.add('Warning', 'FailedPostStartHook', 'PostStartHook failed', container.name);
    container.ownStop = { graceSeconds: container.order?.stop.graceSeconds ?? DEFAULT_GRACE_SECONDS, message: 'FailedPostStartHook' };
  }

  private async callHook(container: ContainerView, hook: NonNullable<NonNullable<ContainerView['order']>['postStart']>, signal: AbortSignal): Promise<{ error?: string }> {
    const { name = '', namespace = '' } = this.world.desired?.pod ?? {};
    const tools = { commands: this.commands, network: this.ports.network, clock: this.ports.clock };
    const pod = `${name}_${namespace}(${this.world.identity.uid})`;
    const outcome = await runHook(tools, hook, { container: container.name, pod, podIP: this.podIP(), signal });
    if (outcome.fallback !== undefined) this.events.add('Warning', 'LifecycleHTTPFallback', outcome.fallback, container.name);
    return outcome.error === undefined ? {} : { error: outcome.error };
  }

  private podIP = (): string => this.world.identity.podIP ?? '127.0.0.1';

  private startProbes(container: ContainerView, signal: AbortSignal): void {
    if (container.order?.startup !== undefined && container.run?.started !== true) this.probe(container, 'startup', signal);
    else this.startLaterProbes(container, signal);
  }

  private startLaterProbes(container: ContainerView, signal: AbortSignal): void {
    for (const kind of ['readiness', 'liveness'] as const) this.probe(container, kind, signal);
  }

  private probe(container: ContainerView, kind: ProbeKind, signal: AbortSignal): void {
    const probe = container.order?.[kind];
    const startedAt = container.run?.startedAt;
    if (probe === undefined || startedAt === undefined) return;
    const tools = { commands: this.commands, network: this.ports.network };
    void runProbe({
      kind, probe, signal,
      clock: this.ports.clock,
      startedAt: Date.parse(startedAt),
      attempt: () => attemptProbe(tools, probe, container.name, this.podIP()),
      onEvent: (reason, message) => {
        // The pod is going: what liveness and startup say no longer matters (they stop with the termination).
        if (ending(this.world) && kind !== 'readiness') return;
        this.events.add('Warning', reason, message, container.name);
        this.changed();
      },
      onResult: (_kind, success) => this.probed(container, kind, success, signal),
    });
  }

  private probed(container: ContainerView, kind: ProbeKind, success: boolean, signal: AbortSignal): void {
    const { run, order } = container;
    if (run === undefined || signal.aborted) return;
    if (kind === 'readiness') run.ready = success;
    else if (!success) this.killForProbe(container, kind);
    else if (kind === 'startup') {
      run.started = true;
      run.ready = order?.readiness === undefined;
      this.startLaterProbes(container, signal);
    }
    this.changed();
  }

  private killForProbe(container: ContainerView, kind: 'startup' | 'liveness'): void {
    const { order, run } = container;
    const probe = order?.[kind];
    if (run === undefined || order === undefined || probe === undefined || ending(this.world)) return;
    const title = this.world.desired?.containers[container.name]?.sidecar === undefined ? 'Container' : 'Init container';
    run.killedByProbe = true;
    container.ownStop = {
      graceSeconds: probe.terminationGracePeriodSeconds ?? order.stop.graceSeconds,
      message: `${title} ${container.name} failed ${kind} probe${probe.killSuffix}`,
    };
  }

  /** The pod's own end overtakes a stop that a probe asked for and that has not begun. */
  private dropOwnStops(): void {
    for (const container of this.world.containers) if (container.ownStop !== undefined && container.stopping === undefined) delete container.ownStop;
  }

  private ended(container: ContainerView): void {
    this.runs.get(container.name)?.abort();
    this.runs.delete(container.name);
    this.commands.abandon(container.name);
    this.ports.memory.save(remember(this.world));
  }

  private carryOut(order: Order): void {
    if (order.kind === 'leave') return this.leave();
    const container = this.find(order.container);
    if (container === undefined) return;
    switch (order.kind) {
      case 'start':
        container.order = order.order;
        container.starting = order.run;
        this.ports.memory.save(remember(this.world));
        return this.ports.supervisors.send(container.name, startMessage(order.run, order.order, this.world.desired?.hosts));
      case 'beginStop':
        return this.beginStop(container, order);
      case 'shrinkGrace':
        if (container.stopping !== undefined) container.stopping.graceSeconds = order.graceSeconds;
        return;
      case 'signal':
        return this.signal(container, order.signal, order.last);
      case 'acknowledgeTerm':
        return this.acknowledgeTerm(container, order);
      case 'quit':
        container.quit = true;
        return this.ports.supervisors.send(container.name, { type: 'quit' });
    }
  }

  private beginStop(container: ContainerView, order: Extract<Order, { kind: 'beginStop' }>): void {
    const stopping: ContainerView['stopping'] = { since: this.now(), graceSeconds: order.graceSeconds, preStop: order.preStop ? 'running' : 'none' };
    container.stopping = stopping;
    if (order.message !== undefined) this.events.add('Normal', 'Killing', order.message, container.name);
    this.changed();
    const hook = container.order?.stop.preStop;
    const run = this.runs.get(container.name);
    if (!order.preStop || hook === undefined || run === undefined) return;
    void this.callHook(container, hook, run.signal).then(({ error }) => {
      if (run.signal.aborted) return;
      if (error !== undefined) this.events.add('Warning', 'FailedPreStopHook', 'PreStopHook failed', container.name);
      stopping.preStop = 'done';
      this.changed();
    });
  }

  private signal(container: ContainerView, signal: string, last: boolean): void {
    if (container.stopping !== undefined) {
      if (last) container.stopping.killed = true;
      else container.stopping.signalledAt = this.now();
    }
    this.ports.supervisors.send(container.name, { type: 'kill', signal });
  }

  private acknowledgeTerm(container: ContainerView, { forward, stop }: Extract<Order, { kind: 'acknowledgeTerm' }>): void {
    if (container.term !== undefined) container.term.settled = true;
    if (forward) delete container.term;
    this.ports.supervisors.send(container.name, { type: 'ack', forward });
    if (stop && container.alive) container.ownStop = { graceSeconds: container.order?.stop.graceSeconds ?? DEFAULT_GRACE_SECONDS, message: `Stopping container ${container.name}` };
  }

  private leave(): void {
    for (const { name } of this.world.containers) this.ports.supervisors.send(name, { type: 'quit' });
    for (const run of this.runs.values()) run.abort();
    this.left.abort();
    this.wake.abort();
  }
}
