// What a podlet shows to sync (docs/design/security.md): a bootstrap token that follows from the attempt, and a secret of its own that binds it.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** The token of one attempt; `key` is base64. */
export const bootstrapToken = (key: string, uid: string, attempt: number): string =>
  createHmac('sha256', Buffer.from(key, 'base64')).update(`${uid} ${attempt}`).digest('hex');

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
