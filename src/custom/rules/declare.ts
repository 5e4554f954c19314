// A schema as a CEL type, and the conversion of its values. Rules can only refer to what is declared.
import type { Environment } from '@marcbachmann/cel-js';
import { itemsOf, valuesOf } from '../../kinds/json-schema.ts';
import type { JsonSchema } from '../../kinds/json-schema.ts';
import { isMap, own, setOwn } from '../../own.ts';
import { charge } from './meter.ts';

/** Converts a JSON value; undefined: treated as absent. */
type Convert = (value: unknown) => unknown;

export interface Declared {
  /** Name of the CEL type. */
  type: string;
  convert: Convert;
}

/** CEL's reserved words, which are escaped with underscores in field names. */
const RESERVED = new Set([
  'true',
  'false',
  'null',
  'in',
  'as',
  'break',
  'const',
  'continue',
  'else',
  'for',
  'function',
  'if',
  'import',
  'let',
  'loop',
  'package',
  'namespace',
  'return',
  'var',
  'void',
  'while',
]);

/** The name of a property in rules; undefined: not accessible (Kubernetes' escaping). */
function ruleName(property: string): string | undefined {
  if (RESERVED.has(property)) return `__${property}__`;
  const escaped = property
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
  // The evaluator finds a value's type by its constructor.
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(escaped) && !Object.hasOwn(Object.prototype, escaped)
    ? escaped
    : undefined;
}

const toInt: Convert = (value) =>
  typeof value === 'number' ? BigInt(Math.trunc(value)) : undefined;
const toDouble: Convert = (value) => (typeof value === 'number' ? value : undefined);
const toText: Convert = (value) => (typeof value === 'string' ? value : undefined);
const toBool: Convert = (value) => (typeof value === 'boolean' ? value : undefined);
const toBytes: Convert = (value) =>
  typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'base64')) : undefined;

function toTime(value: unknown): unknown {
  const date = typeof value === 'string' ? new Date(value) : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
}

/** An int-or-string, whose type is known only when a rule runs. */
const toEither: Convert = (value) =>
  typeof value === 'number' ? BigInt(Math.trunc(value)) : toText(value);

const META: JsonSchema = {
  type: 'object',
  properties: { name: { type: 'string' }, generateName: { type: 'string' } },
};
const TEXT: JsonSchema = { type: 'string' };

/** Declares types in an environment; each object type gets a number. */
export class Declarations {
  readonly #env: Environment;
  readonly #duration: (text: string) => unknown;
  /** Names of the fields of each object type, with their types. */
  readonly fields = new Map<string, ReadonlyMap<string, string>>();
  #count = 0;

  constructor(env: Environment, duration: (text: string) => unknown) {
    this.#env = env;
    this.#duration = duration;
  }

  /** The type of the schema's values; undefined where rules cannot access them. */
  declare(schema: JsonSchema): Declared | undefined {
    if (schema['x-kubernetes-int-or-string'] === true) return { type: 'dyn', convert: toEither };
    switch (schema.type) {
      case 'object':
        return this.#object(schema);
      case 'array':
        return this.#list(schema);
      case 'string':
        return this.#text(schema.format);
      case 'integer':
        return { type: 'int', convert: toInt };
      case 'number':
        return { type: 'double', convert: toDouble };
      case 'boolean':
        return { type: 'bool', convert: toBool };
      default:
        return undefined;
    }
  }

  #text(format: string | undefined): Declared {
    switch (format) {
      case 'date':
      case 'date-time':
        return { type: 'google.protobuf.Timestamp', convert: toTime };
      case 'duration': {
        const toDuration: Convert = (value) =>
          typeof value === 'string' ? this.#duration(value) : undefined;
        return { type: 'google.protobuf.Duration', convert: toDuration };
      }
      case 'byte':
        return { type: 'bytes', convert: toBytes };
      default:
        return { type: 'string', convert: toText };
    }
  }

  #list(schema: JsonSchema): Declared | undefined {
    const items = itemsOf(schema);
    const of = items && this.declare(items);
    if (of === undefined) return undefined;
    return {
      type: `list<${of.type}>`,
      convert: (value) => {
        if (!Array.isArray(value)) return undefined;
        charge(value.length);
        return value.map((item) => of.convert(item) ?? null);
      },
    };
  }

  #object(schema: JsonSchema): Declared | undefined {
    const values = valuesOf(schema);
    const of = values && this.declare(values);
    if (values !== undefined)
      return (
        of && { type: `map<string, ${of.type}>`, convert: (value) => toMap(value, of.convert) }
      );
    return this.#struct(
      schema['x-kubernetes-embedded-resource'] === true
        ? {
            ...schema,
            properties: {
              apiVersion: TEXT,
              kind: TEXT,
              ...schema.properties,
              metadata: META,
            },
          }
        : schema,
    );
  }

  #struct(schema: JsonSchema): Declared {
    const members = Object.entries(schema.properties ?? {}).flatMap(([property, inner]) => {
      const name = ruleName(property);
      const declared = name === undefined ? undefined : this.declare(inner);
      return name === undefined || declared === undefined ? [] : [{ property, name, ...declared }];
    });
    const type = `object${++this.#count}`;
    this.fields.set(type, new Map(members.map(({ name, type: inner }) => [name, inner])));
    const Struct = class {
      [name: string]: unknown;
    };
    this.#env.registerType(type, {
      ctor: Struct,
      fields: Object.fromEntries(members.map(({ name, type: inner }) => [name, inner])),
    });
    this.#env.registerOperator(`${type} == ${type}`, isSame);
    return {
      type,
      convert: (value) => {
        if (!isMap(value)) return undefined;
        charge(1 + members.length);
        const struct = new Struct();
        for (const { property, name, convert } of members) {
          const member = convert(own(value, property));
          if (member !== undefined) setOwn(struct, name, member);
        }
        return struct;
      },
    };
  }
}

function toMap(value: unknown, convert: Convert): unknown {
  if (!isMap(value)) return undefined;
  const map = Object.create(null) as { [key: string]: unknown };
  const keys = Object.keys(value);
  charge(keys.length);
  for (const key of keys) {
    const member = convert(own(value, key));
    if (member !== undefined) setOwn(map, key, member);
  }
  return map;
}

/** Equality of converted values, part by part. */
function isSame(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null)
    return false;
  if (left instanceof Date || right instanceof Date)
    return left instanceof Date && right instanceof Date && left.getTime() === right.getTime();
  const [a, b] = [left as { [key: string]: unknown }, right as { [key: string]: unknown }];
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isSame(own(a, key), own(b, key)))
  );
}
