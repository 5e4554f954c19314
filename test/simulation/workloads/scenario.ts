// What a scenario is: objects that a user makes and changes, how their pods live, and what must hold after every write and at rest.
import type { LogEntry } from '../../../src/ports/store.ts';
import type { Chance } from '../random.ts';
import type { PodLife } from './node.ts';
import type { Sight } from './sight.ts';
import type { User } from './user.ts';

export interface Scenario {
  /** What the user makes at first. */
  begin(user: User): Promise<void>;
  /** What the user does at a moment. */
  act?(user: User, moment: number): Promise<void>;
  pods: PodLife;
  /** Once nobody fails any more; absent: as `pods`, without failures. */
  podsAtRest?: PodLife;
  /** After every write: what must not have happened. */
  rule(entry: LogEntry, sight: Sight): string[];
  /** At rest, while the objects are still there: what is not as it was wanted. */
  rest(sight: Sight): string[];
  /** What the user deletes in the end; dependents must follow it. */
  roots: readonly string[];
  /** Objects that another writer touches at any time. */
  touched: readonly string[];
  moments: number;
  /** Chance of the sweep at a moment. */
  sweeps: number;
  /** The longest that a moment lasts. */
  momentMs: number;
}

export type MakeScenario = (luck: Chance) => Scenario;

export const NAMESPACE = '/api/v1/namespaces/default';
export const APPS = '/apis/apps/v1/namespaces/default';
export const BATCH = '/apis/batch/v1/namespaces/default';

/** A template of pods of one container. */
export const template = (image: string, spec: object = {}) => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'a', image }], ...spec },
});

export const SELECTOR = { matchLabels: { app: 'web' } };

/** `problem` where it does not hold. */
export const must = (holds: boolean, problem: () => string): string[] => (holds ? [] : [problem()]);
