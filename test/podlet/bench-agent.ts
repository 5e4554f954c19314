// The real agent on fakes and a virtual clock, for tests of its behaviour.
import type { Agent } from '../../podlet/agent.ts';
import { createAgent } from '../../podlet/agent.ts';
import type { Attempt, PodletPorts } from '../../podlet/ports.ts';
import { SyncRefused } from '../../podlet/ports.ts';
import { present } from '../../src/present.ts';
import type { Desired, PodletEvent, Report, StartOrder } from '../../src/protocol/messages.ts';
import type { FakeExec, FakeRun } from '../fakes/fake-supervisors.ts';
import { FakeSupervisors } from '../fakes/fake-supervisors.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';
import { nothing, startOrder } from './sync-server.ts';

export interface BenchOptions {
  containers: string[];
  script?: (container: string, run: number) => FakeRun;
  exec?: (container: string, argv: string[]) => FakeExec;
  probe?: () => Attempt;
  volumes?: Partial<PodletPorts['volumes']>;
  /** If absent, a fault fails the test. */
  fault?: (message: string) => void;
  save?: () => void;
  restarted?: string;
}

const HOLD_MS = 30_000;

export class AgentBench {
  readonly clock = new VirtualClock();
  readonly supervisors: FakeSupervisors;
  readonly reports: { at: number; report: Report }[] = [];
  readonly events: (PodletEvent & { second: number })[] = [];
  readonly engineTerm = new AbortController();
  readonly opened: string[] = [];
  openSession = (id: string): void => {
    this.opened.push(id);
  };
  desired: Desired = nothing();
  /** 'up' responds, 'down' fails, 'refuse' responds 403. */
  api: 'up' | 'down' | 'refuse' = 'up';
  agent: Agent;
  ended: Promise<void> = Promise.resolve();
  hasEnded = false;
  memory: unknown;
  /** The newest version of the files that all containers share. */
  shared: { path: string; content: string }[] = [];
  private answered = '';
  private held: (() => void)[] = [];
  private readonly start = this.clock.now().getTime();

  constructor(private readonly options: BenchOptions) {
    this.supervisors = new FakeSupervisors(
      this.clock,
      options.script ?? (() => ({})),
      options.exec,
    );
    this.agent = createAgent(this.ports());
  }

  private ports(): PodletPorts {
    const { probe = (): Attempt => ({ success: true }) } = this.options;
    const attempt = (): Promise<Attempt> => Promise.resolve(probe());
    return {
      clock: this.clock,
      random: () => 0.5,
      identity: {
        uid: 'uid-1',
        attempt: 1,
        taskArn: 'arn:task',
        boot: 1,
        bootId: `boot${this.reports.length}`,
        containers: this.options.containers,
        podIP: '10.0.0.5',
        ...present({ restarted: this.options.restarted }),
      },
      sync: (report) => this.sync(report),
      supervisors: this.supervisors,
      volumes: {
        apply: () => Promise.resolve(),
        usedBytes: (volumes) => Promise.resolve(volumes.map(() => 0)),
        read: () => Promise.resolve(undefined),
        move: () => Promise.resolve(),
        filesAt: () => Promise.resolve(undefined),
        put: () => Promise.resolve(),
        ...this.options.volumes,
      },
      network: {
        httpProbe: attempt,
        tcpProbe: attempt,
        grpcProbe: attempt,
        httpHook: () => Promise.resolve({}),
      },
      shareFiles: (files) => {
        this.shared = files;
      },
      memory: {
        load: () => this.memory,
        save: (state) => {
          this.options.save?.();
          this.memory = structuredClone(state);
        },
      },
      openSession: ({ id }) => this.openSession(id),
      runtimeIds: () => Promise.resolve({}),
      fault:
        this.options.fault ??
        ((message, cause) => {
          throw new Error(message, { cause });
        }),
      engineTerm: this.engineTerm.signal,
    };
  }

  /** Runs the agent with every supervisor connected. */
  async begin(): Promise<this> {
    this.ended = this.agent.run().then(() => {
      this.hasEnded = true;
    });
    await this.clock.settle();
    for (const container of this.options.containers) this.supervisors.hello(container);
    await this.clock.settle();
    return this;
  }

  second = (): number => (this.clock.now().getTime() - this.start) / 1000;

  async want(change: (desired: Desired) => void): Promise<void> {
    this.desired = structuredClone(this.desired);
    change(this.desired);
    for (const answer of this.held.splice(0)) answer();
    await this.clock.settle();
  }

  /** Orders a first run of `container`. */
  async startContainer(container: string, order: Partial<StartOrder> = {}, run = 1): Promise<void> {
    await this.want(({ containers }) => {
      containers[container] = { ...containers[container], run, start: startOrder(['app'], order) };
    });
  }

  get last(): Report {
    const found = this.reports.at(-1);
    if (found === undefined) throw new Error('no report');
    return found.report;
  }

  /** Orders of the given kinds as `second container detail`. */
  sent(...kinds: string[]): string[] {
    return this.supervisors.orders
      .filter(({ message }) => kinds.includes(message.type))
      .map(({ at, container, message }) => {
        const detail =
          message.type === 'kill'
            ? message.signal
            : message.type === 'start'
              ? message.run
              : message.type === 'exec'
                ? message.argv.join(' ')
                : message.type === 'ack'
                  ? message.forward
                  : '';
        return `${at / 1000} ${container} ${message.type} ${detail}`.trim();
      });
  }

  eventTexts = (): string[] =>
    this.events.map(({ second, reason, message }) => `${second} ${reason} ${message}`);

  private isDown = (): boolean => this.api === 'down';

  private async sync(report: Report): Promise<Desired> {
    if (this.isDown()) throw new Error('no answer');
    if (this.api === 'refuse') throw new SyncRefused('403');
    this.reports.push({ at: this.second(), report: structuredClone(report) });
    for (const event of report.events)
      if (!this.events.some(({ id }) => id === event.id))
        this.events.push({ ...event, second: (Date.parse(event.at) - this.start) / 1000 });
    if (
      report.done !== true &&
      report.prompt !== true &&
      JSON.stringify(this.desired) === this.answered
    ) {
      await new Promise<void>((resolve) => {
        this.held.push(resolve);
        void this.clock.sleep(HOLD_MS).then(resolve);
      });
    }
    if (this.isDown()) throw new Error('no answer');
    this.answered = JSON.stringify(this.desired);
    return {
      ...structuredClone(this.desired),
      acknowledged: report.events.map(({ id }) => id),
      syncAgainMs: 0,
    };
  }
}
