// Strategic merge patch: merges by the types' merge keys, with its directives ($patch, $retainKeys, $setElementOrder, $deleteFromPrimitiveList).
import { isDeepStrictEqual } from 'node:util';
import { ApiError, badRequest } from '../../errors.ts';
import type { Field, Shape } from '../../kinds/shapes.ts';
import { own, setOwn } from '../../own.ts';

type Values = { [key: string]: unknown };

const PATCH = '$patch';
const RETAIN = '$retainKeys';
const ORDER = '$setElementOrder/';
const DELETE_PRIMITIVES = '$deleteFromPrimitiveList/';

const isMap = (value: unknown): value is Values => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A map as Go prints it. */
export const goMap = (value: unknown): string =>
  isMap(value) ? `map[${Object.keys(value).sort().map((key) => `${key}:${goMap(own(value, key))}`).join(' ')}]` : Array.isArray(value) ? `[${value.map(goMap).join(' ')}]` : value === null ? '<nil>' : String(value);

const unknownDirective = (directive: unknown, patch: Values): ApiError => new ApiError('', `unknown patch type: ${String(directive)} in map: ${goMap(patch)}`);

/** The original with the patch applied; neither is changed. `shape`: the original's type. */
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
  for (const key of Object.keys(patch).filter((name) => name.startsWith(ORDER))) orderMember(shape, merged, key.slice(ORDER.length), own(patch, key), own(patch, key.slice(ORDER.length)));
  return merged;
}

const withoutDirectives = (patch: Values): Values => Object.fromEntries(Object.entries(patch).filter(([key]) => !key.startsWith('$')));

function retained(original: Values, patch: Values): Values {
  const keys = patch[RETAIN];
  if (keys === undefined) return { ...original };
  if (!Array.isArray(keys)) throw badRequest('invalid patch format of retainKeys');
  const stray = Object.keys(patch).some((key) => !key.startsWith('$') && own(patch, key) !== null && !keys.includes(key));
  if (stray) throw badRequest("patch content doesn't match retainKeys list");
  return Object.fromEntries(Object.entries(original).filter(([key]) => keys.includes(key)));
}

function deletePrimitives(merged: Values, key: string, values: unknown): void {
  if (!Array.isArray(values) || !key.startsWith(DELETE_PRIMITIVES)) throw badRequest('invalid patch format of primitive list');
  const name = key.slice(DELETE_PRIMITIVES.length);
  const present = own(merged, name);
  if (Array.isArray(present)) setOwn(merged, name, present.filter((value) => !values.includes(value)));
}

function memberOf(shape: Shape, key: string): { shape: Shape; field?: Field } {
  if (shape.type === 'map') return { shape: shape.of };
  const field = shape.type === 'object' ? shape.fields.get(key) : undefined;
  return field === undefined ? { shape: { type: 'any' } } : { shape: field.shape, field };
}

function mergeMember(shape: Shape, merged: Values, key: string, value: unknown, patch: Values): void {
  const inner = memberOf(shape, key);
  const present = own(merged, key);
  if (value === null) delete merged[key];
  else if (inner.shape.type === 'list' && typeof value !== 'object') throw notASlice(patch, key);
  else if (isMap(value) && (inner.shape.type === 'object' || inner.shape.type === 'map')) mergeMap(inner.shape, merged, key, value, present);
  else if (Array.isArray(value) && inner.field?.list.patchKey !== undefined) setOwn(merged, key, mergeList(inner.shape, inner.field.list.patchKey, Array.isArray(present) ? present : [], value));
  else setOwn(merged, key, Array.isArray(value) ? value.filter((entry) => !(isMap(entry) && entry[PATCH] === 'replace' && Object.keys(entry).length === 1)) : value);
}

function mergeMap(shape: Shape, merged: Values, key: string, value: Values, present: unknown): void {
  if (value[PATCH] === 'delete') delete merged[key];
  else setOwn(merged, key, strategicMerge(shape, isMap(present) ? present : {}, value));
}

const notASlice = (patch: Values, key: string): ApiError =>
  new ApiError('Invalid', ` "" is invalid: patch: Invalid value: ${JSON.stringify(goMap({ [key]: own(patch, key) }))}: cannot restore slice from ${typeof own(patch, key)}`, {
    causes: [{ reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(goMap({ [key]: own(patch, key) }))}: cannot restore slice from ${typeof own(patch, key)}`, field: 'patch' }],
  });

function mergeList(shape: Shape, mergeKey: string, original: unknown[], patch: unknown[]): unknown[] {
  const of = shape.type === 'list' ? shape.of : shape;
  if (mergeKey === '') return [...original, ...patch.filter((value) => !original.includes(value))];
  if (patch.some((entry) => isMap(entry) && entry[PATCH] === 'replace')) return patch.filter((entry) => !(isMap(entry) && entry[PATCH] === 'replace'));
  const merged = [...original];
  for (const entry of patch) {
    if (!isMap(entry)) throw badRequest('invalid JSON document');
    const key = own(entry, mergeKey);
    if (key === undefined) throw new ApiError('', `map: ${goMap(entry)} does not contain declared merge key: ${mergeKey}`);
    applyEntry(of, merged, mergeKey, key, entry);
  }
  return merged;
}

function applyEntry(of: Shape, merged: unknown[], mergeKey: string, key: unknown, entry: Values): void {
  const at = merged.findIndex((element) => isMap(element) && isDeepStrictEqual(own(element, mergeKey), key));
  const present = merged[at];
  if (entry[PATCH] === 'delete') {
    for (let index = merged.length - 1; index >= 0; index--) {
      const element = merged[index];
      if (isMap(element) && isDeepStrictEqual(own(element, mergeKey), key)) merged.splice(index, 1);
    }
  } else if (isMap(present)) merged[at] = strategicMerge(of, present, entry);
  else merged.push(strategicMerge(of, {}, entry));
}

/** Listed elements take the listed order; those only the server has keep their place relative to their neighbours. */
function orderMember(shape: Shape, merged: Values, key: string, order: unknown, patched: unknown): void {
  const list = own(merged, key);
  if (!Array.isArray(order)) throw badRequest('invalid patch format of setElementOrder list');
  const mergeKey = memberOf(shape, key).field?.list.patchKey;
  if (!Array.isArray(list) || mergeKey === undefined) return;
  const keyOf = (element: unknown): unknown => (mergeKey === '' || !isMap(element) ? element : own(element, mergeKey));
  const wanted = order.map(keyOf);
  const place = (element: unknown): number => wanted.findIndex((value) => isDeepStrictEqual(value, keyOf(element)));
  const stray = Array.isArray(patched) ? patched.find((entry) => !(isMap(entry) && entry[PATCH] !== undefined) && place(entry) < 0) : undefined;
  if (stray !== undefined) throw badRequest(`The order in patch list: ${goMap(patched)} doesn't match $setElementOrder list: ${goMap(order)}`);
  const listed = list.filter((element) => place(element) >= 0).sort((a, b) => place(a) - place(b));
  setOwn(merged, key, interleave(list, listed, (element) => place(element) >= 0));
}

/** Server-only elements stay behind the element they followed. */
function interleave(list: unknown[], listed: unknown[], isListed: (element: unknown) => boolean): unknown[] {
  const ordered = [...listed];
  list.forEach((element, index) => {
    if (isListed(element)) return;
    const before = list[index - 1];
    const at = before === undefined ? 0 : ordered.indexOf(before) + 1;
    ordered.splice(at, 0, element);
  });
  return ordered;
}
