// Constructors of field errors in the words of Kubernetes' field package; every validator of the house builds its answer from them.
import type { FieldError } from '../errors.ts';

/** Go's %q for a string. */
export function quote(text: string): string {
  return JSON.stringify(text).replace(/\\u00([0-9a-f]{2})/g, '\\x$1');
}

/** Characters of a value that a message quotes: no author reads more, and there may be thousands of messages. */
const MAX_SHOWN = 10_000;
const cut = (text: string): string =>
  text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text;

function show(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  return typeof value === 'string' ? quote(cut(value)) : cut(JSON.stringify(value));
}

const tail = (detail: string): string => (detail === '' ? '' : `: ${detail}`);

/** `Required value`. */
export const required = (field: string, detail = ''): FieldError => ({
  field,
  reason: 'FieldValueRequired',
  message: `Required value${tail(detail)}`,
});

/** `Invalid value: v: detail`; structures are shown as JSON. */
export const invalidValue = (field: string, value: unknown, detail: string): FieldError => ({
  field,
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${show(value)}${tail(detail)}`,
});

/** `Forbidden: detail`. */
export const forbiddenValue = (field: string, detail: string): FieldError => ({
  field,
  reason: 'FieldValueForbidden',
  message: `Forbidden${tail(detail)}`,
});

/** `Unsupported value: v: supported values: …`, in the order given. */
export const notSupported = (
  field: string,
  value: unknown,
  supported: readonly string[],
): FieldError => ({
  field,
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: ${show(value)}: supported values: ${supported.map(quote).join(', ')}`,
});

/** `Duplicate value: v`. */
export const duplicate = (field: string, value: unknown): FieldError => ({
  field,
  reason: 'FieldValueDuplicate',
  message: `Duplicate value: ${show(value)}`,
});

/** `Not found: v`. */
export const notFoundValue = (field: string, value: unknown, detail = ''): FieldError => ({
  field,
  reason: 'FieldValueNotFound',
  message: `Not found: ${show(value)}${tail(detail)}`,
});

/** `Too long: may not be more than N bytes`. */
export const tooLong = (field: string, bytes: number): FieldError => ({
  field,
  reason: 'FieldValueTooLong',
  message: `Too long: may not be more than ${bytes} bytes`,
});

/** `Too many: N: must have at most M items`. */
export const tooMany = (field: string, count: number, most: number): FieldError => ({
  field,
  reason: 'FieldValueTooMany',
  message: `Too many: ${count}: must have at most ${most} items`,
});

/** One Invalid per message of a name rule. */
export const invalidEach = (
  field: string,
  value: string,
  messages: readonly string[],
): FieldError[] => messages.map((message) => invalidValue(field, value, message));

/** Nothing, or Unsupported when the value is not in the list. */
export const oneOf = (
  field: string,
  value: string | undefined,
  supported: readonly string[],
): FieldError[] =>
  supported.includes(value ?? '') ? [] : [notSupported(field, value ?? '', supported)];

/** Nothing, or Invalid when a number lies outside. */
export const between = (field: string, value: number, low: number, high: number): FieldError[] =>
  value >= low && value <= high
    ? []
    : [invalidValue(field, value, `must be between ${low} and ${high}, inclusive`)];

/** Nothing, or Invalid when a number is negative. */
export const notNegative = (field: string, value: number | undefined): FieldError[] =>
  (value ?? 0) >= 0 ? [] : [invalidValue(field, value, 'must be greater than or equal to 0')];
