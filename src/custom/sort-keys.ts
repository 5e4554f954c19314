// Sorts the keys of custom objects: Go prints maps that way, and clients compare texts.
import { isMap, own, setOwn } from '../own.ts';

/** The value with the keys of every map sorted. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isMap(value)) return value;
  const sorted: { [key: string]: unknown } = {};
  for (const key of Object.keys(value).sort()) setOwn(sorted, key, sortKeys(own(value, key)));
  return sorted;
}
