// bodies.test.ts for custom kinds: the API's work for an object whose schema has every form of list and map, and for the definition
// with that schema, grows linearly with its length.
import { expect, it } from 'vitest';
import { define, definition, DEFINITIONS, gadget, GADGETS, withSpec } from '../api/definitions.ts';
import { createApi } from '../api/client.ts';
import { growthProblem } from './work.ts';

const N = 500;
const MOST = 8_000;
const LONGEST_MS = 600_000;

const list = <T>(n: number, make: (index: number) => T): T[] =>
  Array.from({ length: n }, (_, index) => make(index));
const map = <T>(n: number, make: (index: number) => T): Record<string, T> =>
  Object.fromEntries(list(n, (index) => [`k${index}`, make(index)]));

const text = { type: 'string' };
const entry = {
  type: 'object',
  required: ['name'],
  properties: { name: text, port: { type: 'integer' }, more: { type: 'string', default: 'x' } },
};
const listOf = (items: object, type?: string, keys?: string[]) => ({
  ...{ type: 'array', items },
  ...(type && { 'x-kubernetes-list-type': type }),
  ...(keys && { 'x-kubernetes-list-map-keys': keys }),
});
const free = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

const SCHEMA = withSpec({
  atomic: listOf(entry),
  keyed: listOf({ ...entry, required: ['name', 'port'] }, 'map', ['name', 'port']),
  set: listOf(text, 'set'),
  either: listOf({ 'x-kubernetes-int-or-string': true }),
  nested: listOf(listOf(text)),
  named: { type: 'object', additionalProperties: entry },
  patterned: listOf({ type: 'string', pattern: '^[a-z]+[0-9]*$', format: 'hostname' }),
  ruled: {
    ...{ type: 'array', maxItems: 20_000, items: { type: 'integer' } },
    'x-kubernetes-validations': [{ rule: 'self.all(one, one >= 0)' }],
  },
  embedded: { ...free, 'x-kubernetes-embedded-resource': true },
  free,
});

/** The spec with n entries in one place; `at` makes them distinct or equal. */
const PLACES: [name: string, make: (n: number, at: (index: number) => number) => object][] = [
  ['a list', (n, at) => ({ atomic: list(n, (i) => ({ name: `n${at(i)}` })) })],
  ['a keyed list', (n, at) => ({ keyed: list(n, (i) => ({ name: `n${at(i)}`, port: at(i) })) })],
  ['a set', (n, at) => ({ set: list(n, (i) => `n${at(i)}`) })],
  ['numbers or texts', (n, at) => ({ either: list(n, (i) => (i % 2 ? at(i) : `${at(i)}%`)) })],
  ['lists of lists', (n, at) => ({ nested: list(n, (i) => [`n${at(i)}`]) })],
  ['a map', (n, at) => ({ named: map(n, (i) => ({ name: `n${at(i)}` })) })],
  ['patterns', (n, at) => ({ patterned: list(n, (i) => `n${at(i)}`) })],
  ['a rule', (n, at) => ({ ruled: list(n, at) })],
  ['unknown fields', (n, at) => map(n, at)],
  ['wrong entries', (n) => ({ atomic: list(n, (i) => i) })],
  ['kept fields', (n, at) => ({ free: map(n, at) })],
  [
    'an embedded object',
    (n, at) => ({
      embedded: { apiVersion: 'v1', kind: 'X', metadata: { labels: map(n, (i) => `${at(i)}`) } },
    }),
  ],
];

const api = await createApi();
/** Without any definition. */
const empty = await createApi();
await define(api, definition(SCHEMA));
await api.send('POST', GADGETS, { body: gadget('a', { spec: {} }) });

const WRITES: [what: string, method: string, path: string, contentType: string][] = [
  ['POST', 'POST', `${GADGETS}?dryRun=All`, 'application/json'],
  ['PUT', 'PUT', `${GADGETS}/a?dryRun=All`, 'application/json'],
  ['merge patch', 'PATCH', `${GADGETS}/a?dryRun=All`, 'application/merge-patch+json'],
  [
    'apply',
    'PATCH',
    `${GADGETS}/a?dryRun=All&fieldManager=m&force=true`,
    'application/apply-patch+yaml',
  ],
];

it.each(WRITES.flatMap((write) => [true, false].map((distinct) => [...write, distinct] as const)))(
  '%s of a custom object (%s %s, %s), distinct entries %s: the work grows as they do',
  async (_what, method, path, contentType, distinct) => {
    const problems: string[] = [];
    const run = (body: string) =>
      api.send(method, path, { body, headers: { 'content-type': contentType } });
    for (const [name, spec] of PLACES) {
      const make = (n: number): string =>
        JSON.stringify(gadget('a', { spec: spec(n, (index) => (distinct ? index : 7)) }));
      const problem = await growthProblem(N, make, run, MOST);
      if (problem !== undefined) problems.push(`${name}: ${problem}`);
    }
    expect(problems).toEqual([]);
  },
  LONGEST_MS,
);

const VERSION = {
  ...{ served: true, storage: false },
  schema: { openAPIV3Schema: { type: 'object' } },
};

const DEFINITIONS_OF: [name: string, make: (n: number) => object][] = [
  ['properties', (n) => definition(withSpec(map(n, () => text)))],
  ['values of an enum', (n) => definition(withSpec({ a: { ...text, enum: list(n, String) } }))],
  [
    'required members',
    (n) =>
      definition(
        withSpec(
          map(n, () => text),
          { required: list(n, (i) => `k${i}`) },
        ),
      ),
  ],
  [
    'versions',
    (n) =>
      definition(
        {},
        {},
        {
          versions: list(n, (i) => ({ ...VERSION, name: `v${i + 1}`, storage: i === 0 })),
        },
      ),
  ],
  [
    'columns',
    (n) =>
      definition(withSpec({ a: text }), {
        additionalPrinterColumns: list(n, (i) => ({
          ...{ name: `c${i}`, type: 'string', jsonPath: '.spec.a' },
        })),
      }),
  ],
  [
    'short names',
    (n) =>
      definition(
        {},
        {},
        {
          names: { plural: 'gadgets', kind: 'Gadget', shortNames: list(n, (i) => `g${i}`) },
        },
      ),
  ],
  [
    'selectable fields',
    (n) =>
      definition(withSpec(map(n, () => text)), {
        selectableFields: list(n, (i) => ({ jsonPath: `.spec.k${i}` })),
      }),
  ],
  [
    'rules',
    (n) =>
      definition(
        withSpec({ a: text }, { 'x-kubernetes-validations': list(n, () => ({ rule: 'true' })) }),
      ),
  ],
  [
    'alternatives',
    (n) => definition(withSpec({ a: { ...text, anyOf: list(n, () => ({ minLength: 1 })) } })),
  ],
];

it.each(DEFINITIONS_OF)(
  'a definition with %s: the work grows as they do',
  async (_name, make) => {
    const run = (body: string) => empty.send('POST', `${DEFINITIONS}?dryRun=All`, { body });
    expect(await growthProblem(N / 2, (n) => JSON.stringify(make(n)), run, MOST)).toBeUndefined();
  },
  LONGEST_MS,
);
