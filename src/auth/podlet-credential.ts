// The podlet's credential for sync (docs/design/security.md): a bootstrap token derived from the attempt, and a secret that the first report binds.
import { createHash, createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { remembered } from '../remembered.ts';

const keyOf = (text: string): KeyObject => createSecretKey(text, 'base64');
/** There is one key of all pods; each pod's seed is a key too. */
const lastingKeyOf = remembered(keyOf);

/** The seed of a pod's tokens (both in base64). It is in the pod's record, so that starting a task does not need the key of all pods. */
export const podletSeed = (key: string, uid: string): string =>
  createHmac('sha256', lastingKeyOf(key)).update(uid).digest('base64');

const keyed = (key: string, text: string): Buffer =>
  createHmac('sha256', keyOf(key)).update(text).digest();

/** The bootstrap token of one attempt. */
export const attemptToken = (seed: string, attempt: number): string =>
  keyed(seed, String(attempt)).toString('hex');

/** The same token, derived from the key of all pods. */
export const bootstrapToken = (key: string, uid: string, attempt: number): string =>
  attemptToken(podletSeed(key, uid), attempt);

/** Whether this is the attempt's token, also in the form of tasks that were started before seeds existed. */
export const isBootstrapToken = (
  key: string,
  { uid, attempt }: { uid: string; attempt: number },
  token: string,
): boolean =>
  isEqual(bootstrapToken(key, uid, attempt), token) ||
  isEqual(keyed(key, `${uid} ${attempt}`).toString('hex'), token);

/** Whether this is the attempt's token of a pod whose record has a seed of its own. */
export const isTokenOfSeed = (seed: string, attempt: number, token: string): boolean =>
  isEqual(attemptToken(seed, attempt), token);

/** The hash of a podlet's secret, which is stored in its place. */
export const secretHash = (secret: string): string =>
  createHash('sha256').update(secret).digest('hex');

/** Whether two texts are equal, in constant time. */
export function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(secretHash(a)), Buffer.from(secretHash(b))];
  return timingSafeEqual(left, right);
}

/** The parts of `Authorization: Bearer <bootstrap>.<secret>`; undefined for any other form. */
export function parseAuthorization(
  header: string | null,
): { bootstrap: string; secret: string } | undefined {
  const [, bootstrap, secret] = /^Bearer ([0-9a-f]{64})\.([\w-]{16,256})$/.exec(header ?? '') ?? [];
  return bootstrap && secret ? { bootstrap, secret } : undefined;
}
