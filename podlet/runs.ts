// What accompanies one run of a container: its postStart hook, then its probes, and the effects of their results.
import { own } from '../src/own.ts';
import type { Hook } from '../src/protocol/messages.ts';
import { present } from '../src/present.ts';
import type { Commands } from './commands.ts';
import { cutText, MAX_MESSAGE_BYTES } from '../src/protocol/cut-text.ts';
import type { EventLog } from './events.ts';
import { runHook } from './hooks.ts';
import type { PodletPorts } from './ports.ts';
import { attemptProbe } from './probes/attempt.ts';
import type { ProbeKind } from './probes/worker.ts';
import { runProbe } from './probes/worker.ts';
import { plannedGraceSeconds } from './stop.ts';
import type { ContainerView, World } from './world.ts';
import { ending } from './world.ts';

export interface RunsAgent {
  commands: Commands;
  events: EventLog;
  changed(): void;
  /** Handles the errors of a promise that nobody awaits. */
  own(where: string, work: Promise<unknown>): void;
}

export class Runs {
  /** Aborts what belongs to one run: probes, sleeping hooks. */
  private readonly watched = new Map<string, AbortController>();
  /** Containers whose preStop hook is running. */
  private readonly stopHooks = new Set<string>();
  constructor(
    private readonly ports: Pick<PodletPorts, 'clock' | 'network'>,
    private readonly world: World,
    private readonly agent: RunsAgent,
  ) {}

  /** Whether hook and probes of the container's present run have begun. */
  isWatched(container: string): boolean {
    return this.watched.has(container);
  }

  /** The run is over. */
  end(container: string): void {
    this.watched.get(container)?.abort();
    this.watched.delete(container);
    this.agent.commands.abandon(container);
    // A hook cut off by the container's end has failed; reported at once, since the report of that end may be the last one.
    if (this.stopHooks.delete(container)) this.preStopFailed(container);
  }

  private preStopFailed(container: string): void {
    this.agent.events.add('Warning', 'FailedPreStopHook', 'PreStopHook failed', container);
  }

  endAll(): void {
    for (const run of this.watched.values()) run.abort();
  }

  /** Runs preStop; resolves when it has returned, unless the run ended first. */
  async preStop(container: ContainerView, hook: Hook): Promise<'done' | 'overtaken'> {
    const run = this.watched.get(container.name);
    if (run === undefined) return 'done';
    this.stopHooks.add(container.name);
    const { error } = await this.callHook(container, hook, run.signal);
    if (run.signal.aborted) return 'overtaken';
    this.stopHooks.delete(container.name);
    if (error !== undefined) this.preStopFailed(container.name);
    return 'done';
  }

  /** A run's process exists: runs its hook, then its probes. `fresh` is false if an earlier podlet process saw it begin. */
  begin(container: ContainerView, fresh: boolean): void {
    const run = new AbortController();
    this.watched.get(container.name)?.abort();
    this.watched.set(container.name, run);
    const hook = container.order?.postStart;
    if (!fresh || hook === undefined) return this.startProbes(container, run.signal);
    container.hookRunning = true;
    this.agent.own(
      'postStart',
      this.callHook(container, hook, run.signal).then(({ error }) => {
        if (run.signal.aborted) return;
        container.hookRunning = false;
        if (error === undefined) this.startProbes(container, run.signal);
        else this.postStartFailed(container, cutText(error, MAX_MESSAGE_BYTES));
        this.agent.changed();
      }),
    );
  }

  private postStartFailed(container: ContainerView, error: string): void {
    if (container.run !== undefined) container.run.postStartError = error;
    this.agent.events.add('Warning', 'FailedPostStartHook', 'PostStartHook failed', container.name);
    container.ownStop = {
      graceSeconds: plannedGraceSeconds(container),
      message: 'FailedPostStartHook',
    };
  }

  private async callHook(
    container: ContainerView,
    hook: Hook,
    signal: AbortSignal,
  ): Promise<{ error?: string }> {
    const { name = '', namespace = '' } = this.world.desired?.pod ?? {};
    const tools = {
      commands: this.agent.commands,
      network: this.ports.network,
      clock: this.ports.clock,
    };
    const pod = `${name}_${namespace}(${this.world.identity.uid})`;
    const outcome = await runHook(tools, hook, {
      container: container.name,
      pod,
      podIP: this.podIP(),
      signal,
    });
    if (outcome.fallback !== undefined)
      this.agent.events.add('Warning', 'LifecycleHTTPFallback', outcome.fallback);
    return present({ error: outcome.error });
  }

  private podIP = (): string => this.world.identity.podIP ?? '127.0.0.1';

  private startProbes(container: ContainerView, signal: AbortSignal): void {
    if (container.order?.startup !== undefined && container.run?.started !== true)
      this.probe(container, 'startup', signal);
    else this.startLaterProbes(container, signal);
  }

  private startLaterProbes(container: ContainerView, signal: AbortSignal): void {
    for (const kind of ['readiness', 'liveness'] as const) this.probe(container, kind, signal);
  }

  private probe(container: ContainerView, kind: ProbeKind, signal: AbortSignal): void {
    const probe = container.order?.[kind];
    const startedAt = container.run?.startedAt;
    if (probe === undefined || startedAt === undefined) return;
    const tools = { commands: this.agent.commands, network: this.ports.network };
    this.agent.own(
      `${kind} probe of ${container.name}`,
      runProbe({
        kind,
        probe,
        signal,
        clock: this.ports.clock,
        startedAt: Date.parse(startedAt),
        attempt: () => attemptProbe(tools, probe, container.name, this.podIP()),
        onEvent: (reason, message) => {
          // The pod is terminating: liveness and startup no longer matter (the kubelet stops them then).
          if (ending(this.world) && kind !== 'readiness') return;
          this.agent.events.add('Warning', reason, message, container.name);
          this.agent.changed();
        },
        onResult: (_kind, success) => this.probed(container, kind, success, signal),
      }),
    );
  }

  private probed(
    container: ContainerView,
    kind: ProbeKind,
    success: boolean,
    signal: AbortSignal,
  ): void {
    const { run, order } = container;
    if (run === undefined || signal.aborted) return;
    if (kind === 'readiness') run.ready = success;
    else if (!success) this.killForProbe(container, kind);
    else if (kind === 'startup') {
      run.started = true;
      run.ready = order?.readiness === undefined;
      this.startLaterProbes(container, signal);
    }
    this.agent.changed();
  }

  private killForProbe(container: ContainerView, kind: 'startup' | 'liveness'): void {
    const { order, run } = container;
    const probe = order?.[kind];
    if (run === undefined || order === undefined || probe === undefined || ending(this.world))
      return;
    run.killedByProbe = true;
    if (probe.killSuffix === '' && this.isLast(container)) {
      container.ownStop = {
        graceSeconds: order.stop.graceSeconds,
        message: `Stopping container ${container.name}`,
      };
      return;
    }
    const title = this.isSidecar(container) ? 'Init container' : 'Container';
    container.ownStop = {
      graceSeconds: probe.terminationGracePeriodSeconds ?? order.stop.graceSeconds,
      message: `${title} ${container.name} failed ${kind} probe${probe.killSuffix}`,
    };
  }

  private isSidecar = ({ name }: ContainerView): boolean =>
    own(this.world.desired?.containers, name)?.sidecar !== undefined;

  /** A regular container that will not be restarted, and the only one: the kubelet kills the whole pod then (computePodActions). */
  private isLast(container: ContainerView): boolean {
    if (this.isSidecar(container)) return false;
    return !this.world.containers.some(
      (other) =>
        other !== container &&
        other.added !== true &&
        !this.isSidecar(other) &&
        (other.alive || other.starting !== undefined),
    );
  }
}
