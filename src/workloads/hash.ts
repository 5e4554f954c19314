// Hashes for names and labels: FNV, written in the alphabet of generated names (apimachinery `util/rand` SafeEncodeString).
// kube-controller-manager hashes a dump of Go structs, which cannot be reproduced here; clients treat the values as opaque.
import { isMap } from '../own.ts';

const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** FNV-1a, 32 bits. */
export function fnv1a(bytes: Uint8Array, start = OFFSET): number {
  let sum = start;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, PRIME) >>> 0;
  return sum;
}

/** FNV-1, 32 bits: it multiplies first (names of ControllerRevisions). */
export function fnv1(bytes: Uint8Array, start = OFFSET): number {
  let sum = start;
  for (const byte of bytes) sum = (Math.imul(sum, PRIME) ^ byte) >>> 0;
  return sum;
}

/** A number's decimal digits mapped to letters and digits that form no words. */
export const safeText = (sum: number): string =>
  [...String(sum)].map((digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length] ?? '').join('');

/** JSON with sorted members: equal values have equal texts. */
export const sortedJson = (value: unknown): string =>
  JSON.stringify(value, (_name, part: unknown) =>
    isMap(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : part,
  );

/** The hash of a pod template; each collision count gives another one. */
export function templateHash(template: unknown, collisionCount?: number): string {
  const sum = fnv1a(Buffer.from(sortedJson(template)));
  if (collisionCount === undefined) return safeText(sum);
  const count = Buffer.alloc(8);
  count.writeUInt32LE(collisionCount);
  return safeText(fnv1a(count, sum));
}
