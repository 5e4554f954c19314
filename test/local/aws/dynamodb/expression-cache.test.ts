// Cached expressions: the result is dynalite's own, for every request's values.
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import type { Parse, ParseContext } from '../../../../local/aws/dynamodb/expression-cache.ts';
import { cachedParse } from '../../../../local/aws/dynamodb/expression-cache.ts';
import type { Item } from '../../../../local/aws/dynamodb/dynalite.ts';

const require = createRequire(import.meta.url);

// A fresh copy of each module: the engine's are cached already.
function parserOf(name: string): Parse {
  const path = require.resolve(`dynalite/db/${name}`);
  const kept = require.cache[path];
  delete require.cache[path];
  const { parse }: { parse: Parse } = require(path);
  if (kept) require.cache[path] = kept;
  return parse;
}

const contextOf = (
  attrVals: Item | undefined,
  attrNames?: Record<string, string>,
): ParseContext => ({
  attrNames,
  attrVals,
  unusedAttrVals: Object.fromEntries(Object.keys(attrVals ?? {}).map((name) => [name, true])),
  isReserved: () => false,
  compare: () => true,
});

const parsers = { condition: parserOf('conditionParser'), update: parserOf('updateParser') };
const caches = {
  condition: cachedParse(parsers.condition, { changed: false }),
  update: cachedParse(parsers.update, { changed: true }),
};

function result(parse: Parse, text: string, context: ParseContext): unknown {
  try {
    return JSON.stringify([parse(text, { context }), context.unusedAttrVals]);
  } catch (error) {
    return String(error);
  }
}

it.each<['condition' | 'update', string, Item | undefined, Record<string, string>?]>([
  [
    'condition',
    'attribute_not_exists(pk) OR (attribute_not_exists(body) AND ver < :n)',
    { ':n': { N: '5' } },
  ],
  [
    'condition',
    'attribute_not_exists(pk) OR (attribute_not_exists(body) AND ver < :n)',
    { ':n': { N: '6' } },
  ],
  ['condition', 'ver = :n', { ':n': { S: 'text' }, ':never': { N: '1' } }],
  ['condition', 'ver = :n', { ':n': { M: { a: { S: 'deep' } } } }],
  ['condition', 'ver = :missing', { ':n': { N: '5' } }],
  ['condition', 'ver = ', { ':n': { N: '5' } }],
  ['condition', 'ver BETWEEN :low AND :high', { ':low': { N: '1' }, ':high': { N: '2' } }],
  ['condition', 'attribute_type(ver, :type)', { ':type': { S: 'N' } }],
  ['condition', 'begins_with(sk, :s)', { ':s': { N: '1' } }],
  ['condition', 'begins_with(sk, :s)', { ':s': { S: 'a' } }],
  ['condition', '#v = :n', { ':n': { N: '5' } }, { '#v': 'ver' }],
  ['condition', 'attribute_exists(pk)', undefined],
  [
    'update',
    'SET val = :val, wid = :wid ADD rev :one',
    { ':val': { BOOL: false }, ':wid': { S: 'a' }, ':one': { N: '1' } },
  ],
  [
    'update',
    'SET val = :val, wid = :wid ADD rev :one',
    { ':val': { BOOL: true }, ':wid': { S: 'b' }, ':one': { N: '2' } },
  ],
  ['update', 'ADD rev :one', { ':one': { S: 'no number' } }],
])('a cached %s parser reads %s as dynalite does, first and again', (kind, text, values, names) => {
  const expected = result(parsers[kind], text, contextOf(values, names));
  expect(result(caches[kind], text, contextOf(values, names))).toBe(expected);
  expect(result(caches[kind], text, contextOf(values, names))).toBe(expected);
});

it('what one request does to its parsed expression is not seen by the next', () => {
  const [text, values] = ['SET val = :val', { ':val': { L: [] } }];
  const first = caches.update(text, { context: contextOf(values) }) as { sections: unknown[] };
  first.sections.length = 0;
  expect(result(caches.update, text, contextOf(values))).toBe(
    result(parsers.update, text, contextOf(values)),
  );
});
