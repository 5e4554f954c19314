// Finds the element of an old list that corresponds to one of the new list: lists of type map match by keys.
import { isMap, own } from '../own.ts';
import type { JsonSchema } from '../kinds/json-schema.ts';

/** A finder of the old element with the same keys; elements of other list types never correspond. */
export function sameElement(schema: JsonSchema, old: unknown): (item: unknown) => unknown {
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  if (schema['x-kubernetes-list-type'] !== 'map' || !Array.isArray(old)) return () => undefined;
  const named = (item: unknown): string =>
    JSON.stringify(keys.map((key) => (isMap(item) ? (own(item, key) ?? null) : null)));
  const byKeys = new Map(old.map((item: unknown) => [named(item), item]));
  return (item) => byKeys.get(named(item));
}
