// The identity of a child: its name and uid derive from its owner and its number, so that creating it twice creates the same one.
import { createHash } from 'node:crypto';
import type { KubeObject } from '../../kinds/pod.ts';

/** Kubernetes leaves out vowels and look-alikes (apimachinery util/rand). */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX = 5;
const GENERATED_PREFIX = 58;

/** The child with that number, with a name if it has none yet. */
export function childOf(
  { controller, uid, count }: { controller: string; uid: string; count: number },
  child: KubeObject,
): { object: KubeObject; uid: string } {
  const { name, generateName, ...metadata } = child.metadata;
  const hash = createHash('sha256')
    .update(JSON.stringify([controller, uid, count, name ?? '']))
    .digest();
  const named = name || (generateName ?? '').slice(0, GENERATED_PREFIX) + suffixOf(hash);
  return {
    object: {
      ...child,
      metadata: { name: named, ...(generateName ? { generateName } : {}), ...metadata },
    },
    uid: uuidOf(hash),
  };
}

const suffixOf = (hash: Buffer): string =>
  [...hash.subarray(16, 16 + SUFFIX)]
    .map((byte) => ALPHABET.charAt(byte % ALPHABET.length))
    .join('');

/** In the form of a random UUID (version 4). */
function uuidOf(hash: Buffer): string {
  const bytes = Buffer.from(hash.subarray(0, 16));
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}
