// The real podlet agent without processes: fake supervisors follow a script, and die() makes it vanish.
import { createAgent } from '../../podlet/agent.ts';
import type { Agent } from '../../podlet/agent.ts';
import type { FromSupervise } from '../../podlet/messages.ts';
import { SyncRefused } from '../../podlet/ports.ts';
import { present } from '../../src/present.ts';
import type { Desired, Report } from '../../src/protocol/messages.ts';
import { FakeSupervisors } from './fake-supervisors.ts';
import type { FakeRun } from './fake-supervisors.ts';
import type { ScriptedPodletOptions, ScriptedRun } from './scripted-podlet.ts';

const never = (): Promise<never> => new Promise(() => undefined);

function toFakeRun({
  seconds,
  exitCode,
  startError,
  oom,
  termSeconds,
  termCode = 143,
}: ScriptedRun): FakeRun {
  return {
    ...present({ seconds, code: exitCode, startError, oom: oom ? oom : undefined }),
    onTerm: { code: termCode, seconds: termSeconds ?? 0 },
  };
}

/** Called at starts and exits before the agent gets them. */
class WatchedSupervisors extends FakeSupervisors {
  readonly running = new Set<string>();
  onRun: ScriptedPodletOptions['onRun'];
  attempt = 0;

  override listen(
    take: (container: string, message: FromSupervise) => void,
    gone: (container: string) => void,
  ): void {
    super.listen((container, message) => {
      this.#watch(container, message);
      take(container, message);
    }, gone);
  }

  #watch(container: string, message: FromSupervise): void {
    if (message.type === 'started') {
      this.onRun?.({ container, run: message.run, what: 'start', attempt: this.attempt });
      this.running.add(container);
    }
    if (message.type !== 'exited') return;
    if (message.startError !== undefined)
      this.onRun?.({ container, run: message.run, what: 'start', attempt: this.attempt });
    else
      this.onRun?.({
        container,
        run: message.run,
        what: 'exit',
        attempt: this.attempt,
        exitCode: message.code,
      });
    this.running.delete(container);
  }
}

export class AgentPodlet {
  readonly #options: ScriptedPodletOptions;
  readonly #supervisors: WatchedSupervisors;
  readonly #agent: Agent;
  readonly #dead = new AbortController();
  readonly #term = new AbortController();

  constructor(options: ScriptedPodletOptions) {
    this.#options = options;
    const clock = {
      now: () => options.clock.now(),
      sleep: (ms: number, signal?: AbortSignal) => this.#sleep(ms, signal),
    };
    this.#supervisors = new WatchedSupervisors(
      clock,
      (container, run) => toFakeRun(options.script(container, run)),
      options.commands,
    );
    this.#supervisors.attempt = options.attempt;
    this.#supervisors.onRun = (event) => {
      if (!this.#dead.signal.aborted) options.onRun?.(event);
    };
    const { uid, attempt, taskArn, containers } = options;
    let memory: unknown;
    this.#agent = createAgent({
      clock,
      random: () => 0.5,
      identity: {
        uid,
        attempt,
        taskArn,
        containers,
        boot: 1,
        bootId: `boot-${attempt}`,
        podIP: '10.0.0.7',
        hostIP: '192.0.2.10',
      },
      sync: (report, signal) => this.#sync(report, signal),
      supervisors: this.#supervisors,
      shareFiles: () => undefined,
      volumes: {
        apply: () => Promise.resolve(),
        usedBytes: (volumes) => Promise.resolve(volumes.map(() => 0)),
        read: () => Promise.resolve(undefined),
        move: () => Promise.resolve(),
        filesAt: () => Promise.resolve(undefined),
        put: () => Promise.resolve(),
      },
      network: {
        httpProbe: () => Promise.resolve({ success: true }),
        httpHook: () => Promise.resolve({}),
        tcpProbe: () => Promise.resolve({ success: true }),
        grpcProbe: () => Promise.resolve({ success: true }),
      },
      memory: { load: () => memory, save: (state) => void (memory = state) },
      openSession: () => undefined,
      runtimeIds: () => Promise.resolve({}),
      // A fault in a test fails the test.
      fault: (message, cause) => {
        throw new Error(message, { cause });
      },
      engineTerm: this.#term.signal,
    });
  }

  get attempt(): number {
    return this.#options.attempt;
  }

  get running(): string[] {
    return this.#dead.signal.aborted ? [] : [...this.#supervisors.running];
  }

  /** Everything ends without a report: the task was lost. */
  die(): void {
    this.#dead.abort();
  }

  /** StopTask: the engine's TERM for every container. */
  term(): void {
    if (this.#dead.signal.aborted) return;
    for (const container of this.#options.containers) this.#supervisors.term(container);
    this.#term.abort();
  }

  async run(): Promise<void> {
    const over = this.#agent.run();
    for (const container of this.#options.containers) this.#supervisors.hello(container);
    await over;
    if (this.#dead.signal.aborted) return;
    this.die();
    this.#options.onLeave();
  }

  async #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await this.#options.clock.sleep(
      ms,
      AbortSignal.any([this.#dead.signal, ...(signal ? [signal] : [])]),
    );
    if (this.#dead.signal.aborted) await never();
  }

  async #sync(report: Report, signal: AbortSignal): Promise<Desired> {
    if (this.#dead.signal.aborted) return never();
    const answer = await this.#options.sync(report, AbortSignal.any([this.#dead.signal, signal]));
    if (this.#dead.signal.aborted) return never();
    if ('refused' in answer) throw new SyncRefused(String(answer.refused));
    return answer.desired;
  }
}
