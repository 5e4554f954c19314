// Values in DynamoDB's JSON and back, as its wire has them: `{ S: 'text' }`, bytes in base64. Sets are not among them.
import { setOwn } from '../../../src/own.ts';

/** A value without its type's name. */
type Value =
  string | number | boolean | Uint8Array | null | Value[] | { [name: string]: Value | undefined };

type Typed = { readonly [type: string]: unknown };

/** The members in DynamoDB's JSON; those that are undefined are left out. */
export function typedMembers(values: { [name: string]: Value | undefined }): Record<string, Typed> {
  const members: Record<string, Typed> = {};
  for (const [name, value] of Object.entries(values))
    if (value !== undefined) setOwn(members, name, typed(value));
  return members;
}

function typed(value: Value): Typed {
  if (value === null) return { NULL: true };
  if (value instanceof Uint8Array) return { B: base64Of(value) };
  if (Array.isArray(value)) return { L: value.map(typed) };
  switch (typeof value) {
    case 'string':
      return { S: value };
    case 'number':
      return { N: String(value) };
    case 'boolean':
      return { BOOL: value };
    default:
      return { M: typedMembers(value) };
  }
}

const base64Of = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

/** The values of members in DynamoDB's JSON. */
export function plainMembers(item: Record<string, Typed>): { [name: string]: Value | undefined } {
  const members: { [name: string]: Value | undefined } = {};
  for (const [name, value] of Object.entries(item)) setOwn(members, name, plain(value));
  return members;
}

function plain({ S, N, BOOL, B, L, M }: Typed): Value {
  if (S !== undefined) return String(S);
  if (N !== undefined) return Number(N);
  if (BOOL !== undefined) return BOOL === true;
  if (B !== undefined) return Buffer.from(String(B), 'base64');
  if (L !== undefined) return (L as Typed[]).map(plain);
  return M === undefined ? null : plainMembers(M as Record<string, Typed>);
}
