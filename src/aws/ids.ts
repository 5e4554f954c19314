// Real chance.
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { Ids } from '../ports.ts';

/** Kubernetes leaves out vowels and look-alikes (apimachinery util/rand). */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Ids from the machine's random source. */
export const randomIds: Ids = {
  uuid: () => randomUUID(),
  suffix: (length) => Array.from({ length }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join(''),
};

/** A fresh 256-bit key, base64. */
export const randomKey = (): string => randomBytes(32).toString('base64');
