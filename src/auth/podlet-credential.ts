// What a podlet shows to sync (docs/design/security.md): a bootstrap token that follows from the attempt, and a secret of its own that binds it.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

const keyed = (key: string, text: string): Buffer =>
  createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest();

/** What a pod's tokens are made from: kept in its record, so that who starts its task needs no key of all pods (both base64). */
export const podletSeed = (key: string, uid: string): string => keyed(key, uid).toString('base64');

/** The token of one attempt. */
export const attemptToken = (seed: string, attempt: number): string =>
  keyed(seed, String(attempt)).toString('hex');

/** The same from the key of all pods. */
export const bootstrapToken = (key: string, uid: string, attempt: number): string =>
  attemptToken(podletSeed(key, uid), attempt);

/** True for the attempt's token, also in the form that tasks of before the seed were started with. */
export const isBootstrapToken = (
  key: string,
  { uid, attempt }: { uid: string; attempt: number },
  token: string,
): boolean =>
  isEqual(bootstrapToken(key, uid, attempt), token) ||
  isEqual(keyed(key, `${uid} ${attempt}`).toString('hex'), token);

/** What is stored of a podlet's secret. */
export const secretHash = (secret: string): string =>
  createHash('sha256').update(secret).digest('hex');

/** Whether two texts are the same, in a time that does not depend on where they differ. */
export function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(secretHash(a)), Buffer.from(secretHash(b))];
  return timingSafeEqual(left, right);
}

/** The parts of `Authorization: Bearer <bootstrap>.<secret>`; undefined: not of that form. */
export function parseAuthorization(
  header: string | null,
): { bootstrap: string; secret: string } | undefined {
  const [, bootstrap, secret] = /^Bearer ([0-9a-f]{64})\.([\w-]{16,256})$/.exec(header ?? '') ?? [];
  return bootstrap && secret ? { bootstrap, secret } : undefined;
}
