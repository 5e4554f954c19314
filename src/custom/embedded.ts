// Embedded resources (x-kubernetes-embedded-resource), which have apiVersion, kind and metadata like a stored object.
import type { FieldError } from '../errors.ts';
import { itemsOf, valuesOf } from '../kinds/json-schema.ts';
import type { JsonSchema } from '../kinds/json-schema.ts';
import type { ObjectMeta } from '../kinds/pod.ts';
import { isMap, own, setOwn } from '../own.ts';
import { invalidEach, invalidValue, required } from '../validation/field-errors.ts';
import { label1035Problems } from '../validation/names.ts';
import { validateObjectMeta } from '../validation/object-meta.ts';

type Values = { [key: string]: unknown };

/** Decodes metadata as its Go type does; adds unknown fields to `unknown`. May throw DecodeError. */
export type DecodeMeta = (metadata: unknown, unknown: string[], path: string) => unknown;

/** The value with every embedded metadata decoded. */
export function decodeEmbedded(
  value: unknown,
  schema: JsonSchema,
  decode: DecodeMeta,
  unknown: string[],
  path = '',
): unknown {
  const items = itemsOf(schema);
  if (Array.isArray(value))
    return items === undefined
      ? value
      : value.map((item: unknown, index) =>
          decodeEmbedded(item, items, decode, unknown, `${path}[${index}]`),
        );
  if (!isMap(value)) return value;
  const decoded: Values = {};
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  for (const [key, member] of Object.entries(value)) {
    const below = path === '' ? key : `${path}.${key}`;
    const inner = own(schema.properties, key) ?? valuesOf(schema);
    setOwn(
      decoded,
      key,
      embedded && key === 'metadata'
        ? decode(member, unknown, below)
        : inner === undefined
          ? member
          : decodeEmbedded(member, inner, decode, unknown, below),
    );
  }
  return decoded;
}

/** Problems of embedded resources at any depth; the root is checked like every object. */
export function embeddedProblems(value: unknown, schema: JsonSchema, path = ''): FieldError[] {
  const items = itemsOf(schema);
  if (Array.isArray(value))
    return items === undefined
      ? []
      : value.flatMap((item: unknown, index) => embeddedProblems(item, items, `${path}[${index}]`));
  if (!isMap(value)) return [];
  return [
    ...(path !== '' && schema['x-kubernetes-embedded-resource'] === true
      ? resourceProblems(value, path)
      : []),
    ...Object.entries(value).flatMap(([key, member]) => {
      const inner = own(schema.properties, key) ?? valuesOf(schema);
      return inner === undefined
        ? []
        : embeddedProblems(member, inner, path === '' ? key : `${path}.${key}`);
    }),
  ];
}

function resourceProblems(value: Values, path: string): FieldError[] {
  const { apiVersion, kind, metadata } = value;
  const errors: FieldError[] = [];
  for (const [name, member] of [
    ['apiVersion', apiVersion],
    ['kind', kind],
  ] as const) {
    const field = `${path}.${name}`;
    if (member === undefined) errors.push(required(field));
    else if (typeof member !== 'string')
      errors.push(invalidValue(field, member, 'must be a string'));
    else if (member === '') errors.push(invalidValue(field, member, 'must not be empty'));
  }
  if (typeof apiVersion === 'string' && apiVersion.split('/').length > 2)
    errors.push(
      invalidValue(
        `${path}.apiVersion`,
        apiVersion,
        `unexpected GroupVersion string: ${apiVersion}`,
      ),
    );
  if (typeof kind === 'string' && kind !== '')
    errors.push(
      ...invalidEach(
        `${path}.kind`,
        kind,
        label1035Problems(kind.toLowerCase()).map(
          (text) => `may have mixed case, but should otherwise match: ${text}`,
        ),
      ),
    );
  return isMap(metadata) ? [...errors, ...metaProblems(metadata as ObjectMeta, path)] : errors;
}

const metaProblems = (meta: ObjectMeta, path: string): FieldError[] =>
  validateObjectMeta(
    { ...meta, name: meta.name || 'fakename' },
    { namespaced: (meta.namespace ?? '') !== '', name: 'path' },
  ).map((problem) => ({ ...problem, field: `${path}.${problem.field}` }));
