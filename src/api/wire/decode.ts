// Decodes a parsed body into an object of its kind as Go's decoder does: checks types, collects unknown fields, drops nulls and zeros.
import { wholeSeconds } from '../../kinds/time.ts';
import { PRINTED_ZEROS } from '../../kinds/kept-zeros.ts';
import type { Json } from '../../ports/json.ts';
import type { Field, ObjectShape, Shape } from '../../kinds/shapes.ts';
import { byKey } from '../../by-key.ts';
import { own, setOwn } from '../../own.ts';
import { ApiError } from '../../errors.ts';
import { canonicalQuantity } from '../../pod/model/quantity.ts';
import { isDeeper, MAX_FINDINGS, MAX_KEPT_DEPTH } from './json.ts';

/** The body cannot be decoded as the kind; the message is Go's. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/** The most list elements and map entries in one body: more could not be stored anyway, and the rules look at each one. */
const MAX_MEMBERS = 65_536;

/** Collected while one body is decoded. */
interface Findings {
  unknown: string[];
  members: number;
}

interface Place {
  /** The innermost Go struct. */
  struct: string;
  /** The path without indices, as in Go's json package. */
  path: string;
  /** The path with indices, as in strict decoding. */
  strict: string;
}

type JsonObject = { [key: string]: Json | undefined };

const QUANTITY = /^[+-]?(\d+(\.\d*)?|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/;
/** RFC 3339 as Go's decoders accept it. */
export const TIME = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const jsonType = (value: Json): string =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'array'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value;

const GO_LEAVES: Record<string, string> = {
  boolean: 'bool',
  double: 'float64',
  quantity: 'resource.Quantity',
  time: 'v1.Time',
  microTime: 'v1.MicroTime',
  intOrString: 'intstr.IntOrString',
  bytes: '[]uint8',
  any: 'map[string]interface {}',
};

function goType(shape: Shape): string {
  switch (shape.type) {
    case 'list':
      return `[]${goType(shape.of)}`;
    case 'map':
      return shape.of.type === 'quantity' ? 'v1.ResourceList' : `map[string]${goType(shape.of)}`;
    case 'object':
      return `v1.${shape.name}`;
    default:
      return GO_LEAVES[shape.type] ?? shape.type;
  }
}

function mismatch(value: Json, shape: Shape, place: Place, detail = ''): DecodeError {
  return new DecodeError(
    `json: cannot unmarshal ${jsonType(value)}${detail} into Go struct field ${place.struct}.${place.path} of type ${goType(shape)}`,
  );
}

/** Decodes `value`; adds fields that the kind lacks to `unknown` (paths with indices), in document order. */
export function decodeObject(shape: ObjectShape, value: Json, unknown: string[]): JsonObject {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new DecodeError(
      `json: cannot unmarshal ${jsonType(value)} into Go value of type v1.${shape.name}`,
    );
  }
  return objectFields(
    shape,
    value,
    { struct: shape.name, path: '', strict: '' },
    { unknown, members: 0 },
  );
}

function count(found: Findings, members: number): void {
  found.members += members;
  if (found.members > MAX_MEMBERS)
    throw new ApiError(
      'RequestEntityTooLarge',
      `Request entity too large: limit is ${MAX_MEMBERS} elements of lists and entries of maps`,
    );
}

function objectFields(
  shape: ObjectShape,
  value: JsonObject,
  place: Place,
  found: Findings,
): JsonObject {
  const object: JsonObject = { ...own(PRINTED_ZEROS, shape.name) };
  for (const name of Object.keys(value)) {
    const item = own(value, name);
    const strict = place.strict === '' ? name : `${place.strict}.${name}`;
    const field = shape.fields.get(name);
    if (field === undefined) {
      if (found.unknown.length < MAX_FINDINGS) found.unknown.push(strict);
      continue;
    }
    if (item === undefined || item === null) continue;
    const decoded = decodeValue(
      field.shape,
      item,
      { struct: shape.name, path: place.path === '' ? name : `${place.path}.${name}`, strict },
      found,
    );
    if (!isDropped(field, decoded)) setOwn(object, name, decoded);
  }
  return object;
}

function isDropped(field: Field, value: Json): boolean {
  if (Array.isArray(value)) return value.length === 0 && !field.keepsZero;
  if (field.shape.type === 'map') return value !== null && Object.keys(value).length === 0;
  return (
    !field.keepsZero &&
    (value === '' || value === 0 || value === false) &&
    field.shape.type !== 'intOrString'
  );
}

function decodeValue(shape: Shape, value: Json, place: Place, found: Findings): Json {
  switch (shape.type) {
    case 'object':
      if (value === null) return {};
      if (typeof value !== 'object' || Array.isArray(value)) throw mismatch(value, shape, place);
      return objectFields(shape, value, { ...place, struct: shape.name }, found);
    case 'list':
      if (!Array.isArray(value)) throw mismatch(value, shape, place);
      count(found, value.length);
      return value.map((item, index) =>
        decodeValue(shape.of, item, { ...place, strict: `${place.strict}[${index}]` }, found),
      );
    case 'schemas':
      if (typeof value === 'boolean') return value;
      return decodeValue(
        Array.isArray(value) ? { type: 'list', of: shape.of } : shape.of,
        value,
        place,
        found,
      );
    case 'map':
      if (value === null || typeof value !== 'object' || Array.isArray(value))
        throw mismatch(value, shape, place);
      return decodeMap(shape.of, value, place, found);
    default:
      return value === null ? zeroOf(shape) : decodeLeaf(shape, value, place);
  }
}

function decodeMap(of: Shape, value: JsonObject, place: Place, found: Findings): JsonObject {
  const object: JsonObject = {};
  const entries = Object.entries(value);
  count(found, entries.length);
  for (const [key, item] of entries) {
    setOwn(
      object,
      key,
      decodeValue(of, item ?? null, { ...place, strict: `${place.strict}.${key}` }, found),
    );
  }
  return byKey(object);
}

const zeroOf = (shape: Shape): Json =>
  shape.type === 'boolean'
    ? false
    : shape.type === 'string' || shape.type === 'bytes'
      ? ''
      : shape.type === 'any'
        ? {}
        : shape.type === 'quantity'
          ? '0'
          : 0;

function decodeLeaf(shape: Shape, value: Json, place: Place): Json {
  switch (shape.type) {
    case 'string':
      if (typeof value !== 'string') throw mismatch(value, shape, place);
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw mismatch(value, shape, place);
      return value;
    case 'int32':
    case 'int64':
    case 'double':
      return decodeNumber(shape, value, place);
    case 'quantity':
      return decodeQuantity(value);
    case 'time':
    case 'microTime':
      return decodeTime(shape, value, place);
    case 'intOrString':
      if (typeof value !== 'string' && typeof value !== 'number')
        throw mismatch(value, shape, place);
      return value;
    case 'bytes':
      return decodeBytes(shape, value, place);
    case 'any':
      if (isDeeper(value, MAX_KEPT_DEPTH)) throw new DecodeError('exceeded max depth');
      return value;
    default:
      return value;
  }
}

const LAST_INT64 = 2 ** 63 - 1024;

function decodeNumber(shape: Shape, value: Json, place: Place): number {
  if (typeof value !== 'number') throw mismatch(value, shape, place);
  if (shape.type === 'double') return value;
  // A double cannot hold the int64 values next to ±2^63: the extremes become the last double below, which every reader accepts.
  if (shape.type === 'int64' && Math.abs(value) === 2 ** 63) return Math.sign(value) * LAST_INT64;
  const bound = shape.type === 'int32' ? 2 ** 31 : 2 ** 63;
  if (!Number.isInteger(value) || value >= bound || value < -bound)
    throw mismatch(value, shape, place, ` ${value}`);
  return value;
}

function decodeQuantity(value: Json): string {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !QUANTITY.test(text.trim())) {
    throw new DecodeError(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  }
  return canonicalQuantity(text.trim());
}

function decodeTime(shape: Shape, value: Json, place: Place): string {
  if (typeof value !== 'string') throw mismatch(value, shape, place);
  if (!TIME.test(value) || Number.isNaN(Date.parse(value))) {
    const layout =
      shape.type === 'time' ? '2006-01-02T15:04:05Z07:00' : '2006-01-02T15:04:05.000000Z07:00';
    throw new DecodeError(
      `parsing time ${JSON.stringify(value)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(value)} as "2006"`,
    );
  }
  return shape.type === 'time' ? wholeSeconds(new Date(value)) : microseconds(value);
}

/** MicroTime has six decimals. */
function microseconds(text: string): string {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  return `${new Date(text).toISOString().slice(0, 19)}.${fraction.slice(0, 6).padEnd(6, '0')}Z`;
}

function decodeBytes(shape: Shape, value: Json, place: Place): string {
  if (typeof value !== 'string') throw mismatch(value, shape, place);
  // Go's decoder ignores line breaks in base64.
  const text = value.replaceAll(/[\r\n]/g, '');
  if (BASE64.test(text)) return text;
  const bad = /[^A-Za-z0-9+/]/.exec(text)?.index ?? text.length - (text.length % 4);
  throw new DecodeError(
    `illegal base64 data at input byte ${Math.min(bad, Math.max(0, text.length))}`,
  );
}
