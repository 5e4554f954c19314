// What must hold at every start of a run, checked at the moment it happens.
import { containerKind, regularInits } from '../../src/pod/model/containers.ts';
import type { Pod } from '../../src/kinds/pod.ts';
import type { PodWorld, RunEvent } from '../fakes/pod-world.ts';
import type { Plan } from './plan.ts';

export class RunRules {
  readonly violations: string[] = [];
  readonly #pod: Pod;
  readonly #world: PodWorld;
  readonly #plan: Plan;
  readonly #live = new Map<string, RunEvent>();
  /** Init containers that succeeded, by attempt. */
  readonly #done = new Set<string>();

  constructor(plan: Plan, world: PodWorld) {
    this.#plan = plan;
    this.#world = world;
    this.#pod = { metadata: {}, spec: plan.spec, status: {} };
  }

  check(event: RunEvent): void {
    const key = `${event.attempt}/${event.container}`;
    if (event.what === 'exit') {
      this.#live.delete(key);
      if (this.#exitCode(event) === 0) this.#done.add(key);
      return;
    }
    this.#checkStart(event);
    if (this.#script(event).startError === undefined) this.#live.set(key, event);
  }

  #checkStart(event: RunEvent): void {
    const { container, run, attempt } = event;
    const fail = (what: string): void =>
      void this.violations.push(
        `${event.at.toFixed(3)} ${container} run ${run} attempt ${attempt}: ${what}`,
      );
    if (
      this.#world.events.some(
        (other) =>
          other.what === 'start' &&
          other.container === container &&
          other.run === run &&
          other.attempt === attempt,
      )
    )
      fail('started twice in one task');
    if (this.#wasAcknowledged(event)) fail('a run that was acknowledged started again');
    const others = [...this.#world.podlets.values()].filter(
      (podlet) => podlet.attempt !== attempt && podlet.running.length > 0,
    );
    if (others.length > 0) fail('another task of the pod still runs containers');
    this.#checkOrder(event, fail);
  }

  #checkOrder({ container, attempt }: RunEvent, fail: (what: string) => void): void {
    const kind = containerKind(this.#pod, container);
    const live = [...this.#live.values()]
      .filter((event) => event.attempt === attempt)
      .map((event) => containerKind(this.#pod, event.container));
    if (kind === 'init' && live.some((other) => other === 'init' || other === 'app'))
      fail('an init container beside another one or an app');
    const inits = regularInits(this.#pod).map(({ name }) => name);
    const before =
      kind === 'app' ? inits : kind === 'init' ? inits.slice(0, inits.indexOf(container)) : [];
    if (before.some((name) => !this.#done.has(`${attempt}/${name}`)))
      fail('before its init containers were done');
  }

  #wasAcknowledged({ container, run, attempt }: RunEvent): boolean {
    return this.#world.acknowledged.some(
      (report) =>
        report.attempt !== attempt && (report.containers[container]?.run?.run ?? 0) >= run,
    );
  }

  #script({ container, run }: RunEvent) {
    const runs = this.#plan.runs[container] ?? [];
    return runs[Math.min(run, runs.length) - 1] ?? {};
  }

  #exitCode(event: RunEvent): number {
    return event.exitCode ?? 0;
  }
}
