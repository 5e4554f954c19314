// An object as bytes in the forms that the API takes (JSON, YAML, protobuf), whole or damaged as only bytes can be.
import { stringify } from 'yaml';
import type { Wire, WireField } from '../../src/kinds/generate-wire.ts';
import { messageName } from '../../src/kinds/generate-wire.ts';
import { ensureKinds } from '../../src/kinds/load.ts';
import type { GroupKind } from '../../src/kinds/resources.ts';
import { apiVersionOf, kindKey } from '../../src/kinds/resources.ts';
import type { Chance } from '../simulation/random.ts';
import { flipped, noise, TEXTS, type Value } from './values.ts';

export interface Encoded {
  contentType: string;
  body: Buffer;
}

/** JSON in which a key may come twice and a number may be one that no double can hold. */
function looseJson(value: Value, chance: Chance): string {
  if (Array.isArray(value)) return `[${value.map((one) => looseJson(one, chance)).join(',')}]`;
  if (typeof value === 'number' && chance.happens(0.02))
    return chance.pick(['1e400', '-0', '9223372036854775808', '0.1e-400', '00', '1.', '0x1']);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([key, inner]) => `${JSON.stringify(key)}:${looseJson(inner, chance)}`,
  );
  const doubled = chance.happens(0.02) && members.length > 0 ? [chance.pick(members)] : [];
  return `{${[...members, ...doubled].join(chance.happens(0.02) ? ',\n\t' : ',')}}`;
}

const LINE_ENDS = [
  ' &a',
  '  *a',
  '<<: *a',
  ' !!binary x',
  ' !!js/function x',
  ' |',
  ' >',
  '\t',
  ': :',
  ' - -',
  '? ',
  '{',
  '[',
  '"',
  "'",
  '# x',
  '\n---',
  '\n...',
  '%YAML 1.1',
  '&a [*a]',
  ' ~',
  ' 0o17',
  ' .inf',
];
const YAML_BOMBS = [
  [
    'a: &a [x, x, x, x, x, x, x, x, x]',
    ...Array.from('bcdefghi').map(
      (name, index) =>
        `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefghi'[index]!}`).join(', ')}]`,
    ),
  ].join('\n'),
  'a: &a\n  b: *a\n',
  `${'['.repeat(3_000)}`,
  `${'- '.repeat(2_000)}x`,
  Array.from({ length: 3_000 }, (_, index) => `k${index % 1_500}: v`).join('\n'),
  '<<: [1, 2]\na: b\n',
  '? {a: b}\n: c\n',
];

/** The object as YAML, a line or two spoilt. */
export function looseYaml(value: Value, chance: Chance): string {
  if (chance.happens(0.05)) return chance.pick(YAML_BOMBS);
  const lines = stringify(value, { aliasDuplicateObjects: false }).split('\n');
  for (let time = chance.pick([0, 0, 1, 2]); time > 0; time--) {
    const at = chance.below(lines.length);
    lines[at] = `${lines[at] ?? ''}${chance.pick(LINE_ENDS)}`;
  }
  return lines.join('\n');
}

const varint = (value: bigint): number[] => {
  const bytes: number[] = [];
  for (let left = BigInt.asUintN(64, value); ; left >>= 7n) {
    if (left < 0x80n) return [...bytes, Number(left)];
    bytes.push(Number(left & 0x7fn) | 0x80);
  }
};
const prefixed = (number: number, bytes: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from([...varint(BigInt(number * 8 + 2)), ...varint(BigInt(bytes.length))]),
    bytes,
  ]);
const plain = (number: number, value: bigint): Buffer =>
  Buffer.from([...varint(BigInt(number * 8)), ...varint(value)]);
const integer = (value: Value): bigint =>
  typeof value === 'number' && Number.isFinite(value) ? BigInt(Math.trunc(value)) : 5n;
const isFields = (value: Value | undefined): value is { [key: string]: Value } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function fieldBytes(wire: Wire, number: number, { type }: WireField, value: Value): Buffer {
  if (type === 'string' || type === 'bytes')
    return prefixed(
      number,
      Buffer.from(
        typeof value === 'string' ? value : JSON.stringify(value),
        type === 'bytes' ? 'base64' : 'utf8',
      ),
    );
  if (type === 'bool') return plain(number, value === true ? 1n : 0n);
  if (/^u?int(32|64)$/.test(type)) return plain(number, integer(value));
  if (type.endsWith('.Quantity')) return prefixed(number, prefixed(1, Buffer.from(textOf(value))));
  if (type.endsWith('.IntOrString'))
    return prefixed(
      number,
      typeof value === 'string'
        ? Buffer.concat([plain(1, 1n), prefixed(3, Buffer.from(value))])
        : plain(2, integer(value)),
    );
  if (/\.(Micro)?Time$/.test(type))
    return prefixed(number, plain(1, BigInt(Math.trunc(Date.parse(textOf(value)) / 1000) || 0)));
  return prefixed(number, messageBytes(wire, type, value));
}

/** A value may have a `toString` that is not a function. */
const textOf = (value: Value): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

function messageBytes(wire: Wire, type: string, value: Value): Buffer {
  if (!isFields(value)) return Buffer.from(JSON.stringify(value));
  return Buffer.concat(
    Object.entries(wire[type] ?? {}).flatMap(([number, field]) => {
      const inner = Object.hasOwn(value, field.name) ? value[field.name] : undefined;
      if (inner === undefined) return [];
      if (field.kind === 'list')
        return (Array.isArray(inner) ? inner : [inner]).map((one) =>
          fieldBytes(wire, Number(number), field, one),
        );
      if (field.kind === 'map' && isFields(inner))
        return Object.entries(inner).map(([key, one]) =>
          prefixed(
            Number(number),
            Buffer.concat([prefixed(1, Buffer.from(key)), fieldBytes(wire, 2, field, one)]),
          ),
        );
      return [fieldBytes(wire, Number(number), field, inner)];
    }),
  );
}

/** The object in Kubernetes' envelope. */
function protobufBody(wire: Wire, kind: GroupKind, value: Value): Buffer {
  const schema = ensureKinds().kinds[kindKey(kind)] ?? ensureKinds().kinds[`/${kind.kind}`] ?? '';
  const typeMeta = Buffer.concat([
    prefixed(1, Buffer.from(apiVersionOf(kind))),
    prefixed(2, Buffer.from(kind.kind)),
  ]);
  return Buffer.concat([
    Buffer.from('k8s\0'),
    prefixed(1, typeMeta),
    prefixed(2, messageBytes(wire, messageName(schema), value)),
  ]);
}

const JSON_TYPE = 'application/json';
const YAML_TYPE = 'application/yaml';
const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf';
const OTHER_TYPES = [
  'text/plain',
  '',
  'application/json; charset=latin1',
  'APPLICATION/JSON',
  'application/yaml;x',
  'multipart/form-data',
  'application/cbor',
  'application/json-patch+json',
  ...TEXTS.slice(0, 4),
];

/** Texts that no object in this process could be: nesting beyond any stack, a key thousands of times. */
const JSON_BOMBS = [
  '['.repeat(50_000),
  '{"a":'.repeat(50_000),
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  `{"metadata":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}`,
  `{${'"a":1,'.repeat(5_000)}"a":1}`,
];

/** Any form, mostly whole. Without `wire` no body is protobuf. */
export function encoded(
  value: Value,
  kind: GroupKind,
  wire: Wire | undefined,
  chance: Chance,
): Encoded {
  const draw = chance.next();
  const made =
    draw < 0.2
      ? { contentType: YAML_TYPE, body: Buffer.from(looseYaml(value, chance)) }
      : draw < 0.35 && wire
        ? { contentType: PROTOBUF_TYPE, body: protobufBody(wire, kind, value) }
        : draw < 0.36
          ? {
              contentType: chance.pick([JSON_TYPE, YAML_TYPE]),
              body: Buffer.from(chance.pick(JSON_BOMBS)),
            }
          : draw < 0.38
            ? {
                contentType: chance.pick([JSON_TYPE, YAML_TYPE, PROTOBUF_TYPE]),
                body: noise(chance),
              }
            : { contentType: JSON_TYPE, body: Buffer.from(looseJson(value, chance)) };
  const body = chance.happens(made.contentType === PROTOBUF_TYPE ? 0.6 : 0.08)
    ? flipped(made.body, chance)
    : made.body;
  return { body, contentType: chance.happens(0.04) ? chance.pick(OTHER_TYPES) : made.contentType };
}
