// Which element of an old list a new one continues: lists of type map know theirs by keys.
import { isMap, own } from '../own.ts';
import type { JsonSchema } from '../kinds/json-schema.ts';

/** Finds the element of an old list with the same keys; other lists have no elements that stay the same. */
export function sameElement(schema: JsonSchema, old: unknown): (item: unknown) => unknown {
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  if (schema['x-kubernetes-list-type'] !== 'map' || !Array.isArray(old)) return () => undefined;
  const named = (item: unknown): string =>
    JSON.stringify(keys.map((key) => (isMap(item) ? (own(item, key) ?? null) : null)));
  const byKeys = new Map(old.map((item: unknown) => [named(item), item]));
  return (item) => byKeys.get(named(item));
}
