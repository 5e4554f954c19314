// The order in which objects of custom kinds are stored and shown: Go prints maps by their sorted keys, and clients compare texts.
import { isMap, own, setOwn } from '../own.ts';

/** The value with the keys of every map in order. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isMap(value)) return value;
  const sorted: { [key: string]: unknown } = {};
  for (const key of Object.keys(value).sort()) setOwn(sorted, key, sortKeys(own(value, key)));
  return sorted;
}
