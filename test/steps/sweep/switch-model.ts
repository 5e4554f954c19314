// The real switch of the sweep under a scheduler that decides which call happens next, who dies, and when time passes: all orders.
import { StoreConflict, Unavailable } from '../../../src/errors.ts';
import type { Json } from '../../../src/ports/json.ts';
import type { Ports } from '../../../src/ports/ports.ts';
import {
  keepSweepOn,
  LONGEST_CALL_MS,
  LONGEST_SWEEP_MS,
  restSweep,
} from '../../../src/steps/sweep/sweep-switch.ts';

export interface Start {
  rule: boolean;
  /** Absent: never written. */
  state?: 'on' | 'resting' | 'switching' | 'off';
  /** Milliseconds that it has lasted. */
  age?: number;
}

export interface Bounds {
  creators: number;
  sweeps: number;
  /** Calls that fail, before they happen or after. */
  faults: number;
  /** How often the longest call, and the longest sweep, may pass. */
  longTicks: number;
  shortTicks: number;
}

interface Actor {
  kind: 'creator' | 'sweep';
  phase: 'new' | 'alive' | 'dead' | 'done';
  /** Calls and answers so far: they decide what its code does next. */
  history: string[];
  looks: number;
  /** The call that it waits for; of a dead one: a request that is still on its way. */
  pending: Pending | undefined;
  parked: () => void;
}

interface Pending {
  name: string;
  act(): Json | undefined;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** A moment of the world, made by its choices so far. */
export class Moment {
  now = 0;
  rule: boolean;
  pods = 0;
  record: { value: Json; revision: number } | undefined;
  #bounds: Bounds;
  readonly #actors: Actor[];

  constructor(start: Start, bounds: Bounds) {
    this.rule = start.rule;
    this.#bounds = { ...bounds };
    if (start.state !== undefined)
      this.record = {
        value: { state: start.state, at: new Date(-(start.age ?? 0)).toISOString() },
        revision: 7,
      };
    const actor = (kind: Actor['kind']): Actor => ({
      kind,
      phase: 'new',
      history: [],
      looks: 0,
      pending: undefined,
      parked: () => undefined,
    });
    this.#actors = [
      ...Array.from({ length: bounds.creators }, () => actor('creator')),
      ...Array.from({ length: bounds.sweeps }, () => actor('sweep')),
    ];
  }

  /** What may happen next. */
  choices(): string[] {
    const choices = this.#actors.flatMap((actor, index) => this.#choicesOf(actor, index));
    const open = (kind?: string): boolean =>
      this.#actors.some(
        (actor) =>
          (kind === undefined || actor.kind === kind) &&
          (actor.phase === 'alive' || actor.pending !== undefined),
      );
    if (this.#bounds.longTicks > 0 && !open()) choices.push('long');
    if (this.#bounds.shortTicks > 0 && !open('sweep')) choices.push('short');
    return choices;
  }

  #choicesOf({ kind, phase, pending }: Actor, index: number): string[] {
    // Actors of a kind are alike: they start in turn.
    const isNext = this.#actors.findIndex((a) => a.kind === kind && a.phase === 'new') === index;
    if (phase === 'new')
      return isNext && (kind === 'creator' || this.rule) ? [`start ${index}`] : [];
    if (pending === undefined) return [];
    if (phase === 'dead') return [`land ${index}`];
    return [
      `step ${index}`,
      `die ${index}`,
      // Its request is on its way.
      ...(isRead(pending.name) ? [] : [`leave ${index}`]),
      ...(this.#bounds.faults > 0 ? [`before ${index}`, `after ${index}`] : []),
    ];
  }

  async take(choice: string): Promise<void> {
    const [what = '', index = ''] = choice.split(' ');
    if (what === 'long') return this.#tick('longTicks', LONGEST_CALL_MS);
    if (what === 'short') return this.#tick('shortTicks', LONGEST_SWEEP_MS);
    const actor = this.#actors[Number(index)];
    if (actor === undefined) throw new Error(`no actor ${index}`);
    if (what === 'start') return this.#start(actor);
    if (what === 'leave') return void (actor.phase = 'dead');
    const { pending } = actor;
    actor.pending = undefined;
    if (what === 'die') return void (actor.phase = 'done');
    if (what === 'land') {
      actor.phase = 'done';
      return void attempt(() => pending?.act());
    }
    if (pending === undefined) return;
    const parked = new Promise<void>((resolve) => (actor.parked = resolve));
    this.#answer(actor, pending, what);
    await parked;
  }

  /** Equal keys have equal futures, except for the tries that each creation has left. Creations are interchangeable. */
  key(): { key: string; looks: number[] } {
    const at = (this.record?.value as { at?: string } | undefined)?.at;
    const actors = this.#actors
      .map(({ kind, phase, history, pending, looks }) => ({
        text: JSON.stringify([kind, phase, phase === 'alive' ? history : [], pending?.name]),
        looks: kind === 'creator' && phase === 'alive' ? looks : 0,
      }))
      .sort((a, b) => (a.text === b.text ? a.looks - b.looks : a.text < b.text ? -1 : 1));
    const key = JSON.stringify([
      { ...(this.record?.value as object), at: at && this.now - Date.parse(at) },
      this.record?.revision,
      this.rule,
      this.pods,
      this.#bounds,
      actors.map(({ text }) => text),
    ]);
    return { key, looks: actors.map(({ looks }) => looks) };
  }

  #tick(bound: 'longTicks' | 'shortTicks', milliseconds: number): void {
    this.#bounds[bound]--;
    this.now += milliseconds;
  }

  #answer(actor: Actor, pending: Pending, what: string): void {
    if (what !== 'step') this.#bounds.faults--;
    if (pending.name === 'look') actor.looks++;
    if (what === 'before') {
      actor.history.push(`${pending.name}!`);
      return pending.reject(new Unavailable('it did not happen'));
    }
    const outcome = attempt(pending.act);
    // A creation that looks again has forgotten all that was before.
    if (actor.kind === 'creator' && pending.name === 'look') actor.history = ['look'];
    if (what === 'after') {
      actor.history.push(`${pending.name}?`);
      return pending.reject(new Unavailable('the answer was lost'));
    }
    const when = pending.name === 'look' ? this.now : '';
    actor.history.push(`${pending.name}=${JSON.stringify(outcome)}${when}`);
    if ('error' in outcome) pending.reject(outcome.error);
    else pending.resolve(outcome.value);
  }

  async #start(actor: Actor): Promise<void> {
    actor.phase = 'alive';
    const call = <T>(name: string, act: () => Json | undefined): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        actor.pending = { name, act, resolve: resolve as Pending['resolve'], reject };
        actor.parked();
      });
    const parked = new Promise<void>((resolve) => (actor.parked = resolve));
    const ports = this.#portsOf(call);
    const life =
      actor.kind === 'sweep'
        ? restSweep(ports, () => call('busy', () => this.pods > 0))
        : keepSweepOn(ports).then(() => call('pod', () => ++this.pods));
    const end = (): void => {
      actor.phase = 'done';
      actor.parked();
    };
    void life.then(end, (error: unknown) => {
      if (!(error instanceof Unavailable)) throw error;
      end();
    });
    await parked;
  }

  #portsOf(call: <T>(name: string, act: () => Json | undefined) => Promise<T>) {
    const store = {
      getRecord: (key: string) =>
        call('look', () => (this.record ? { key, ...structuredClone(this.record) } : undefined)),
      commit: ({ records = [] }: { records?: { value: Json; expected: number }[] }) => {
        const [write] = records;
        if (write === undefined) throw new Error('nothing to write');
        return call(`write ${JSON.stringify(write)}`, () => {
          if ((this.record?.revision ?? 0) !== write.expected) throw new StoreConflict('changed');
          this.record = { value: write.value, revision: write.expected + 1 };
          return undefined;
        });
      },
    };
    const set = (on: boolean) => () =>
      call<void>(on ? 'enable' : 'disable', () => {
        this.rule = on;
        return undefined;
      });
    const clock = { now: () => new Date(this.now), sleep: () => Promise.resolve() };
    return { store, clock, sweepRule: { on: set(true), off: set(false) } } as unknown as Ports;
  }
}

const isRead = (name: string): boolean => name === 'look' || name === 'busy';

type Outcome = { value: Json | undefined } | { error: Error };

function attempt(act: () => Json | undefined): Outcome {
  try {
    return { value: act() };
  } catch (error) {
    return { error: error as Error };
  }
}

/** The moment after these choices. */
async function replay(start: Start, bounds: Bounds, choices: string[]): Promise<Moment> {
  const moment = new Moment(start, bounds);
  for (const choice of choices) await moment.take(choice);
  return moment;
}

/** Visits every moment that can be reached, the nearest first. One that another equals and leaves more tries than is part of that one. */
export async function explore(
  start: Start,
  bounds: Bounds,
  visit: (moment: Moment, choices: string[]) => void,
): Promise<number> {
  const known = new Map<string, number[][]>();
  const open: string[][] = [[]];
  let seen = 0;
  for (let next = 0; next < open.length; next++) {
    const choices = open[next] ?? [];
    const moment = await replay(start, bounds, choices);
    const { key, looks } = moment.key();
    const same = known.get(key) ?? [];
    if (same.some((fewer) => fewer.every((count, at) => count <= (looks[at] ?? 0)))) continue;
    known.set(key, [...same, looks]);
    seen++;
    visit(moment, choices);
    for (const choice of moment.choices()) open.push([...choices, choice]);
  }
  return seen;
}
