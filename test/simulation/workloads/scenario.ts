// A scenario: objects that a user creates and changes, the behaviour of their pods, and what must hold after every write and at rest.
import type { LogEntry } from '../../../src/ports/store.ts';
import type { Chance } from '../random.ts';
import type { PodLife } from './node.ts';
import type { Sight } from './sight.ts';
import type { User } from './user.ts';

export interface Scenario {
  /** What the user creates first. */
  begin(user: User): Promise<void>;
  /** What the user does at a moment. */
  act?(user: User, moment: number): Promise<void>;
  pods: PodLife;
  /** Once there are no more failures; absent: like `pods`, without failures. */
  podsAtRest?: PodLife;
  /** After every write: violations of the rules. */
  rule(entry: LogEntry, sight: Sight): string[];
  /** At rest, while the objects still exist: what is not as requested. */
  rest(sight: Sight): string[];
  /** What the user deletes at the end; dependents must follow. */
  roots: readonly string[];
  /** Objects that another writer touches at any time. */
  touched: readonly string[];
  moments: number;
  /** Probability of a sweep at a moment. */
  sweeps: number;
  /** The maximum length of a moment. */
  momentMs: number;
}

export type MakeScenario = (luck: Chance) => Scenario;

export const NAMESPACE = '/api/v1/namespaces/default';
export const APPS = '/apis/apps/v1/namespaces/default';
export const BATCH = '/apis/batch/v1/namespaces/default';

/** A template for pods of one container. */
export const template = (image: string, spec: object = {}) => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'a', image }], ...spec },
});

export const SELECTOR = { matchLabels: { app: 'web' } };

/** `problem` if the condition does not hold. */
export const must = (holds: boolean, problem: () => string): string[] => (holds ? [] : [problem()]);
