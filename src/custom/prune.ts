// Pruning: drops what the schema does not name, unless a part of it preserves unknown fields.
import { itemsOf } from '../kinds/json-schema.ts';
import type { JsonSchema } from '../kinds/json-schema.ts';
import { isMap, own, setOwn } from '../own.ts';

/** Members of every resource, embedded ones included. */
export const RESOURCE_MEMBERS: readonly string[] = ['apiVersion', 'kind', 'metadata'];

const preserves = (schema: JsonSchema): boolean =>
  schema['x-kubernetes-preserve-unknown-fields'] === true;
const isEmbedded = (schema: JsonSchema): boolean =>
  schema['x-kubernetes-embedded-resource'] === true;

/** A schema without any member: everything below is dropped. */
const NOTHING: JsonSchema = {};

/** The schema of a member: `keep` keeps it as it is, undefined drops it. */
function memberSchema(schema: JsonSchema, key: string): JsonSchema | 'keep' | undefined {
  if (isEmbedded(schema) && RESOURCE_MEMBERS.includes(key)) return 'keep';
  const property = own(schema.properties, key);
  if (property !== undefined) return property;
  const values = schema.additionalProperties;
  if (values !== undefined)
    return typeof values === 'object' ? values : values || preserves(schema) ? 'keep' : NOTHING;
  return preserves(schema) ? 'keep' : undefined;
}

/** The root of a resource: its schema plus the members that every resource has. */
export const asResource = (schema: JsonSchema): JsonSchema =>
  isEmbedded(schema) ? schema : { ...schema, 'x-kubernetes-embedded-resource': true };

/** The value with only what the schema knows; paths of dropped fields (`spec.list[0].more`) are added to `dropped`. */
export function prune(
  value: unknown,
  schema: JsonSchema,
  dropped: string[] = [],
  path = '',
): unknown {
  if (Array.isArray(value)) {
    const items = itemsOf(schema) ?? (preserves(schema) ? undefined : NOTHING);
    return items === undefined
      ? value
      : value.map((item: unknown, index) => prune(item, items, dropped, `${path}[${index}]`));
  }
  if (!isMap(value)) return value;
  const kept: { [key: string]: unknown } = {};
  for (const [key, member] of Object.entries(value)) {
    const below = path === '' ? key : `${path}.${key}`;
    const inner = memberSchema(schema, key);
    if (inner === undefined) dropped.push(below);
    else setOwn(kept, key, inner === 'keep' ? member : prune(member, inner, dropped, below));
  }
  return kept;
}
