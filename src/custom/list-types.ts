// The rules of x-kubernetes-list-type: no duplicate values in a set, no duplicate keys in a map.
import type { FieldError } from '../errors.ts';
import { itemsOf, valuesOf } from '../kinds/json-schema.ts';
import type { JsonSchema } from '../kinds/json-schema.ts';
import { isMap, own } from '../own.ts';
import { duplicate, invalidValue } from '../validation/field-errors.ts';

/** Indices of elements whose text occurred before; each text is reported once. */
function repeated(texts: string[]): number[] {
  const seen = new Map<string, number>();
  return texts.flatMap((text, index) => {
    const times = (seen.get(text) ?? 0) + 1;
    seen.set(text, times);
    return times === 2 ? [index] : [];
  });
}

/** JSON with sorted keys, so that equal values have equal texts. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    isMap(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

function keyedProblems(value: unknown[], keys: string[], path: string): FieldError[] {
  const stray = value.findIndex((item) => item !== null && !isMap(item));
  if (stray >= 0)
    return [
      invalidValue(
        `${path}[${stray}]`,
        value[stray],
        'must be an object for an array of list-type map',
      ),
    ];
  const named = value.map((item) =>
    Object.fromEntries(
      keys.flatMap((key) => {
        const member = isMap(item) ? own(item, key) : undefined;
        return member === undefined ? [] : [[key, member]];
      }),
    ),
  );
  return repeated(named.map(canonical)).map((index) =>
    duplicate(`${path}[${index}]`, named[index]),
  );
}

/** Duplicate elements of sets and maps, at any depth. */
export function listTypeProblems(value: unknown, schema: JsonSchema, path = ''): FieldError[] {
  if (Array.isArray(value)) {
    const type = schema['x-kubernetes-list-type'];
    const items = itemsOf(schema);
    return [
      ...(type === 'set'
        ? repeated(value.map(canonical)).map((index) =>
            duplicate(`${path}[${index}]`, value[index]),
          )
        : []),
      ...(type === 'map'
        ? keyedProblems(value, schema['x-kubernetes-list-map-keys'] ?? [], path)
        : []),
      ...(items === undefined
        ? []
        : value.flatMap((item: unknown, index) =>
            listTypeProblems(item, items, `${path}[${index}]`),
          )),
    ];
  }
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const property = own(schema.properties, key);
    const inner = property ?? valuesOf(schema);
    if (inner === undefined) return [];
    const below = property === undefined ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    return listTypeProblems(member, inner, below);
  });
}
