// A podlet that follows a script: how long each run of a container lasts and how it exits. Uses the real messages with sync.
import type { FakeExec } from './fake-supervisors.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { present } from '../../src/present.ts';
import type { Run } from '../../src/protocol/run.ts';
import type { SyncAnswer } from '../../src/steps/sync/sync-pod.ts';
import type { ContainerReport, Desired, PodletEvent, Report } from '../../src/protocol/messages.ts';

/** How one run goes; without `seconds` it runs until it is stopped. */
export interface ScriptedRun {
  seconds?: number;
  exitCode?: number;
  oom?: boolean;
  startError?: string;
  /** Seconds from the start until it is ready; 0. */
  readyAfter?: number;
  /** Seconds from TERM to the exit; 0. Longer than the grace: killed. */
  termSeconds?: number;
  /** Exit code after TERM; 143. */
  termCode?: number;
  killedByProbe?: boolean;
}

export interface ScriptedPodletOptions {
  clock: Clock;
  sync: (report: Report, signal: AbortSignal) => Promise<SyncAnswer>;
  uid: string;
  attempt: number;
  taskArn: string;
  containers: string[];
  script: (container: string, run: number) => ScriptedRun;
  /** Called at each start and exit. */
  onRun?: (event: {
    container: string;
    run: number;
    what: 'start' | 'exit';
    attempt: number;
    exitCode?: number;
  }) => void;
  /** The podlet has left: its task ends. */
  onLeave: () => void;
  /** Results of exec probes and hooks; only the real agent has these. */
  commands?: (container: string, argv: string[]) => FakeExec;
}

export class ScriptedPodlet {
  readonly #options: ScriptedPodletOptions;
  readonly #runs = new Map<string, Run>();
  readonly #stops = new Map<string, AbortController>();
  #sequence = 0;
  #boot = 1;
  #changed = new AbortController();
  #dead = false;
  #done = false;
  #terminating = false;
  #podIP = '10.0.0.7';
  #events: PodletEvent[] = [];

  constructor(options: ScriptedPodletOptions) {
    this.#options = options;
  }

  /** Everything ends without a report: the task was lost. */
  die(): void {
    this.#dead = true;
    this.#change();
    for (const stop of this.#stops.values()) stop.abort('dead');
  }

  /** The podlet's process restarts beside the containers, which keep running. */
  reboot(): void {
    this.#boot++;
    this.#sequence = 0;
    this.#change();
  }

  /** StopTask: it asks the API at once for the desired state. */
  term(): void {
    this.#change();
  }

  get attempt(): number {
    return this.#options.attempt;
  }

  get running(): string[] {
    return this.#dead
      ? []
      : [...this.#runs]
          .filter(([, run]) => run.exitCode === undefined && run.startError === undefined)
          .map(([name]) => name);
  }

  /** The loop: report, obey, wait for a change or until the API wants the next report. */
  async run(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#dead) {
      const changed = (this.#changed = new AbortController());
      const answer = await this.#options
        .sync(this.#report(), changed.signal)
        .catch(() => undefined);
      if (this.#dead) return;
      if (!answer) {
        await clock.sleep(1_000, changed.signal);
        continue;
      }
      if ('refused' in answer || answer.desired.leave) return this.#leave();
      this.#obey(answer.desired);
      if (answer.desired.syncAgainMs > 0 && !changed.signal.aborted)
        await clock.sleep(answer.desired.syncAgainMs, changed.signal);
    }
  }

  #leave(): void {
    this.#dead = true;
    for (const stop of this.#stops.values()) stop.abort('dead');
    this.#options.onLeave();
  }

  #change(): void {
    this.#changed.abort();
  }

  #report(): Report {
    const { uid, taskArn, attempt, containers } = this.#options;
    const reports = containers.map((name): [string, ContainerReport] => {
      const run = this.#runs.get(name);
      return [name, { hello: true, ...present({ run }) }];
    });
    this.#done = this.#terminating && this.running.length === 0;
    return {
      uid,
      taskArn,
      attempt,
      bootId: this.#bootId,
      sequence: ++this.#sequence,
      sandboxReady: true,
      podIP: this.#podIP,
      hostIP: '192.0.2.10',
      containers: Object.fromEntries(reports),
      events: [...this.#events],
      ...present({ done: this.#done ? true : undefined }),
    };
  }

  #obey({ terminate, containers, acknowledged }: Desired): void {
    this.#events = this.#events.filter(({ id }) => !acknowledged.includes(id));
    if (!this.#terminating)
      for (const [name, { stop }] of Object.entries(containers))
        if (stop?.message !== undefined && this.running.includes(name))
          this.#killing(name, stop.message);
    if (terminate) {
      const first = !this.#terminating;
      this.#terminating = true;
      for (const [name] of this.#runs) void this.#stop(name, new Date(terminate.deadline));
      if (first) this.#change();
    }
    if (this.#terminating) return;
    for (const [name, { run, start }] of Object.entries(containers)) {
      if (start && run > (this.#runs.get(name)?.run ?? 0)) void this.#start(name, run);
    }
  }

  #killing(container: string, message: string): void {
    this.#events.push({
      id: `${this.#bootId}-${this.#sequence}`,
      at: this.#stamp(),
      type: 'Normal',
      reason: 'Killing',
      message,
      container,
    });
  }

  get #bootId(): string {
    return `boot${this.#boot}`;
  }

  #stamp(): string {
    return this.#options.clock.now().toISOString();
  }

  async #start(name: string, run: number): Promise<void> {
    const { clock, script, onRun, attempt } = this.#options;
    const plan = script(name, run);
    onRun?.({ container: name, run, what: 'start', attempt });
    const stop = new AbortController();
    this.#stops.set(name, stop);
    if (plan.startError !== undefined) {
      this.#set(name, {
        run,
        startError: plan.startError,
        exitCode: 128,
        finishedAt: this.#stamp(),
        started: false,
        ready: false,
      });
      return;
    }
    const readyAt = (plan.readyAfter ?? 0) * 1000;
    this.#set(name, { run, startedAt: this.#stamp(), started: true, ready: readyAt === 0 });
    if (readyAt > 0) void clock.sleep(readyAt, stop.signal).then(() => this.#ready(name, run));
    if (plan.seconds === undefined) return;
    await clock.sleep(plan.seconds * 1000, stop.signal);
    if (!stop.signal.aborted) this.#exit(name, run, plan.exitCode ?? 0, plan);
  }

  async #stop(name: string, deadline: Date): Promise<void> {
    const run = this.#runs.get(name);
    const stop = this.#stops.get(name);
    if (!run || !stop || run.exitCode !== undefined || stop.signal.aborted) return;
    stop.abort('term');
    const plan = this.#options.script(name, run.run);
    const graceMs = Math.max(deadline.getTime() - this.#options.clock.now().getTime(), 2_000);
    const termMs = (plan.termSeconds ?? 0) * 1000;
    await this.#options.clock.sleep(Math.min(termMs, graceMs));
    this.#exit(name, run.run, termMs > graceMs ? 137 : (plan.termCode ?? 143), {});
  }

  #ready(name: string, run: number): void {
    const now = this.#runs.get(name);
    if (now?.run === run && now.exitCode === undefined) this.#set(name, { ...now, ready: true });
  }

  #exit(name: string, run: number, exitCode: number, { oom, killedByProbe }: ScriptedRun): void {
    const now = this.#runs.get(name);
    if (this.#dead || now?.run !== run || now.exitCode !== undefined) return;
    this.#options.onRun?.({
      container: name,
      run,
      what: 'exit',
      attempt: this.#options.attempt,
      exitCode,
    });
    this.#set(name, {
      ...now,
      ready: false,
      finishedAt: this.#stamp(),
      exitCode,
      ...present({
        oom: oom ? oom : undefined,
        killedByProbe: killedByProbe ? killedByProbe : undefined,
      }),
    });
  }

  #set(name: string, run: Run): void {
    this.#runs.set(name, run);
    this.#change();
  }
}
