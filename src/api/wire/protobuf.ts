// Bodies in Kubernetes' protobuf form: an envelope of four magic bytes and a runtime.Unknown, whose `raw` is the object.
import { wholeSeconds } from '../../kinds/time.ts';
import { ApiError, badRequest } from '../../errors.ts';
import { ensureWire, messageName } from '../../kinds/generate-wire.ts';
import type { Wire, WireField } from '../../kinds/generate-wire.ts';
import { ensureKinds } from '../../kinds/load.ts';
import type { GroupKind } from '../../kinds/resources.ts';
import { apiVersionOf, kindKey } from '../../kinds/resources.ts';
import { kindShape } from '../../kinds/shapes.ts';
import type { Shape } from '../../kinds/shapes.ts';
import { isMap, mapOf, own, setOwn } from '../../own.ts';
import type { Json } from '../../ports/json.ts';
import { decoding } from './decoding.ts';
import { parseJson } from './json.ts';
import { readFields, WireError } from './protobuf-reader.ts';
import type { RawField } from './protobuf-reader.ts';

type JsonObject = { [key: string]: Json | undefined };

const MAGIC = [0x6b, 0x38, 0x73, 0x00];
const TYPE_META = 1;
const RAW = 2;

const textOf = ({ bytes }: RawField): string => Buffer.from(bytes).toString('utf8');

/** Messages with a special JSON form. */
const LEAVES: Record<string, (fields: RawField[]) => Json> = {
  'k8s.io.apimachinery.pkg.apis.meta.v1.Time': (fields) =>
    fields.length === 0 ? null : wholeSeconds(timeOf(fields)),
  'k8s.io.apimachinery.pkg.apis.meta.v1.MicroTime': (fields) =>
    fields.length === 0 ? null : timeOf(fields),
  'k8s.io.apimachinery.pkg.api.resource.Quantity': (fields) => fields.map(textOf).at(-1) ?? '0',
  'k8s.io.apimachinery.pkg.util.intstr.IntOrString': (fields) => {
    const isText = fields.some(({ number, value }) => number === 1 && value === 1n);
    const chosen = fields.filter(({ number }) => number === (isText ? 3 : 2)).at(-1);
    return isText
      ? chosen === undefined
        ? ''
        : textOf(chosen)
      : Number(BigInt.asIntN(32, chosen?.value ?? 0n));
  },
  'k8s.io.apimachinery.pkg.apis.meta.v1.FieldsV1': (fields) =>
    parseJson(fields.map(textOf).at(-1) || '{}'),
  'k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSON': (fields) =>
    parseJson(fields.map(textOf).at(-1) || 'null'),
};

/** A schema, a list of them or a boolean: two messages in protobuf, one value in JSON. */
function schemasOf(wire: Wire, type: string, of: Shape, fields: RawField[]): Json {
  const [, message = '', other = ''] = /^(.*)Or(Bool|Array)$/.exec(type) ?? [];
  const at = (number: number): Json[] =>
    fields
      .filter((field) => field.number === number)
      .map(({ bytes }) => messageOf(wire, message, of, bytes));
  if (other === 'Array') return at(1)[0] ?? at(2);
  return at(2)[0] ?? fields.some(({ number, value }) => number === 1 && value !== 0n);
}

function timeOf(fields: RawField[]): string {
  const at = (number: number): bigint =>
    BigInt.asIntN(64, fields.filter((field) => field.number === number).at(-1)?.value ?? 0n);
  const begun = new Date(Number(at(1)) * 1000);
  if (Number.isNaN(begun.getTime())) throw new WireError('Time: seconds out of range');
  const whole = begun.toISOString().slice(0, 19);
  return `${whole}.${String(at(2)).padStart(9, '0').slice(0, 6)}Z`;
}

function valueOf(wire: Wire, { type }: WireField, shape: Shape, raw: RawField): Json {
  switch (type) {
    case 'string':
      return textOf(raw);
    case 'bytes':
      return Buffer.from(raw.bytes).toString('base64');
    case 'bool':
      return raw.value !== 0n;
    case 'double':
      return raw.bytes.byteLength === 8 ? Buffer.from(raw.bytes).readDoubleLE() : 0;
    case 'int32':
    case 'int64':
      return Number(BigInt.asIntN(64, raw.value));
    case 'uint32':
    case 'uint64':
      return Number(raw.value);
    default:
      return messageOf(wire, type, shape, raw.bytes);
  }
}

function messageOf(wire: Wire, type: string, shape: Shape, bytes: Uint8Array): Json {
  const fields = readFields(bytes);
  const leaf = own(LEAVES, type);
  if (leaf !== undefined) return leaf(fields);
  if (shape.type === 'schemas') return schemasOf(wire, type, shape.of, fields);
  const message = own(wire, type) ?? {};
  const object: JsonObject = {};
  for (const raw of fields) {
    const field = message[raw.number];
    if (field !== undefined) setField(wire, object, field, shape, raw);
  }
  // Named lists (ExtraValue) are messages with one repeated field; in JSON they are plain lists.
  return shape.type === 'list' ? (object['items'] ?? []) : object;
}

/** The JSON name and shape of a field; undefined where Go inlines the member into its parent. */
function memberOf(shape: Shape, name: string): { name: string; shape: Shape } | undefined {
  if (shape.type !== 'object') return { name, shape: { type: 'any' } };
  const exact = shape.fields.get(name);
  if (exact !== undefined) return { name, shape: exact.shape };
  // gogo writes `uID` where JSON has `uid`, and no signs (`$ref`, `x-kubernetes-list-type`).
  const other = [...shape.fields.keys()].find(
    (key) => key.replaceAll(/[-$]/g, '').toLowerCase() === name.toLowerCase(),
  );
  return other === undefined
    ? undefined
    : { name: other, shape: shape.fields.get(other)?.shape ?? { type: 'any' } };
}

function setField(
  wire: Wire,
  object: JsonObject,
  field: WireField,
  shape: Shape,
  raw: RawField,
): void {
  const member = memberOf(shape, field.name);
  if (member === undefined) {
    if (own(wire, field.type) !== undefined)
      Object.assign(object, messageOf(wire, field.type, shape, raw.bytes));
    return;
  }
  const { name, shape: inner } = member;
  if (field.kind === 'map') {
    const entry = readFields(raw.bytes);
    const key = entry.find(({ number }) => number === 1);
    const value = entry.find(({ number }) => number === 2) ?? {
      number: 2,
      value: 0n,
      bytes: new Uint8Array(),
    };
    const before = own(object, name);
    const map: JsonObject = isMap(before) ? before : {};
    setOwn(
      map,
      key === undefined ? '' : textOf(key),
      valueOf(wire, field, inner.type === 'map' ? inner.of : { type: 'any' }, value),
    );
    setOwn(object, name, map);
  } else if (field.kind === 'list') {
    const present = own(object, name);
    const list = Array.isArray(present) ? present : [];
    list.push(valueOf(wire, field, inner.type === 'list' ? inner.of : { type: 'any' }, raw));
    setOwn(object, name, list);
  } else setOwn(object, name, valueOf(wire, field, inner, raw));
}

/** The object in the envelope, with its kind and apiVersion; throws 400 for invalid bytes. An object of another kind has no fields. */
export async function decodeProtobuf(bytes: Uint8Array, expected: GroupKind): Promise<JsonObject> {
  const problem = (text: string): ApiError =>
    badRequest(
      `the object provided is unrecognized (must be of type ${expected.kind}): ${text} (${Buffer.from(bytes.subarray(0, 30)).toString('hex')})`,
    );
  if (!MAGIC.every((byte, index) => bytes[index] === byte))
    throw problem(
      'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]',
    );
  const wire = await ensureWire();
  if (wire === undefined)
    throw new ApiError(
      'UnsupportedMediaType',
      'bodies in protobuf are not served by this build; send application/json',
    );
  return decoding(
    `${expected.kind} in version "${expected.version}" cannot be handled as a ${expected.kind}: `,
    () => {
      try {
        return decodeUnknown(wire, bytes.subarray(MAGIC.length), expected);
      } catch (error) {
        if (error instanceof WireError) throw problem(error.message);
        throw error;
      }
    },
  );
}

function decodeUnknown(wire: Wire, bytes: Uint8Array, expected: GroupKind): JsonObject {
  const envelope = readFields(bytes);
  const meta = readFields(
    envelope.find(({ number }) => number === TYPE_META)?.bytes ?? new Uint8Array(),
  );
  const metaText = (number: number): string =>
    meta
      .filter((field) => field.number === number)
      .map(textOf)
      .at(-1) ?? '';
  const [apiVersion, kind] = [metaText(1) || apiVersionOf(expected), metaText(2) || expected.kind];
  const { kinds } = ensureKinds();
  const schema = own(kinds, kindKey(expected)) ?? own(kinds, `/${expected.kind}`);
  if (kind !== expected.kind || schema === undefined) return { apiVersion, kind };
  if (own(wire, messageName(schema)) === undefined)
    throw new ApiError(
      'UnsupportedMediaType',
      `${kind} in protobuf is not served by this build; send application/json`,
    );
  const raw = envelope.find(({ number }) => number === RAW)?.bytes ?? new Uint8Array();
  const object = messageOf(
    wire,
    messageName(schema),
    kindShape(expected.group, expected.kind, expected.version),
    raw,
  );
  return { apiVersion, kind, ...mapOf(object) };
}
