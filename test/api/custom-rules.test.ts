// Rules of custom kinds (x-kubernetes-validations): what they can access, their messages, and their cost limits.
import { expect, it } from 'vitest';
import { createApi } from './client.ts';
import { DEFINITIONS, define, definition, gadget, GADGETS, withSpec } from './definitions.ts';

const MERGE = { 'content-type': 'application/merge-patch+json' };
const PROPERTIES = {
  size: { type: 'integer' },
  color: { type: 'string' },
  tags: { type: 'array', items: { type: 'string' } },
  weights: { type: 'object', additionalProperties: { type: 'integer' } },
  either: { 'x-kubernetes-int-or-string': true },
  'foo-bar': { type: 'string' },
  when: { type: 'string', format: 'date-time' },
  timeout: { type: 'string', format: 'duration' },
  parts: {
    type: 'array',
    items: { type: 'object', properties: { name: { type: 'string' }, n: { type: 'integer' } } },
  },
};

interface Rule {
  rule: string;
  message?: string;
  messageExpression?: string;
  fieldPath?: string;
  reason?: string;
  optionalOldSelf?: boolean;
}

const ruled = (...rules: Rule[]) =>
  definition(withSpec(PROPERTIES, { 'x-kubernetes-validations': rules }));

/** The findings for a gadget under one rule, at creation and then at a change. */
async function findings(rule: Rule, spec: object, next?: object): Promise<string[]> {
  const api = await createApi();
  await define(api, ruled(rule));
  const made = await api.send('POST', GADGETS, { body: gadget('g', { spec }) });
  const { body } =
    next === undefined
      ? made
      : await api.send('PATCH', `${GADGETS}/g`, { body: { spec: next }, headers: MERGE });
  return (body['details']?.causes ?? []).map(
    ({ field, message }: { field: string; message: string }) => `${field}: ${message}`,
  );
}

it.each([
  ['self.size < 4 || self.color == "blue"', { size: 4, color: 'blue' }],
  ['!has(self.color) || self.color in ["red", "blue"]', {}],
  ['self.tags.all(t, t.matches("^[a-z]+$")) && size(self.tags) == 2', { tags: ['a', 'b'] }],
  ['self.parts.all(p, self.parts.exists_one(q, q.name == p.name))', { parts: [{ name: 'a' }] }],
  ['self.parts.filter(p, has(p.n)).map(p, p.n).sum() == 3', { parts: [{ n: 3 }, {}] }],
  ['self.weights.all(k, self.weights[k] > 0) && "a" in self.weights', { weights: { a: 1 } }],
  ['type(self.either) == int ? self.either > 1 : self.either == "a"', { either: 2 }],
  ['self.foo__dash__bar == "x"', { 'foo-bar': 'x' }],
  ['self.when > timestamp("2020-01-01T00:00:00Z")', { when: '2024-01-01T00:00:00Z' }],
  ['self.timeout <= duration("2h")', { timeout: '90m' }],
  ['quantity(self.color).isGreaterThan(quantity("1Gi"))', { color: '2Gi' }],
  ['isURL(self.color) && url(self.color).getHostname() == "a.b"', { color: 'https://a.b/c' }],
  ['self.tags.isSorted() && self.tags.max() == "b"', { tags: ['a', 'b'] }],
  ['self.color.lowerAscii().trim().replace("a", "b") == "b"', { color: ' A ' }],
])('%s holds', async (rule, spec) => {
  expect(await findings({ rule }, spec)).toEqual([]);
});

it.each<[string, Rule, object, string]>([
  [
    'its message',
    { rule: 'self.size < 4', message: 'too large' },
    { size: 4 },
    'spec: Invalid value: too large',
  ],
  [
    'the rule where there is no message',
    { rule: 'self.size < 4' },
    { size: 4 },
    'spec: Invalid value: failed rule: self.size < 4',
  ],
  [
    'its expression, path and reason',
    {
      rule: 'self.size < 4',
      messageExpression: '"got " + string(self.size)',
      fieldPath: '.size',
      reason: 'FieldValueForbidden',
    },
    { size: 4 },
    'spec.size: Forbidden: got 4',
  ],
  [
    'a failure of its own',
    { rule: 'self.size < 4' },
    {},
    'spec: Invalid value: "object": no such key: size evaluating rule: self.size < 4',
  ],
])('a broken rule answers %s', async (_what, rule, spec, text) => {
  expect(await findings(rule, spec)).toEqual([text]);
});

it('a transition rule is asked only where there is an old value', async () => {
  const rule = { rule: 'self.size >= oldSelf.size', message: 'never shrinks' };
  expect(await findings(rule, { size: 2 })).toEqual([]);
  expect(await findings(rule, { size: 2 }, { size: 3 })).toEqual([]);
  expect(await findings(rule, { size: 2 }, { size: 1 })).toEqual([
    'spec: Invalid value: never shrinks',
  ]);
  const frozen = { rule: 'self == oldSelf', message: 'is immutable' };
  expect(await findings(frozen, { parts: [{ n: 1 }] }, { parts: [{ n: 2 }] })).toEqual([
    'spec: Invalid value: is immutable',
  ]);
});

it('a rule with an optional old value is asked at creation, too', async () => {
  const rule = {
    rule: 'oldSelf.hasValue() ? oldSelf.value().size == self.size : self.size == 1',
    optionalOldSelf: true,
  };
  expect(await findings(rule, { size: 1 })).toEqual([]);
  expect(await findings(rule, { size: 2 })).toHaveLength(1);
  expect(await findings(rule, { size: 1 }, { size: 2 })).toHaveLength(1);
});

it('rules are not asked of an object that is wrong by its schema', async () => {
  const api = await createApi();
  await define(api, ruled({ rule: 'self.size < 4' }));
  const { body } = await api.send('POST', GADGETS, { body: gadget('g', { spec: { size: 'x' } }) });
  expect(body['details'].causes.map(({ field }: { field: string }) => field)).toEqual([
    'spec.size',
    '<nil>',
  ]);
});

it.each([
  ['self.nope > 1', "undefined field 'nope'"],
  ['has(self.nope)', "undefined field 'nope'"],
  ['self.size > ', 'Unexpected token'],
  ['self.size', 'must evaluate to a bool'],
  ['self.size == "x"', 'no such overload'],
  ['self.color.foo()', 'found no matching overload'],
  ['sets.contains(self.tags, ["a"])', 'Unknown variable: sets'],
  ['b"a".hex() == "61"', 'undeclared reference'],
  ['self.constructor == 1', "undefined field 'constructor'"],
])('%s does not compile, and its definition is refused', async (rule, problem) => {
  const { send } = await createApi();
  const { status, body } = await send('POST', DEFINITIONS, { body: ruled({ rule }) });
  expect(status).toBe(422);
  expect(body['details'].causes[0].message).toContain(problem);
});

it.each([
  [
    'nested macros',
    'self.tags.all(a, self.tags.all(b, self.tags.all(c, self.tags.all(d, a + b + c + d != "z"))))',
  ],
  ['a doubling text', `["${'a'.repeat(99)}"]${'.map(x, x + x)'.repeat(60)}.size() == 1`],
  ['a doubling list', `[self.tags]${'.map(x, x + x)'.repeat(60)}.size() == 1`],
  [
    'comparisons of all again and again',
    'self.tags.all(a, self.tags.all(b, self.tags == self.tags))',
  ],
])('%s end at the cost limit', async (_what, rule) => {
  const tags = Array.from({ length: 150 }, (_item, index) => `tag${index}`);
  const [finding] = await findings({ rule }, { tags });
  expect(finding).toContain('actual cost limit exceeded');
});

it('a pattern of a rule costs time that grows with the text alone', async () => {
  const rule = { rule: 'self.color.matches("^(a+)+$")', message: 'no match' };
  expect(await findings(rule, { color: `${'a'.repeat(100_000)}b` })).toEqual([
    'spec: Invalid value: no match',
  ]);
});

it('a definition with more rules than are compiled is refused', async () => {
  const { send } = await createApi();
  const properties = Object.fromEntries(
    Array.from({ length: 3_000 }, (_item, index) => [
      `p${index}`,
      {
        type: 'object',
        properties: { a: { type: 'string' } },
        'x-kubernetes-validations': [{ rule: 'self.a != "x"' }],
      },
    ]),
  );
  const { body } = await send('POST', DEFINITIONS, { body: definition(withSpec(properties)) });
  expect(body['details'].causes).toMatchObject([{ reason: 'FieldValueForbidden' }]);
});
