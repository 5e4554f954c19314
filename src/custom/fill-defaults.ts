// Defaults of a schema: for missing members, and for null where null is not allowed.
import { itemsOf, valuesOf } from '../kinds/json-schema.ts';
import type { JsonSchema } from '../kinds/json-schema.ts';
import { isMap, own, setOwn } from '../own.ts';

const isMissing = (value: unknown, schema: JsonSchema): boolean =>
  value === undefined || (value === null && schema.nullable !== true);

/** The value with its defaults; a disallowed null without a default is removed from its map. */
export function fillDefaults(value: unknown, schema: JsonSchema): unknown {
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    return items === undefined
      ? value
      : value.map((item: unknown) => fillDefaults(orDefault(item, items), items));
  }
  if (!isMap(value)) return value;
  const filled: { [key: string]: unknown } = {};
  for (const [key, member] of Object.entries(value)) {
    const inner = own(schema.properties, key) ?? valuesOf(schema);
    const next = inner === undefined ? member : fillDefaults(orDefault(member, inner), inner);
    if (next === null && inner !== undefined && inner.nullable !== true) continue;
    setOwn(filled, key, next);
  }
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    if (property.default !== undefined && own(filled, key) === undefined)
      setOwn(filled, key, fillDefaults(structuredClone(property.default), property));
  }
  return filled;
}

const orDefault = (value: unknown, schema: JsonSchema): unknown =>
  isMissing(value, schema) && schema.default !== undefined
    ? structuredClone(schema.default)
    : value;
