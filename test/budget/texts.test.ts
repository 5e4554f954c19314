// The time for any text or patch grows only linearly with its length: decoders, selectors, globs, splitters and expansions, worst cases.
import { describe, expect, it } from 'vitest';
import { applyObject, duplicateElement } from '../../src/api/patch/apply.ts';
import { applyJsonPatch } from '../../src/api/patch/json-patch.ts';
import { mergePatch } from '../../src/api/patch/merge-patch.ts';
import { strategicMerge } from '../../src/api/patch/strategic-merge.ts';
import { parseFieldSelector } from '../../src/api/selectors/field-selector.ts';
import { parseLabelSelector } from '../../src/api/selectors/label-selector.ts';
import { parseText } from '../../src/api/wire/body.ts';
import { readFields } from '../../src/api/wire/protobuf-reader.ts';
import { fitsGlob } from '../../src/glob.ts';
import { kindShape } from '../../src/kinds/shapes.ts';
import { specEnvironment, type EnvContext } from '../../src/pod/process/env.ts';
import { expand } from '../../src/pod/process/expansion.ts';
import { createRunSplitter } from '../../src/logs/split-runs.ts';
import { annotated } from './shapes.ts';
import { growthProblem } from './work.ts';

const LONGEST_MS = 300_000;
const many = (n: number, part: (index: number) => string): string =>
  Array.from({ length: n }, (_, index) => part(index)).join('');

const YAML: [string, (n: number) => string][] = [
  ['keys', (n) => many(n, (i) => `k${i}: 1\n`)],
  ['one key again and again', (n) => many(n, () => 'k: 1\n')],
  ['a list', (n) => many(n, () => '- 1\n')],
  ['a map in braces', (n) => `{${many(n, (i) => `k${i}: 1,`)}}`],
  ['anchors, each used', (n) => many(n, (i) => `- &a${i} x\n- *a${i}\n`)],
  ['one anchor used by all', (n) => `- &a [1, 2]\n${many(n, () => '- *a\n')}`],
  ['merges', (n) => `a: &a {x: 1}\n${many(n, (i) => `k${i}:\n  <<: *a\n`)}`],
  ['open brackets', (n) => '['.repeat(n)],
  ['open braces', (n) => '{a: '.repeat(n)],
  ['dashes', (n) => '- '.repeat(n)],
  ['question marks', (n) => '? '.repeat(n)],
  ['ever deeper lines', (n) => many(Math.ceil(Math.sqrt(n)), (i) => `${' '.repeat(i)}a:\n`)],
  ['a text of many lines', (n) => `a: "b\n${'  c\n'.repeat(n)}"`],
  ['a block text', (n) => `a: |\n${'  c\n'.repeat(n)}`],
  ['comments', (n) => `${'# c\n'.repeat(n)}a: 1`],
  ['empty lines', (n) => `a: 1\n${'\n'.repeat(n)}b: 1`],
  ['documents', (n) => '---\n'.repeat(n)],
  ['tags', (n) => '- !!str a\n'.repeat(n)],
  ['maps as keys', (n) => '? {a: 1}\n: b\n'.repeat(n)],
  ['spaces', (n) => `a:${' '.repeat(n)}b`],
  ['digits', (n) => `a: ${'1'.repeat(n)}`],
  ['underscores in a number', (n) => `a: 1${'_'.repeat(n)}x`],
  ['escapes', (n) => `a: "${'\\n'.repeat(n)}"`],
];

const JSON_TEXTS: [string, (n: number) => string][] = [
  ['keys', (n) => `{${many(n, (i) => `"k${i}":1,`)}"a":1}`],
  ['one key again and again', (n) => `{${many(n, () => '"k":1,')}"k":1}`],
  ['deep maps with a key twice', (n) => `${'{"a":1,"a":'.repeat(n)}1${'}'.repeat(n)}`],
  ['open brackets', (n) => '['.repeat(n)],
  ['a long text', (n) => `{"a":"${'x'.repeat(n)}"}`],
  ['escapes', (n) => `{"a":"${'\\n'.repeat(n)}"}`],
  ['quotes without an end', (n) => `{"a":"${'\\"'.repeat(n)}`],
  ['spaces', (n) => ' '.repeat(n)],
  ['garbage', (n) => 'x'.repeat(n)],
];

describe('decoders', () => {
  it.each(YAML)(
    'YAML: %s',
    async (_name, make) =>
      expect(await growthProblem(10_000, make, (text) => parseText(text, 'yaml'))).toBeUndefined(),
    LONGEST_MS,
  );
  it.each(JSON_TEXTS)(
    'JSON: %s',
    async (_name, make) =>
      expect(await growthProblem(30_000, make, (text) => parseText(text, 'json'))).toBeUndefined(),
    LONGEST_MS,
  );
  it.each([
    ['one byte fields', (n: number) => Buffer.alloc(2 * n, Buffer.from([0x08, 0x01]))],
    [
      'long varints',
      (n: number) =>
        Buffer.alloc(11 * n, Buffer.from([0x08, ...Array.from({ length: 9 }, () => 0xff), 0x01])),
    ],
    ['texts', (n: number) => Buffer.alloc(3 * n, Buffer.from([0x0a, 0x01, 0x61]))],
  ])(
    'protobuf: %s',
    async (_name, make) => expect(await growthProblem(50_000, make, readFields)).toBeUndefined(),
    LONGEST_MS,
  );
});

const bare = { metadata: {}, spec: { containers: [] } };
const containers = (n: number, from = 0) =>
  Array.from({ length: n }, (_, i) => ({ name: `c${from + i}`, image: 'i' }));
const annotations = (n: number, value: string | null) => annotated(n, value);

const shape = kindShape('', 'Pod');

describe('patches', () => {
  it.each([
    [
      'appends',
      (n: number) => Array.from({ length: n }, () => ({ op: 'add', path: '/l/-', value: 1 })),
    ],
    [
      'inserts',
      (n: number) => Array.from({ length: n }, () => ({ op: 'add', path: '/l/0', value: 1 })),
    ],
    [
      'copies that double',
      (n: number) => Array.from({ length: n }, () => ({ op: 'copy', from: '/l', path: '/l/-' })),
    ],
    [
      'copies of what was copied',
      (n: number) =>
        Array.from({ length: n }, (_, i) => ({
          op: 'copy',
          from: i === 0 ? '/l' : `/x${i - 1}`,
          path: `/x${i}`,
        })),
    ],
    [
      'tests',
      (n: number) => Array.from({ length: n }, () => ({ op: 'test', path: '/l', value: [1] })),
    ],
    ['long paths', (n: number) => [{ op: 'add', path: '/a'.repeat(n), value: 1 }]],
  ])(
    'JSON: %s',
    async (_name, make) =>
      expect(
        await growthProblem(
          2_000,
          (n) => ({ n, operations: make(n) }),
          ({ operations }) => applyJsonPatch({ l: [1] }, structuredClone(operations)),
        ),
      ).toBeUndefined(),
    LONGEST_MS,
  );

  it(
    'merge',
    async () => {
      expect(
        await growthProblem(
          20_000,
          (n) => annotations(n, 'v'),
          (patch) =>
            mergePatch(
              { metadata: { annotations: annotations(10, 'w') } } as never,
              { metadata: { annotations: patch } } as never,
            ),
        ),
      ).toBeUndefined();
    },
    LONGEST_MS,
  );

  it.each([
    ['new elements of a list', (n: number) => ({ spec: { containers: containers(n) } })],
    [
      'deleted elements',
      (n: number) => ({
        spec: { containers: containers(n).map(({ name }) => ({ name, $patch: 'delete' })) },
      }),
    ],
    [
      'changed elements in another order',
      (n: number) => ({
        spec: {
          containers: containers(n),
          '$setElementOrder/containers': containers(n)
            .map(({ name }) => ({ name }))
            .reverse(),
        },
      }),
    ],
    [
      'an order without the elements',
      (n: number) => ({
        spec: {
          '$setElementOrder/containers': containers(n)
            .map(({ name }) => ({ name }))
            .reverse(),
        },
      }),
    ],
    [
      'primitives',
      (n: number) => ({ metadata: { finalizers: Array.from({ length: n }, (_, i) => `f${i}`) } }),
    ],
    [
      'deleted primitives',
      (n: number) => ({
        metadata: {
          '$deleteFromPrimitiveList/finalizers': Array.from({ length: n }, (_, i) => `f${i}`),
        },
      }),
    ],
    [
      'retained keys',
      (n: number) => ({ metadata: { $retainKeys: Array.from({ length: n }, (_, i) => `f${i}`) } }),
    ],
  ])(
    'strategic merge: %s',
    async (_name, make) => {
      const stored = (n: number) => ({
        metadata: { finalizers: Array.from({ length: n }, (_, i) => `f${i}`) },
        spec: { containers: containers(n) },
      });
      expect(
        await growthProblem(
          3_000,
          (n) => ({ old: stored(n), patch: make(n) }),
          ({ old, patch }) => strategicMerge(shape, old, patch),
        ),
      ).toBeUndefined();
    },
    LONGEST_MS,
  );
});

describe('patches that the server merges', () => {
  it(
    'strategic merge: elements that only the server has',
    async () => {
      const make = (n: number) => ({
        old: { spec: { containers: containers(n) } },
        patch: { spec: { containers: [], '$setElementOrder/containers': [{ name: 'c0' }] } },
      });
      expect(
        await growthProblem(3_000, make, ({ old, patch }) => strategicMerge(shape, old, patch)),
      ).toBeUndefined();
    },
    LONGEST_MS,
  );

  it(
    'apply',
    async () => {
      const writer = {
        manager: 'm',
        apiVersion: 'v1',
        subresource: '',
        now: new Date(0),
        resetFields: [],
      };
      const make = (n: number) => ({
        metadata: { name: 'a', annotations: annotations(n, 'v') as Record<string, string> },
        spec: { containers: containers(n) },
      });
      expect(
        await growthProblem(2_000, make, (config) => {
          const { object, entries } = applyObject(shape, { metadata: {} }, config, writer, true);
          return applyObject(
            shape,
            {
              ...object,
              metadata: { ...object.metadata, managedFields: entries as never, uid: 'u' },
            },
            { ...bare, metadata: { name: 'a' } },
            writer,
            true,
          );
        }),
      ).toBeUndefined();
      expect(
        await growthProblem(5_000, make, (config) => duplicateElement(shape, config)),
      ).toBeUndefined();
    },
    LONGEST_MS,
  );
});

describe('matchers', () => {
  it.each([
    ['a list of values', (n: number) => `a in (${many(n, (i) => `v${i},`)}b)`],
    ['requirements', (n: number) => `${many(n, (i) => `k${i}=v,`)}a=b`],
    ['spaces', (n: number) => `a${' '.repeat(n)}=b`],
    ['a long key', (n: number) => `${'a.'.repeat(n)}/b=c`],
    ['a long value', (n: number) => `a=${'b.'.repeat(n)}!`],
    ['brackets', (n: number) => '('.repeat(n)],
    ['commas', (n: number) => `a in (${','.repeat(n)})`],
  ])(
    'label selector: %s',
    async (_name, make) =>
      expect(
        await growthProblem(20_000, make, (text) => parseLabelSelector(text)({ a: 'b' })),
      ).toBeUndefined(),
    LONGEST_MS,
  );

  it.each([
    ['terms', (n: number) => many(n, () => 'metadata.name=a,')],
    ['backslashes', (n: number) => '\\'.repeat(n)],
    ['signs', (n: number) => '!'.repeat(n)],
    ['a long value', (n: number) => `metadata.name=${'\\,'.repeat(n)}`],
  ])(
    'field selector: %s',
    async (_name, make) =>
      expect(
        await growthProblem(20_000, make, (text) =>
          parseFieldSelector(text, { own: true, fields: {} }, true).matches({
            metadata: { name: 'a' },
          }),
        ),
      ).toBeUndefined(),
    LONGEST_MS,
  );

  it.each([
    ['stars and letters', (n: number) => ['*a'.repeat(12), 'a'.repeat(n)] as const],
    ['a star per letter', (n: number) => [`${'*'.repeat(n)}b`, 'a'.repeat(n)] as const],
    ['an open class', (n: number) => ['['.repeat(n), 'a'] as const],
  ])(
    'glob: %s',
    async (_name, make) =>
      expect(
        await growthProblem(20_000, make, ([pattern, text]) => fitsGlob(`${pattern}b`, text)),
      ).toBeUndefined(),
    LONGEST_MS,
  );
});

describe('splitters and expansions', () => {
  it.each([
    ['separators', (n: number) => Buffer.alloc(n, 0x1e)],
    ['half markers', (n: number) => Buffer.alloc(n, '\x1enonce ')],
    ['digits', (n: number) => Buffer.alloc(n, '1')],
  ])(
    'a line of %s',
    async (_name, make) => {
      expect(
        await growthProblem(500_000, make, (bytes) =>
          createRunSplitter('nonce')({ time: '2026-01-01T00:00:00Z', stream: 'stdout', bytes }),
        ),
      ).toBeUndefined();
    },
    LONGEST_MS,
  );

  it.each([
    ['open references', (n: number) => '$('.repeat(n)],
    ['references', (n: number) => '$(A)'.repeat(n)],
    ['signs', (n: number) => '$'.repeat(n)],
  ])(
    'an expansion of %s',
    async (_name, make) =>
      expect(
        await growthProblem(50_000, make, (text) => expand(text, () => 'x'.repeat(1000))),
      ).toBeUndefined(),
    LONGEST_MS,
  );

  it('variables that are made of one another stay within what a process may have', () => {
    const env = [
      { name: 'A0', value: 'xxxxxxxx' },
      ...Array.from({ length: 60 }, (_, i) => ({ name: `A${i + 1}`, value: `$(A${i})$(A${i})` })),
    ];
    const container = { name: 'c', env };
    const context = {
      services: [],
      configMap: () => undefined,
      secret: () => undefined,
      apiHost: 'h',
      apiPort: 1,
    } as unknown as EnvContext;
    const found = specEnvironment(
      {
        metadata: { name: 'p' },
        spec: { containers: [container], enableServiceLinks: false },
      } as never,
      container as never,
      context,
    );
    const size =
      'env' in found
        ? [...found.env.values()].reduce((sum, value) => sum + value.length, 0)
        : Infinity;
    expect(size).toBeLessThan(4 * 1024 * 1024);
  });
});
