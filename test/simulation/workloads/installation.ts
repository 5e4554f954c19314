// An installation whose controllers meet every kind of fault: deliveries and schedules are lost, repeated, late and reordered, calls
// stall, and the process that runs the controllers dies between any two calls, or during or after one.
import { AsyncLocalStorage } from 'node:async_hooks';
import { reconcile } from '../../../functions/reconcile.ts';
import { bootstrapObjects } from '../../../src/api/bootstrap.ts';
import { watchersOn } from '../../../src/api/watchers.ts';
import { wakes } from '../../../src/owners/wakes.ts';
import type { ResourceVersion } from '../../../src/ports/identity.ts';
import type { LogEntry } from '../../../src/ports/store.ts';
import type { Wake } from '../../../src/ports/wake.ts';
import { followChanges } from '../../../src/steps/reconcile/follow.ts';
import { fakePorts } from '../../fakes/ports.ts';
import type { Fault } from '../../fakes/memory-store.ts';
import type { Chance } from '../random.ts';

/** How many calls a process still makes before it dies. */
interface Life {
  left: number;
}

type Due = Extract<Wake, { due: object }>;

/** Lambda retries a failed event twice. */
const RETRIES = 2;

/** Longer than a wake retries by itself. */
const IDLE_MS = 250;

const IMMORTAL = Infinity;

/** How its controllers are run: by functions that are woken (AWS), or by a process that follows the log (local mode). */
export type Way = 'functions' | 'process';

/** Ports, and what runs the controllers on them. Calls outside the controllers never fail. */
export class Installation {
  readonly ports;
  readonly begin: ResourceVersion;
  readonly #luck: Chance;
  readonly #way: Way;
  readonly #lives = new AsyncLocalStorage<Life>();
  readonly #schedules = new Map<string, { at: number; due: Due }>();
  readonly #mail: LogEntry[] = [];
  readonly #again: { wake: Wake; tries: number }[] = [];
  readonly #flights = new Set<Promise<void>>();
  #collected: ResourceVersion;
  #process: { life: Life; end: AbortController } | undefined;

  private constructor(
    ports: ReturnType<typeof fakePorts>,
    { luck, way, lives }: { luck: Chance; way: Way; lives: AsyncLocalStorage<Life> },
    begin: ResourceVersion,
  ) {
    this.#luck = luck;
    this.#way = way;
    this.#lives = lives;
    this.begin = begin;
    this.#collected = begin;
    this.ports = {
      ...ports,
      ...(way === 'functions' && { dueTimes: { wakeAt: this.#wakeAt } }),
    };
  }

  static async create(luck: Chance, way: Way): Promise<Installation> {
    const lives = new AsyncLocalStorage<Life>();
    const ports = fakePorts({
      settings: { adminToken: 'secret', caPem: 'PEM' },
      fault: async () => {
        const life = lives.getStore();
        if (life === undefined) return undefined;
        if (life.left !== IMMORTAL && luck.happens(0.02))
          await ports.clock.sleep(luck.below(3_000));
        return faultIn(life, luck);
      },
    });
    await bootstrapObjects(ports);
    return new Installation(ports, { luck, way, lives }, await ports.store.version());
  }

  /** One moment: some deliveries arrive, and a process may die. */
  async step(sweeps: number): Promise<void> {
    if (this.#way === 'process') return this.#live();
    await this.#collect();
    const luck = this.#luck;
    const mail = this.#mail;
    for (let count = luck.below(3); count > 0 && mail.length > 0; count--)
      this.#fly({ changes: mail.splice(luck.below(mail.length), 1 + luck.below(4)) });
    for (const { wake, tries } of this.#again.splice(0)) this.#fly(wake, tries);
    this.#fire();
    if (luck.happens(sweeps)) this.#fly({ replay: true }, RETRIES);
  }

  /** No more faults from now on. What was in progress is lost; the sweep, or the restarted process, must make up for it. */
  async calm(): Promise<void> {
    await this.idle();
    this.#mail.length = 0;
    this.#again.length = 0;
    if (this.#luck.happens(0.5)) this.#schedules.clear();
    if (this.#way === 'process') {
      await this.#kill();
      this.#start(IMMORTAL);
    }
  }

  /** A minute without faults. */
  async calmMinute(): Promise<void> {
    if (this.#way === 'functions') {
      for (const [id, { at, due }] of this.#schedules)
        if (at <= this.ports.clock.now().getTime()) {
          this.#schedules.delete(id);
          this.#launch(due, RETRIES, IMMORTAL);
        }
      this.#launch({ replay: true }, RETRIES, IMMORTAL);
      await this.idle();
    }
    await this.ports.clock.advance(60_000);
  }

  /** Waits until no function runs. */
  async idle(): Promise<void> {
    while (this.#flights.size > 0) await this.ports.clock.advance(IDLE_MS);
  }

  async end(): Promise<void> {
    await this.idle();
    await this.#kill();
  }

  #wakeAt = async (
    id: string,
    at: Date,
    { tries, ...due }: { readonly [member: string]: string },
  ): Promise<void> => {
    const life = this.#lives.getStore();
    const fault = life && faultIn(life, this.#luck);
    if (fault === 'fail-before') throw new Error('the schedule was not made');
    const { controller = '', namespace = '', name = '' } = due;
    this.#schedules.set(id, {
      at: at.getTime(),
      due: { due: { controller, namespace, name }, tries: Number(tries) },
    });
    if (fault === 'fail-after') throw new Error('whether the schedule was made is unknown');
  };

  /** Collects what the table's stream delivers through its filter. */
  async #collect(): Promise<void> {
    const { entries, upTo } = await this.ports.store.changes(this.#collected, { waitMs: 0 });
    this.#collected = upTo;
    for (const entry of entries)
      if (wakes(entry.type, entry.key.resource, entry.object))
        for (let copies = this.#luck.pick([0, 1, 1, 2]); copies > 0; copies--)
          this.#mail.splice(this.#luck.below(this.#mail.length + 1), 0, entry);
  }

  #fire(): void {
    const luck = this.#luck;
    for (const [id, { at, due }] of [...this.#schedules]) {
      if (at > this.ports.clock.now().getTime() || luck.happens(0.3)) continue;
      this.#schedules.delete(id);
      for (let copies = luck.pick([0, 1, 1, 1, 2]); copies > 0; copies--) this.#fly(due);
    }
  }

  #fly(wake: Wake, tries = 0): void {
    this.#launch(wake, tries, this.#luck.happens(0.4) ? this.#luck.below(60) : 1_000_000);
  }

  #launch(wake: Wake, tries: number, left: number): void {
    const flight = this.#lives
      .run({ left }, () => reconcile(this.ports, wake))
      .catch(() => {
        if (tries < RETRIES) this.#again.push({ wake, tries: tries + 1 });
      })
      .finally(() => this.#flights.delete(flight));
    this.#flights.add(flight);
  }

  async #live(): Promise<void> {
    if (this.#process === undefined && this.#luck.happens(0.5))
      this.#start(this.#luck.happens(0.8) ? this.#luck.below(400) : 1_000_000);
    else if (this.#process !== undefined && this.#process.life.left <= 0) await this.#kill();
  }

  #start(left: number): void {
    const life = { left };
    const end = new AbortController();
    const { controllers, others } = watchersOn(this.ports);
    const flight = this.#lives
      .run(life, () => followChanges(this.ports, end.signal, [controllers, ...others]))
      .finally(() => this.#ended.delete(flight));
    this.#ended.add(flight);
    this.#process = { life, end };
  }

  readonly #ended = new Set<Promise<void>>();

  async #kill(): Promise<void> {
    if (this.#process === undefined) return;
    this.#process.life.left = Math.min(0, this.#process.life.left);
    this.#process.end.abort();
    this.#process = undefined;
    while (this.#ended.size > 0) await this.ports.clock.advance(IDLE_MS);
  }
}

/** The last call may have happened; nothing after it does. */
function faultIn(life: Life, luck: Chance): Fault | undefined {
  if (life.left-- > 0) return undefined;
  return life.left === -1 && luck.happens(0.5) ? 'fail-after' : 'fail-before';
}
