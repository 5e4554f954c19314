// Runs a scenario under a seed: first faults, then rest, then the deletion of everything; every write is checked.
import { chance } from '../random.ts';
import type { Chance } from '../random.ts';
import { Installation } from './installation.ts';
import { nodeMoment } from './node.ts';
import type { PodLife } from './node.ts';
import type { Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios/scenarios.ts';
import { Sight } from './sight.ts';
import { User } from './user.ts';

/** Minutes without a write until it counts as at rest, and how long that may take. */
const QUIET_MINUTES = 3;
const MOST_MINUTES = 120;

const TOUCHES = 0.1;

class Play {
  readonly problems = new Set<string>();
  readonly sight = new Sight();
  readonly #user: User;
  readonly #installation: Installation;
  readonly #scenario: Scenario;
  readonly #luck: Chance;
  #seen;

  constructor(installation: Installation, scenario: Scenario, luck: Chance) {
    this.#installation = installation;
    this.#scenario = scenario;
    this.#luck = luck;
    this.#user = new User(installation);
    this.#seen = installation.begin;
  }

  async play(): Promise<void> {
    const { moments, begin, act, rest, roots } = this.#scenario;
    await begin(this.#user);
    for (let moment = 0; moment < moments; moment++) {
      await act?.(this.#user, moment);
      await this.#moment();
    }
    await this.#rest();
    this.#note('at rest', [...rest(this.sight), ...this.sight.orphans()]);
    const propagationPolicy = this.#luck.pick(['Background', 'Foreground'] as const);
    for (const root of roots) await this.#user.remove(root, { propagationPolicy });
    for (let moment = 0; moment < moments / 4; moment++) await this.#moment();
    await this.#rest();
    this.#note('after the end', await this.#remains());
    await this.#installation.end();
  }

  async #moment(): Promise<void> {
    const { pods, touched, momentMs, sweeps } = this.#scenario;
    await this.#installation.step(sweeps);
    await nodeMoment(this.#installation, this.#user, this.#luck, pods);
    if (this.#luck.happens(TOUCHES))
      await this.#user.touch(this.#luck.pick(touched), this.#luck.below(1_000));
    await this.#installation.ports.clock.advance(this.#luck.below(momentMs));
    await this.#look();
  }

  async #rest(): Promise<void> {
    const { pods, podsAtRest } = this.#scenario;
    const life: PodLife = podsAtRest ?? { moves: 1 };
    await this.#installation.calm();
    for (let minute = 0, quiet = 0; quiet < QUIET_MINUTES; minute++) {
      if (minute === MOST_MINUTES) return void this.problems.add('it does not come to rest');
      const before = this.#seen;
      await this.#installation.calmMinute();
      await nodeMoment(this.#installation, this.#user, this.#luck, {
        ...life,
        moves: Math.max(life.moves, pods.moves),
      });
      await this.#look();
      quiet = this.#seen === before ? quiet + 1 : 0;
    }
  }

  /** Checks everything written since the last call. */
  async #look(): Promise<void> {
    const { entries, upTo } = await this.#installation.ports.store.changes(this.#seen, {
      waitMs: 0,
    });
    this.#seen = upTo;
    for (const entry of entries) {
      const found = [...this.sight.take(entry), ...this.#scenario.rule(entry, this.sight)];
      this.#note(`write ${entry.version} of ${entry.key.resource}/${entry.key.name}`, found);
    }
  }

  async #remains(): Promise<string[]> {
    const { store } = this.#installation.ports;
    const records = await Promise.all(
      ['owned/', 'deletion/', 'work/'].map((kind) => store.listRecords(kind)),
    );
    const objects = ['pods', 'jobs.batch', 'replicasets.apps', 'controllerrevisions.apps'];
    return [
      ...objects.flatMap((resource) =>
        this.sight.of(resource).map(({ metadata }) => `${resource}/${metadata.name} is left`),
      ),
      ...records.flat().map(({ key }) => `record ${key} is left`),
      ...this.sight.orphans(),
    ];
  }

  #note(where: string, found: readonly string[]): void {
    for (const problem of found) this.problems.add(`${where}: ${problem}`);
  }
}

/** What was wrong; empty: nothing. */
export async function play(name: string, seed: number): Promise<string[]> {
  const luck = chance(seed);
  const make = SCENARIOS[name];
  if (make === undefined) throw new Error(`no scenario ${name}`);
  const installation = await Installation.create(luck, seed % 4 === 3 ? 'process' : 'functions');
  const one = new Play(installation, make(luck), luck);
  await one.play();
  return [...one.problems].map((problem) => `${name}, seed ${seed}: ${problem}`);
}
