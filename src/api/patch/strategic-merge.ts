// Strategic merge patch: merges by the types' merge keys, with the directives $patch, $retainKeys, $setElementOrder and
// $deleteFromPrimitiveList.
import { ApiError, badRequest } from '../../errors.ts';
import type { Field, Shape } from '../../kinds/shapes.ts';
import { isMap, own, setOwn } from '../../own.ts';

type Values = { [key: string]: unknown };

const PATCH = '$patch';
const RETAIN = '$retainKeys';
const ORDER = '$setElementOrder/';
const DELETE_PRIMITIVES = '$deleteFromPrimitiveList/';

/** A map in Go's print format. */
const goMap = (value: unknown): string =>
  isMap(value)
    ? `map[${Object.keys(value)
        .sort()
        .map((key) => `${key}:${goMap(own(value, key))}`)
        .join(' ')}]`
    : Array.isArray(value)
      ? `[${value.map(goMap).join(' ')}]`
      : value === null
        ? '<nil>'
        : typeof value === 'string'
          ? value
          : JSON.stringify(value);

const unknownDirective = (directive: unknown, patch: Values): ApiError =>
  new ApiError('', `unknown patch type: ${goMap(directive)} in map: ${goMap(patch)}`);

/** The original with the patch applied; neither argument is changed. `shape`: the original's type. */
export function strategicMerge(shape: Shape, original: Values, patch: Values): Values {
  const directive = patch[PATCH];
  if (directive === 'replace') return withoutDirectives(patch);
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') throw unknownDirective(directive, patch);
  const merged = retained(original, patch);
  for (const [key, value] of Object.entries(patch)) {
    if (key === PATCH || key === RETAIN || key.startsWith(ORDER)) continue;
    if (key.startsWith('$deleteFromPrimitiveList')) deletePrimitives(merged, key, value);
    else mergeMember(shape, merged, key, value, patch);
  }
  for (const key of Object.keys(patch).filter((name) => name.startsWith(ORDER)))
    orderMember(shape, merged, key.slice(ORDER.length), own(patch, key), {
      patched: own(patch, key.slice(ORDER.length)),
      original: own(original, key.slice(ORDER.length)),
    });
  return merged;
}

const withoutDirectives = (patch: Values): Values =>
  Object.fromEntries(Object.entries(patch).filter(([key]) => !key.startsWith('$')));

function retained(original: Values, patch: Values): Values {
  const keys = patch[RETAIN];
  if (keys === undefined) return { ...original };
  if (!Array.isArray(keys)) throw badRequest('invalid patch format of retainKeys');
  const kept = new Set<unknown>(keys);
  const stray = Object.keys(patch).some(
    (key) => !key.startsWith('$') && own(patch, key) !== null && !kept.has(key),
  );
  if (stray) throw badRequest("patch content doesn't match retainKeys list");
  return Object.fromEntries(Object.entries(original).filter(([key]) => kept.has(key)));
}

function deletePrimitives(merged: Values, key: string, values: unknown): void {
  if (!Array.isArray(values) || !key.startsWith(DELETE_PRIMITIVES))
    throw badRequest('invalid patch format of primitive list');
  const name = key.slice(DELETE_PRIMITIVES.length);
  const present = own(merged, name);
  const gone = new Set<unknown>(values);
  if (Array.isArray(present))
    setOwn(
      merged,
      name,
      present.filter((value) => !gone.has(value)),
    );
}

function memberOf(shape: Shape, key: string): { shape: Shape; field?: Field } {
  if (shape.type === 'map') return { shape: shape.of };
  const field = shape.type === 'object' ? shape.fields.get(key) : undefined;
  return field === undefined ? { shape: { type: 'any' } } : { shape: field.shape, field };
}

function mergeMember(
  shape: Shape,
  merged: Values,
  key: string,
  value: unknown,
  patch: Values,
): void {
  const inner = memberOf(shape, key);
  const present = own(merged, key);
  if (value === null) delete merged[key];
  else if (inner.shape.type === 'list' && typeof value !== 'object') throw notASlice(patch, key);
  else if (isMap(value) && (inner.shape.type === 'object' || inner.shape.type === 'map'))
    mergeMap(inner.shape, merged, key, value, present);
  else if (Array.isArray(value) && inner.field?.list.patchKey !== undefined)
    setOwn(
      merged,
      key,
      mergeList(
        inner.shape,
        inner.field.list.patchKey,
        Array.isArray(present) ? present : [],
        value,
      ),
    );
  else
    setOwn(
      merged,
      key,
      Array.isArray(value)
        ? value.filter(
            (entry) =>
              !(isMap(entry) && entry[PATCH] === 'replace' && Object.keys(entry).length === 1),
          )
        : value,
    );
}

function mergeMap(
  shape: Shape,
  merged: Values,
  key: string,
  value: Values,
  present: unknown,
): void {
  if (value[PATCH] === 'delete') delete merged[key];
  else setOwn(merged, key, strategicMerge(shape, isMap(present) ? present : {}, value));
}

const notASlice = (patch: Values, key: string): ApiError =>
  new ApiError(
    'Invalid',
    ` "" is invalid: patch: Invalid value: ${JSON.stringify(goMap({ [key]: own(patch, key) }))}: cannot restore slice from ${typeof own(patch, key)}`,
    {
      causes: [
        {
          reason: 'FieldValueInvalid',
          message: `Invalid value: ${JSON.stringify(goMap({ [key]: own(patch, key) }))}: cannot restore slice from ${typeof own(patch, key)}`,
          field: 'patch',
        },
      ],
    },
  );

function mergeList(
  shape: Shape,
  mergeKey: string,
  original: unknown[],
  patch: unknown[],
): unknown[] {
  const of = shape.type === 'list' ? shape.of : shape;
  if (mergeKey === '') {
    const merged = [...new Set([...original, ...patch])];
    return inOrder(merged, patch.map(identityOf), original.map(identityOf), identityOf);
  }
  if (patch.some((entry) => isMap(entry) && entry[PATCH] === 'replace'))
    return patch.filter((entry) => !(isMap(entry) && entry[PATCH] === 'replace'));
  const merged = new KeyedList(mergeKey, original);
  for (const entry of patch) {
    if (!isMap(entry)) throw badRequest('invalid JSON document');
    const key = own(entry, mergeKey);
    if (key === undefined)
      throw new ApiError(
        '',
        `map: ${goMap(entry)} does not contain declared merge key: ${mergeKey}`,
      );
    if (entry[PATCH] === 'delete') merged.remove(key);
    else merged.merge(key, (present) => strategicMerge(of, present ?? {}, entry));
  }
  const keyOf = keyReader(mergeKey);
  return inOrder(merged.elements(), patch.map(keyOf), original.map(keyOf), keyOf);
}

const identityOf = (key: unknown): string => JSON.stringify(key) ?? '';

/** The identity of an element: its merge key, or a primitive itself. */
const keyReader =
  (mergeKey: string) =>
  (element: unknown): string =>
    identityOf(mergeKey === '' || !isMap(element) ? element : own(element, mergeKey));

/** Merges a list by its merge key; if several elements have the same key, the first one is merged. */
class KeyedList {
  readonly #places = new Map<string, number[]>();
  readonly #elements: unknown[] = [];
  readonly #gone = new Set<number>();

  constructor(mergeKey: string, original: readonly unknown[]) {
    for (const element of original) {
      this.#elements.push(element);
      if (isMap(element)) this.#note(own(element, mergeKey), this.#elements.length - 1);
    }
  }

  remove(key: unknown): void {
    for (const place of this.#places.get(identityOf(key)) ?? []) this.#gone.add(place);
    this.#places.delete(identityOf(key));
  }

  merge(key: unknown, make: (present: Values | undefined) => Values): void {
    const place = this.#places.get(identityOf(key))?.[0];
    const present = place === undefined ? undefined : this.#elements[place];
    if (place !== undefined && isMap(present)) this.#elements[place] = make(present);
    else this.#note(key, this.#elements.push(make(undefined)) - 1);
  }

  elements(): unknown[] {
    return this.#elements.filter((_element, place) => !this.#gone.has(place));
  }

  #note(key: unknown, place: number): void {
    const places = this.#places.get(identityOf(key)) ?? [];
    this.#places.set(identityOf(key), places);
    places.push(place);
  }
}

/** Listed elements take the listed order; elements that only the server has keep their place relative to their neighbours. */
function orderMember(
  shape: Shape,
  merged: Values,
  key: string,
  order: unknown,
  { patched, original }: { patched: unknown; original: unknown },
): void {
  const list = own(merged, key);
  if (!Array.isArray(order)) throw badRequest('invalid patch format of setElementOrder list');
  const mergeKey = memberOf(shape, key).field?.list.patchKey;
  if (!Array.isArray(list) || mergeKey === undefined) return;
  const keyOf = keyReader(mergeKey);
  const listed = order.map(keyOf);
  const known = new Set(listed);
  const stray = Array.isArray(patched)
    ? patched.find(
        (entry) => !(isMap(entry) && entry[PATCH] !== undefined) && !known.has(keyOf(entry)),
      )
    : undefined;
  if (stray !== undefined)
    throw badRequest(
      `The order in patch list: ${goMap(patched)} doesn't match $setElementOrder list: ${goMap(order)}`,
    );
  const before = Array.isArray(original) ? original.map(keyOf) : [];
  setOwn(merged, key, inOrder(list, listed, before, keyOf));
}

/**
 * The merged elements: those that the patch lists, in its order, and the others between them. An unlisted element precedes the first listed
 * one that followed it in the original list; new elements have no such place, so they come first (apimachinery: mergeSortedSlice).
 */
function inOrder(
  merged: readonly unknown[],
  listed: readonly string[],
  original: readonly string[],
  keyOf: (element: unknown) => string,
): unknown[] {
  const places = placesOf(listed);
  const before = placesOf(original);
  const mine = merged
    .filter((element) => places.has(keyOf(element)))
    .sort((a, b) => (places.get(keyOf(a)) ?? 0) - (places.get(keyOf(b)) ?? 0));
  const others = merged.filter((element) => !places.has(keyOf(element)));
  const all: unknown[] = [];
  let next = 0;
  for (const element of mine) {
    const at = before.get(keyOf(element));
    const precedes = (other: unknown): boolean =>
      (before.get(keyOf(other)) ?? Infinity) < (at ?? 0);
    for (; next < others.length && precedes(others[next]); next++) all.push(others[next]);
    all.push(element);
  }
  return [...all, ...others.slice(next)];
}

/** The first place of each key. */
function placesOf(keys: readonly string[]): Map<string, number> {
  const places = new Map<string, number>();
  for (const [at, key] of keys.entries()) if (!places.has(key)) places.set(key, at);
  return places;
}
