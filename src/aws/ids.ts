// Real randomness.
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { Ids } from '../ports/ids.ts';

/** Kubernetes leaves out vowels and look-alikes (apimachinery util/rand). */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Ids from the machine's random source. */
export const randomIds: Ids = {
  uuid: () => randomUUID(),
  suffix: (length) =>
    Array.from({ length }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join(''),
};

/** A fresh 256-bit key, base64. */
export const randomKey = (): string => randomBytes(32).toString('base64');

/** A new access key in AWS's format: 20 letters and digits, and 40 characters of base64. */
export const randomAccessKey = (): { accessKeyId: string; secretAccessKey: string } => ({
  accessKeyId: `DROPPOD${randomBytes(20)
    .toString('base64')
    .replaceAll(/[^A-Za-z0-9]/g, '')
    .toUpperCase()
    .padEnd(13, 'X')
    .slice(0, 13)}`,
  secretAccessKey: randomBytes(30).toString('base64'),
});
