// The schemas compiled for use: the possible values of each Go type. Compiled once per process, at a kind's first use.
import { own } from '../own.ts';
import type { Schema } from './generate.ts';
import { keepsZero } from './kept-zeros.ts';
import { isAtomicMap, isAtomicType, listRule } from './list-keys.ts';
import type { ListRule } from './list-keys.ts';
import { ensureKinds } from './load.ts';
import { kindKey } from './resources.ts';
import type { Resource } from './resources.ts';

type Leaf =
  | 'string'
  | 'boolean'
  | 'int32'
  | 'int64'
  | 'double'
  | 'quantity'
  | 'time'
  | 'microTime'
  | 'intOrString'
  | 'bytes'
  | 'any';

export type Shape =
  | { type: Leaf }
  | { type: 'list'; of: Shape }
  | { type: 'map'; of: Shape; isAtomic?: boolean }
  /** A JSON schema, a list of them, or a boolean (Go's JSONSchemaPropsOrBool, JSONSchemaPropsOrArray): owned as a whole. */
  | { type: 'schemas'; of: Shape }
  | ObjectShape;

export interface ObjectShape {
  type: 'object';
  /** Go's type name, e.g. `PodSpec`; its package alias in messages is `v1`. */
  name: string;
  fields: Map<string, Field>;
  /** The shape of unnamed fields, where they are kept. */
  rest?: Shape;
  /** Owned as a whole. */
  isAtomic?: boolean;
  /** For a custom kind, whose parts do not exist until set. */
  isCustom?: boolean;
}

const LEAF: Shape = { type: 'any' };

/** The shape of a field that the shape does not name. */
export const unnamedShape = (shape: Shape): Shape =>
  shape.type === 'object' ? (shape.rest ?? LEAF) : LEAF;

export interface Field {
  shape: Shape;
  /** A zero value is kept: in Go the field is required or a pointer. */
  keepsZero: boolean;
  list: ListRule;
}

const LEAVES: Record<string, Leaf> = {
  Quantity: 'quantity',
  IntOrString: 'intOrString',
  Time: 'time',
  MicroTime: 'microTime',
  FieldsV1: 'any',
};

/** Members of JSONSchemaProps that hold schemas or a boolean. */
const SCHEMAS = new Set(['items', 'additionalItems', 'additionalProperties']);

const compiled = new Map<string, Shape>();

function compile(name: string, schemas: Record<string, Schema>): Shape {
  const known = compiled.get(name);
  if (known !== undefined) return known;
  const type = name.replace(/^.*\./, '');
  const leaf = own(LEAVES, type);
  const shape: Shape =
    leaf === undefined
      ? { type: 'object', name: type, fields: new Map(), isAtomic: isAtomicType(name) }
      : { type: leaf };
  compiled.set(name, shape);
  if (shape.type === 'object') {
    const schema = own(schemas, name);
    const required = new Set(schema?.required ?? []);
    for (const [field, property] of Object.entries(schema?.properties ?? {})) {
      shape.fields.set(field, {
        shape:
          type === 'JSONSchemaProps' && SCHEMAS.has(field)
            ? { type: 'schemas', of: shape }
            : fieldShape(type, field, shapeOf(property, schemas)),
        keepsZero: required.has(field) || keepsZero(type, field),
        list: listRule(type, field),
      });
    }
  }
  return shape;
}

const fieldShape = (type: string, field: string, shape: Shape): Shape =>
  shape.type === 'map' && isAtomicMap(type, field) ? { ...shape, isAtomic: true } : shape;

function shapeOf(schema: Schema, schemas: Record<string, Schema>): Shape {
  const target = (schema.$ref ?? schema.allOf?.[0]?.$ref)?.replace('#/components/schemas/', '');
  if (target !== undefined) return compile(target, schemas);
  if (schema.items !== undefined) return { type: 'list', of: shapeOf(schema.items, schemas) };
  if (schema.additionalProperties !== undefined)
    return { type: 'map', of: shapeOf(schema.additionalProperties, schemas) };
  switch (schema.type) {
    case 'string':
      return { type: schema.format === 'byte' ? 'bytes' : 'string' };
    case 'boolean':
      return { type: 'boolean' };
    case 'integer':
      return { type: schema.format === 'int32' ? 'int32' : 'int64' };
    case 'number':
      return { type: 'double' };
    default:
      return { type: 'any' };
  }
}

/** The shape of a served resource. */
export const shapeOfResource = ({
  group,
  version,
  kind,
  custom,
}: Pick<Resource, 'group' | 'version' | 'kind' | 'custom'>): ObjectShape =>
  custom?.shape ?? kindShape(group, kind, version);

/** The shape of a kind in one of its versions; throws where the kind is not generated. */
export function kindShape(group: string, kind: string, version = 'v1'): ObjectShape {
  const { schemas, kinds } = ensureKinds();
  const name = own(kinds, kindKey({ group, version, kind })) ?? own(kinds, `/${kind}`);
  const shape = name === undefined ? undefined : compile(name, schemas);
  if (shape?.type !== 'object') throw new Error(`no schema for ${kind} in group "${group}"`);
  return shape;
}

/** True where the value is a structure or map whose members have owners of their own. */
export const isGranular = (shape: Shape): boolean =>
  (shape.type === 'object' || shape.type === 'map') && shape.isAtomic !== true;
