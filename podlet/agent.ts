// The podlet: the kubelet of one pod. It receives messages from supervisors and the API, asks decide.ts what is due, and does it.
// See docs/design/supervise.md.
import { own } from '../src/own.ts';
import { Commands } from './commands.ts';
import { carryOut } from './carry-out.ts';
import type { Tools } from './carry-out.ts';
import { errorText } from './error-text.ts';
import { decide } from './decide.ts';
import { EventLog } from './events.ts';
import { receive, receiveLost } from './receive.ts';
import { recall, remember } from './memory.ts';
import type { FromSupervise } from './messages.ts';
import type { PodletPorts } from './ports.ts';
import { buildReport } from './report.ts';
import { Runs } from './runs.ts';
import { SyncLoop } from './sync-loop.ts';
import { meterUsage } from './usage-meter.ts';
import { VolumeKeeper } from './volume-keeper.ts';
import type { ContainerView, World } from './world.ts';
import { ending, newContainer, newWorld } from './world.ts';
import type { Desired, Report } from '../src/protocol/messages.ts';

/** A supervisor redials within 0.5 s while its container lives. */
const LOST_MS = 10_000;
const LOST_WHILE_ENDING_MS = 1_500;
const FAULT_PAUSE_MS = 1_000;

/** The event text for a run whose root differs from its image. */
const leftoverText = ({ run, paths, more }: Extract<FromSupervise, { type: 'leftover' }>): string =>
  `Run ${run} does not find the root file system as the first run did: ${paths.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;

/** A podlet on these ports; `run` resolves when the podlet may leave its container. */
export const createAgent = (ports: PodletPorts): Agent => new Agent(ports);

export class Agent {
  private readonly world: World;
  private readonly events: EventLog;
  private readonly commands: Commands;
  private readonly volumes: VolumeKeeper;
  private readonly syncLoop: SyncLoop;
  private readonly left = new AbortController();
  private readonly runs: Runs;
  private readonly tools: Tools;
  /** Opened streams that the API still lists. */
  private sessions = new Set<string>();
  private wake = new AbortController();

  constructor(private readonly ports: PodletPorts) {
    const { clock, identity } = ports;
    this.world = newWorld(identity);
    this.events = new EventLog(identity.bootId, () => clock.now());
    this.commands = new Commands(ports.supervisors);
    const tools = {
      commands: this.commands,
      events: this.events,
      changed: () => this.changed(),
      own: this.own,
    };
    this.runs = new Runs(ports, this.world, tools);
    this.tools = {
      ...tools,
      ports,
      world: this.world,
      runs: this.runs,
      now: () => this.now(),
      remember: () => this.remember(),
      lose: (container) => this.lose(container),
      leave: () => this.leave(),
    };
    this.volumes = new VolumeKeeper(ports, this.world, {
      changed: tools.changed,
      applied: () => this.changedSoon(),
      own: this.own,
      failed: (message) => this.events.add('Warning', 'FailedMount', message),
    });
    this.syncLoop = new SyncLoop({
      clock,
      random: () => ports.random(),
      sync: (report, signal) => ports.sync(report, signal),
      report: (sequence) => this.report(sequence),
      onAnswer: (desired, report) => this.answer(desired, report),
      onRefused: () => this.refused(),
      own: this.own,
    });
  }

  /** Writes a fault to the log and as an event of the pod; the podlet goes on. Also called for uncaught errors of the process. */
  fault = (where: string, error: unknown): void => {
    const message = `${where}: ${errorText(error)}`;
    this.ports.fault(message, error);
    this.events.add('Warning', 'PodletFault', message);
    this.changed();
  };

  /** Handles the errors of a promise that nobody awaits. */
  private own = (where: string, work: Promise<unknown>): void => {
    work.catch((error: unknown) => this.fault(where, error));
  };

  /** Runs `work` now; an error in it is reported as a fault and does not end the podlet. */
  private guard(where: string, work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      this.fault(where, error);
      return false;
    }
  }

  /** Resolves once everything has ended and been reported, and the supervisors were ordered to quit. */
  async run(): Promise<void> {
    this.guard('memory', () => recall(this.world, this.ports.memory.load()));
    if (this.ports.identity.restarted !== undefined)
      this.events.add('Warning', 'PodletRestarted', this.ports.identity.restarted);
    this.ports.supervisors.listen(
      (container, message) =>
        void this.guard(`a message of ${container}`, () => this.received(container, message)),
      (container) =>
        void this.guard(`the end of ${container}'s connection`, () => this.gone(container)),
    );
    for (const { name, added } of this.world.containers)
      if (added === true) this.ports.supervisors.admit(name);
    for (const container of this.world.containers)
      if (container.alive && !container.connected)
        this.own('a lost container', this.declareLost(container));
    this.ports.engineTerm.addEventListener('abort', () => {
      this.world.engineTermAt = this.now();
      this.changed();
    });
    this.own('sync', this.syncLoop.run(this.left.signal));
    this.own('volumes', this.volumes.watch(this.left.signal));
    const { clock, counters } = this.ports;
    if (counters !== undefined)
      this.own('usage', meterUsage(this.world, clock, counters, this.left.signal));
    while (!this.left.signal.aborted) await this.turn();
  }

  /** Decides until nothing is due, then sleeps until something happens. */
  private async turn(): Promise<void> {
    this.wake = new AbortController();
    for (;;) {
      const { orders, wakeAt } = decide(this.world, this.now());
      const done = orders.every((order) =>
        this.guard(`the order ${order.kind}`, () => carryOut(this.tools, order)),
      );
      if (this.left.signal.aborted) return;
      // A failed order is decided again after a pause.
      if (!done) return this.ports.clock.sleep(FAULT_PAUSE_MS, this.left.signal);
      if (orders.length > 0) continue;
      if (this.wake.signal.aborted) return;
      if (wakeAt === Infinity)
        await new Promise((resolve) => this.wake.signal.addEventListener('abort', resolve));
      else await this.ports.clock.sleep(Math.max(0, wakeAt - this.now()), this.wake.signal);
      return;
    }
  }

  private now = (): number => this.ports.clock.now().getTime();

  /** Something changed that belongs in a report. */
  private changed(): void {
    this.syncLoop.changed();
    this.wake.abort();
  }

  /** The same, of a change that the start of a container follows at once where one is ordered. */
  private changedSoon(): void {
    this.syncLoop.changedSoon();
    this.wake.abort();
  }

  /** A full disk must not end the podlet: the pod itself may have filled it. */
  private remember(): void {
    this.guard('memory', () => this.ports.memory.save(remember(this.world)));
  }

  private find(name: string): ContainerView | undefined {
    return this.world.containers.find((container) => container.name === name);
  }

  private report(sequence: number): Report {
    for (const { term } of this.world.containers)
      if (term !== undefined) term.reported ??= sequence;
    return buildReport(this.world, sequence, this.events.unacknowledged());
  }

  private answer(desired: Desired, report: Report): void {
    this.world.desired = desired;
    this.world.lastAnswerAt = this.now();
    // What did not fit into one report follows in the next.
    if (this.events.acknowledge(desired.acknowledged) && this.events.unacknowledged().length > 0)
      this.syncLoop.changed();
    for (const { term } of this.world.containers)
      if (term?.reported !== undefined && report.sequence >= term.reported) term.answered = true;
    if (report.done === true) this.world.doneAnswered = true;
    this.admit(desired);
    this.volumes.want(desired.volumes);
    const known = this.sessions;
    this.sessions = new Set(desired.sessions.map(({ id }) => id));
    for (const session of desired.sessions)
      if (!known.has(session.id)) this.ports.openSession(session);
    if (ending(this.world)) this.dropOwnStops();
    this.wake.abort();
  }

  /** Containers that have joined the task. */
  private admit({ containers }: Desired): void {
    for (const [name, { added }] of Object.entries(containers)) {
      if (added !== true || this.find(name) !== undefined) continue;
      this.world.containers.push({ ...newContainer(name), added });
      this.ports.supervisors.admit(name);
    }
  }

  private refused(): void {
    this.world.refused = true;
    this.wake.abort();
  }

  private received(name: string, message: FromSupervise): void {
    const container = this.find(name);
    if (container === undefined) return;
    if (message.type === 'done') this.commands.finish(message);
    if (message.type === 'leftover')
      this.events.add('Warning', 'RootNotRestored', leftoverText(message), name);
    const wasAlive = container.alive;
    const what = receive(container, message, this.now());
    if (
      what === 'started' ||
      (message.type === 'hello' && container.alive && wasAlive && !this.runs.isWatched(name))
    )
      this.runs.begin(container, what === 'started');
    if (what === 'ended') this.runs.end(name);
    if (what === 'started' || what === 'ended') this.remember();
    const awaitsStart = message.type === 'hello' && what === 'changed' && !container.term;
    if (awaitsStart) this.changedSoon();
    else if (what !== 'nothing') this.changed();
    if (message.type === 'hello') this.own('runtime ids', this.learnRuntimeIds());
  }

  private async learnRuntimeIds(): Promise<void> {
    if (this.world.containers.every(({ runtimeId }) => runtimeId !== undefined)) return;
    const ids = await this.ports.runtimeIds();
    for (const container of this.world.containers) {
      const id = own(ids, container.name);
      if (id === undefined || container.runtimeId === id) continue;
      container.runtimeId = id;
      if (container.run !== undefined) this.changed();
    }
  }

  private gone(name: string): void {
    const container = this.find(name);
    if (container === undefined) return;
    container.connected = false;
    // It is unknown whether the signal arrived, so it is sent again when the supervisor is back.
    delete container.stopping?.signalledAt;
    delete container.stopping?.killed;
    this.commands.abandon(name);
    this.own('a lost container', this.declareLost(container));
  }

  /** A container whose supervisor does not come back was killed from outside. */
  private async declareLost(container: ContainerView): Promise<void> {
    await this.ports.clock.sleep(
      ending(this.world) ? LOST_WHILE_ENDING_MS : LOST_MS,
      this.left.signal,
    );
    if (container.connected || this.left.signal.aborted) return;
    container.lost = true;
    this.lose(container);
    this.wake.abort();
  }

  private lose(container: ContainerView): void {
    if (receiveLost(container, this.ports.clock.now()) === 'nothing') return;
    this.runs.end(container.name);
    this.ports.memory.save(remember(this.world));
    this.changed();
  }

  /** The pod's own end takes precedence over a stop that a probe requested and that has not begun. */
  private dropOwnStops(): void {
    for (const container of this.world.containers)
      if (container.ownStop !== undefined && container.stopping === undefined)
        delete container.ownStop;
  }

  private leave(): void {
    for (const { name } of this.world.containers)
      this.ports.supervisors.send(name, { type: 'quit' });
    this.runs.endAll();
    this.left.abort();
    this.wake.abort();
  }
}
