// Access to records by text from outside: `{}['constructor']` is a function, `{}['__proto__'] = x` loses x.
// The lint rule house/own-lookups requires these functions (or a Map) for such access.

/** The record's own member; undefined if it has none, or if it is not a record. */
export const own = <T>(
  record: Readonly<Record<string, T>> | null | undefined,
  key: string,
): T | undefined =>
  record !== null && record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;

/** Sets the record's own member, whatever its name. */
export function setOwn<T>(record: Record<string, T>, key: string, value: T): void {
  if (key === '__proto__')
    Object.defineProperty(record, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  else record[key] = value;
}

/** A map of JSON: neither null nor a list. */
export const isMap = (value: unknown): value is { [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value as a map of JSON; empty if it is none. */
export const mapOf = (value: unknown): { [key: string]: unknown } => (isMap(value) ? value : {});

/** The value as a list of JSON; empty if it is none. */
export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
