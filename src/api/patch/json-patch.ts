// JSON patch (RFC 6902) as in evanphx/json-patch, which kube-apiserver uses: its errors, its negative indices, its limit on copies.
import { isDeepStrictEqual } from 'node:util';
import { isMap, own, setOwn } from '../../own.ts';
import type { Json } from '../../ports/json.ts';

type Values = { [key: string]: Json | undefined };
type Container = Values | Json[];

/** An operation does not fit the document; the message is for the log. */
export class PatchError extends Error {
  override readonly name = 'PatchError';
}

/** kube-apiserver's AccumulatedCopySizeLimit, which is its limit for a request's body. */
const MAX_COPIED_BYTES = 3 * 1024 * 1024;
/** How many elements inserts and removals may shift in total: a list of a million would be shifted ten thousand times. */
const MAX_SHIFTED = 16 * 1024 * 1024;

interface Work {
  document: Json;
  copied: number;
  shifted: number;
}

/** One operation; the client sets its members, which may have any type. */
export type Operation = Values;

/** The operations of a parsed patch, or the first element that is not an operation. */
export function asOperations(
  patch: readonly Json[],
): { operations: Operation[] } | { stray: Json } {
  const stray = patch.find((operation) => !isMap(operation));
  return stray === undefined
    ? { operations: patch.flatMap((one) => (isMap(one) ? [one] : [])) }
    : { stray };
}

/** Applies all operations. It changes the document and puts the operations' values into it, so the caller must own both. */
export function applyJsonPatch(document: Json, operations: readonly Operation[]): Json {
  const work: Work = { document, copied: 0, shifted: 0 };
  for (const operation of operations) applyOperation(work, operation);
  return work.document;
}

function applyOperation(work: Work, operation: Operation): void {
  const path = textMember(operation, 'path');
  const value = operation['value'] ?? null;
  switch (operation['op']) {
    case 'add':
      return add(work, path, value);
    case 'remove':
      return void remove(work, path);
    case 'replace':
      return replace(work, path, value);
    case 'move':
      return add(work, path, remove(work, textMember(operation, 'from')));
    case 'copy':
      return add(work, path, copyOf(work, textMember(operation, 'from')));
    case 'test':
      return test(work, path, value);
    default:
      throw new PatchError(`unexpected kind: ${JSON.stringify(operation['op'])}`);
  }
}

function textMember(operation: Operation, name: 'path' | 'from'): string {
  const value = operation[name];
  if (typeof value !== 'string') throw new PatchError(`operation without ${name}`);
  return value;
}

/** The list or map that contains the place a pointer names, and the place's key in it. */
function find({ document }: Work, path: string): { holder: Container; key: string } {
  const [first, ...keys] = path
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const key = keys.pop();
  if (first !== '' || key === undefined) throw new PatchError(`doc is missing path ${path}`);
  let holder: Json | undefined = document;
  for (const part of keys)
    holder = Array.isArray(holder)
      ? holder[indexOf(part, holder.length - 1)]
      : isMap(holder)
        ? own(holder, part)
        : undefined;
  if (typeof holder !== 'object' || holder === null)
    throw new PatchError(`doc is missing path ${path}`);
  return { holder, key };
}

/** Go's Atoi; a negative index counts from the end (`-1` is the last place). */
function indexOf(key: string, last: number): number {
  if (!/^[+-]?\d+$/.test(key)) throw new PatchError(`no index: ${key}`);
  const index = Number(key);
  const place = index < 0 ? index + last + 1 : index;
  if (place < 0 || place > last) throw new PatchError(`index out of bounds: ${key}`);
  return place;
}

function read(work: Work, path: string): Json | undefined {
  const { holder, key } = find(work, path);
  return Array.isArray(holder) ? holder[indexOf(key, holder.length - 1)] : own(holder, key);
}

function shift(work: Work, elements: number): void {
  work.shifted += elements;
  if (work.shifted > MAX_SHIFTED)
    throw new PatchError('the patch moves too many elements of lists');
}

function add(work: Work, path: string, value: Json): void {
  const { holder, key } = find(work, path);
  if (!Array.isArray(holder)) return setOwn(holder, key, value);
  const index = key === '-' ? holder.length : indexOf(key, holder.length);
  shift(work, holder.length - index);
  holder.splice(index, 0, value);
}

function remove(work: Work, path: string): Json {
  const { holder, key } = find(work, path);
  if (Array.isArray(holder)) {
    const index = indexOf(key, holder.length - 1);
    shift(work, holder.length - index);
    return holder.splice(index, 1)[0] ?? null;
  }
  const value = own(holder, key);
  if (value === undefined) throw new PatchError(`unable to remove nonexistent key: ${key}`);
  delete holder[key];
  return value;
}

function replace(work: Work, path: string, value: Json): void {
  if (path === '') {
    if (typeof value !== 'object' || value === null)
      throw new PatchError('replacement of the whole must be a map or a list');
    work.document = value;
    return;
  }
  const { holder, key } = find(work, path);
  if (Array.isArray(holder)) holder[indexOf(key, holder.length - 1)] = value;
  else if (own(holder, key) === undefined) throw new PatchError(`missing key: ${path}`);
  else setOwn(holder, key, value);
}

function copyOf(work: Work, path: string): Json {
  const text = JSON.stringify(read(work, path) ?? null);
  work.copied += Buffer.byteLength(text);
  if (work.copied > MAX_COPIED_BYTES)
    throw new PatchError(
      `unable to copy, the accumulated size increase of copy is ${work.copied}, exceeding the limit ${MAX_COPIED_BYTES}`,
    );
  return JSON.parse(text) as Json;
}

function test(work: Work, path: string, value: Json): void {
  const present = path === '' ? work.document : (read(work, path) ?? null);
  if (!isDeepStrictEqual(present, value)) throw new PatchError(`testing value ${path} failed`);
}
