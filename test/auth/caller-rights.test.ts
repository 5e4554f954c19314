// The indexed rules of a caller give the same decision as all of its rules, tried one by one.
import { expect, it } from 'vitest';
import { CallerRights } from '../../src/auth/rbac/caller-rights.ts';
import { allows } from '../../src/auth/rbac/policy-rule.ts';
import type { Attributes, PolicyRule } from '../../src/auth/rbac/policy-rule.ts';
import { chance } from '../simulation/random.ts';
import type { Chance } from '../simulation/random.ts';

const GROUPS = ['', 'apps', '*'];
const RESOURCES = ['pods', 'pods/log', '*/log', '*', 'secrets'];
const VERBS = ['get', 'list', '*'];

const some = (luck: Chance, of: readonly string[]): string[] => of.filter(() => luck.happens(0.4));

const ruleOf = (luck: Chance): PolicyRule => ({
  verbs: some(luck, VERBS),
  ...(luck.happens(0.2)
    ? { nonResourceURLs: some(luck, ['/healthz', '/api/*', '*']) }
    : { apiGroups: some(luck, GROUPS), resources: some(luck, RESOURCES) }),
  ...(luck.happens(0.2) && { resourceNames: some(luck, ['a', 'b']) }),
});

const askedOf = (luck: Chance): Attributes =>
  luck.happens(0.2)
    ? { verb: 'get', path: luck.pick(['/healthz', '/api/v1', '/version']) }
    : {
        verb: luck.pick(['get', 'list', 'create']),
        group: luck.pick(['', 'apps', 'batch']),
        resource: luck.pick(['pods', 'secrets', 'jobs']),
        subresource: luck.pick(['', 'log', 'exec']),
        namespace: 'default',
        name: luck.pick(['', 'a', 'c']),
      };

it('allows what one of the rules allows, by the first that does', () => {
  const outcomes = new Set<boolean>();
  for (let seed = 0; seed < 300; seed++) {
    const luck = chance(seed);
    const grants = Array.from({ length: 4 }, (_, index) => ({
      rules: Array.from({ length: luck.below(4) }, () => ruleOf(luck)),
      by: () => String(index),
    }));
    const rights = new CallerRights(grants);
    for (let question = 0; question < 20; question++) {
      const asked = askedOf(luck);
      const first = grants.find(({ rules }) => rules.some((rule) => allows(rule, asked)))?.by();
      expect(rights.allowedBy(asked), `seed ${seed}: ${JSON.stringify(asked)}`).toBe(first);
      outcomes.add(first !== undefined);
    }
  }
  expect([...outcomes].sort()).toEqual([false, true]);
});
