// RBAC rules, what they cover, and aggregated roles: pure tables.
import { describe, expect, it } from 'vitest';
import { aggregatedRules } from '../../src/auth/rbac/aggregate.ts';
import { missingRights } from '../../src/auth/rbac/missing-rights.ts';
import type { PolicyRule } from '../../src/auth/rbac/policy-rule.ts';
import { allows } from '../../src/auth/rbac/policy-rule.ts';
import { ruleOf } from '../../src/auth/defaults/rule-lines.ts';

const NAMED = { group: '', namespace: 'n', name: 'x', subresource: '' };

describe('a rule allows', () => {
  it.each<[string, string, Partial<typeof NAMED> & { verb: string; resource: string }, boolean]>([
    ['its verb', 'get | core | pods', { verb: 'get', resource: 'pods' }, true],
    ['no other verb', 'get | core | pods', { verb: 'list', resource: 'pods' }, false],
    ['any verb by a star', '* | core | pods', { verb: 'deletecollection', resource: 'pods' }, true],
    [
      'no other group',
      'get | core | pods',
      { verb: 'get', resource: 'pods', group: 'apps' },
      false,
    ],
    ['any group by a star', 'get | * | pods', { verb: 'get', resource: 'pods', group: 'x' }, true],
    [
      'no subresource by the resource',
      'get | core | pods',
      { verb: 'get', resource: 'pods', subresource: 'log' },
      false,
    ],
    [
      'no resource by its subresource',
      'get | core | pods/log',
      { verb: 'get', resource: 'pods' },
      false,
    ],
    [
      'a subresource of everything',
      'get | apps | */scale',
      { verb: 'get', resource: 'deployments', subresource: 'scale', group: 'apps' },
      true,
    ],
    ['no main resource by it', 'get | core | */log', { verb: 'get', resource: 'pods' }, false],
    [
      'no pods/*: that is no pattern',
      'get | core | pods/*',
      { verb: 'get', resource: 'pods', subresource: 'log' },
      false,
    ],
    [
      'subresources by a star',
      'get | core | *',
      { verb: 'get', resource: 'pods', subresource: 'log' },
      true,
    ],
    ['its name', 'get | core | pods | x', { verb: 'get', resource: 'pods' }, true],
    ['no other name', 'get | core | pods | y', { verb: 'get', resource: 'pods' }, false],
    [
      'no list by name',
      'list | core | pods | x',
      { verb: 'list', resource: 'pods', name: '' },
      false,
    ],
    [
      'no creation by name',
      'create | core | pods | x',
      { verb: 'create', resource: 'pods', name: '' },
      false,
    ],
    ['no star among names', 'get | core | pods | *', { verb: 'get', resource: 'pods' }, false],
  ])('%s', (_what, line, asked, allowed) =>
    expect(allows(ruleOf(line), { ...NAMED, ...asked })).toBe(allowed),
  );

  it.each([
    ['/version', '/version', true],
    ['/version', '/version/', false],
    ['/apis/*', '/apis/apps', true],
    ['/apis/*', '/apis', false],
    ['/api*', '/apis', true],
    ['*', '/anything', true],
  ])('path %s allows %s: %s', (pattern, path, allowed) => {
    expect(allows(ruleOf(`get | ${pattern}`), { verb: 'get', path })).toBe(allowed);
    expect(allows(ruleOf(`get | ${pattern}`), { verb: 'post', path })).toBe(false);
  });

  it('no path by resources, no resource by paths', () => {
    expect(allows(ruleOf('* | * | *'), { verb: 'get', path: '/metrics' })).toBe(false);
    expect(allows(ruleOf('* | *'), { ...NAMED, verb: 'get', resource: 'pods' })).toBe(false);
  });
});

describe('rights that are missing', () => {
  it.each<[string, string[], string[], string[]]>([
    ['nothing', ['get list | core | pods'], ['get | core | pods'], []],
    [
      'verbs of one resource, in one line',
      ['get list | core | pods'],
      ['get delete | core apps | pods deployments/scale'],
      [
        '{APIGroups:[""], Resources:["deployments/scale"], Verbs:["get" "delete"]}',
        '{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}',
        '{APIGroups:["apps"], Resources:["deployments/scale"], Verbs:["get" "delete"]}',
        '{APIGroups:["apps"], Resources:["pods"], Verbs:["get" "delete"]}',
      ],
    ],
    [
      'a star by anything less than a star',
      ['create delete deletecollection get list patch update watch | core | pods'],
      ['* | core | pods'],
      ['{APIGroups:[""], Resources:["pods"], Verbs:["*"]}'],
    ],
    ['a star by a star', ['* | * | *', '* | *'], ['* | * | *', '* | *'], []],
    [
      'all names by one',
      ['get | core | secrets | one'],
      ['get | core | secrets'],
      ['{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}'],
    ],
    ['one name by all', ['get | core | secrets'], ['get | core | secrets | one'], []],
    [
      'another name',
      ['get | core | secrets | one'],
      ['get | core | secrets | one two'],
      ['{APIGroups:[""], Resources:["secrets"], ResourceNames:["two"], Verbs:["get"]}'],
    ],
    [
      'a subresource by that of everything',
      ['update | * | */scale'],
      ['update | apps | deployments/scale'],
      [],
    ],
    ['a path below', ['get | /api/*'], ['get | /api/v1'], []],
    [
      'a wider path',
      ['get | /api/v1'],
      ['get | /api/*'],
      ['{NonResourceURLs:["/api/*"], Verbs:["get"]}'],
    ],
    [
      'paths by resources',
      ['* | * | *'],
      ['get | /metrics'],
      ['{NonResourceURLs:["/metrics"], Verbs:["get"]}'],
    ],
  ])('%s', (_what, owned, wanted, lines) =>
    expect(missingRights(owned.map(ruleOf), wanted.map(ruleOf))).toEqual(lines),
  );
});

describe('a role that collects others', () => {
  const role = (name: string, labels: Record<string, string>, rules: PolicyRule[]) => ({
    metadata: { name, labels },
    rules,
  });
  const collecting = (name: string, label: string, labels: Record<string, string> = {}) => ({
    metadata: { name, labels },
    rules: [ruleOf('* | * | *')],
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [label]: 'true' } }] },
  });
  const [pods, secrets] = [ruleOf('get | core | pods'), ruleOf('get | core | secrets')];

  it('has their rules in the order of names, each once, and none of its own', () => {
    const rules = aggregatedRules([
      role('b', { to: 'true' }, [secrets, pods]),
      role('a', { to: 'true' }, [pods]),
      role('c', { to: 'false' }, [ruleOf('delete | core | pods')]),
      collecting('all', 'to'),
    ]);
    expect(rules.get('all')).toEqual([pods, secrets]);
  });

  it('collects from those that collect, and a circle ends', () => {
    const rules = aggregatedRules([
      collecting('first', 'second', { first: 'true' }),
      collecting('second', 'third', { second: 'true' }),
      collecting('third', 'first', { third: 'true' }),
      role('leaf', { first: 'true' }, [pods]),
    ]);
    for (const name of ['first', 'second', 'third']) expect(rules.get(name)).toEqual([pods]);
  });
});
