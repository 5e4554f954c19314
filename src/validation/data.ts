// What ConfigMap and Secret share: keys, size, immutability.
import type { FieldError } from '../errors.ts';
import { own } from '../own.ts';
import { forbiddenValue, invalidEach, invalidValue, tooLong } from './field-errors.ts';
import { configKeyProblems } from './names.ts';

type Data = Record<string, string> | undefined;

const MAX_BYTES = 1024 * 1024;

const base64Bytes = (text: string): number => Math.floor((text.replace(/=+$/, '').length * 3) / 4);
const sum = (values: string[], size: (text: string) => number): number =>
  values.reduce((total, text) => total + size(text), 0);

/** Problems of keys; a key of `data` that is also in `binaryData` is a duplicate. */
export function validateKeys(data: Data, field: string, others: Data = undefined): FieldError[] {
  return Object.keys(data ?? {}).flatMap((key) => [
    ...invalidEach(`${field}[${key}]`, key, configKeyProblems(key)),
    ...(others && Object.hasOwn(others, key)
      ? [invalidValue(`${field}[${key}]`, key, 'duplicate of key present in binaryData')]
      : []),
  ]);
}

/** Problems of the size of all values together. */
export function validateSize(field: string, parts: { text?: Data; base64?: Data }): FieldError[] {
  const total =
    sum(Object.values(parts.text ?? {}), Buffer.byteLength) +
    sum(Object.values(parts.base64 ?? {}), base64Bytes);
  return total > MAX_BYTES ? [tooLong(field, MAX_BYTES)] : [];
}

type Lockable = { immutable?: boolean };

const sorted = (value: unknown): string =>
  JSON.stringify(
    value && typeof value === 'object'
      ? Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))
      : value,
  ) ?? '';
const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (typeof value === 'object' && Object.keys(value).length === 0);

/** What an immutable object may not change; `members` are its data members in Kubernetes' order. */
export function lockedChanges(
  next: Lockable,
  old: Lockable,
  members: readonly string[],
): FieldError[] {
  if (old.immutable !== true) return [];
  const text = 'field is immutable when `immutable` is set';
  const now: Record<string, unknown> = { ...next };
  const before: Record<string, unknown> = { ...old };
  const changed = members.filter(
    (member) =>
      !(isEmpty(own(now, member)) && isEmpty(own(before, member))) &&
      sorted(own(now, member)) !== sorted(own(before, member)),
  );
  return [
    ...(next.immutable === true ? [] : [forbiddenValue('immutable', text)]),
    ...changed.map((member) => forbiddenValue(member, text)),
  ];
}
