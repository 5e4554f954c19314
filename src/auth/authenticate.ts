// Who sends a request, by its bearer token. Without a token the caller is anonymous; a wrong token is a 401.
// See docs/design/security.md.
import { timingSafeEqual } from 'node:crypto';
import { ApiError } from '../errors.ts';
import type { Ports } from '../ports/ports.ts';
import { iamLogin, isIamToken } from './iam-login.ts';
import { apiAudiences, verifyToken } from './service-account-tokens.ts';
import { ADMIN, ANONYMOUS } from './user.ts';
import type { User } from './user.ts';

type AuthPorts = Pick<Ports, 'store' | 'clock' | 'settings' | 'sts' | 'log'>;

const PROTOCOL = /(?:^|[\s,])base64url\.bearer\.authorization\.k8s\.io\.([A-Za-z0-9_-]+)/;

/** The bearer token from the header, or from a WebSocket's sub-protocol. */
function bearerOf({ headers }: Request): string | undefined {
  const token = /^bearer\s+(.+)$/i.exec(headers.get('authorization') ?? '')?.[1]?.trim();
  if (token !== undefined) return token;
  const encoded = PROTOCOL.exec(headers.get('sec-websocket-protocol') ?? '')?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64url').toString('utf8');
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** The caller; throws Unauthorized for an unknown or expired token. */
export async function authenticate(ports: AuthPorts, request: Request): Promise<User> {
  const token = bearerOf(request);
  if (token === undefined) {
    if (request.headers.has('authorization')) throw new ApiError('Unauthorized', 'Unauthorized');
    return ANONYMOUS;
  }
  const user = await userOfToken(ports, token);
  if (user === undefined) throw new ApiError('Unauthorized', 'Unauthorized');
  return user;
}

/** The token's user; undefined where it is not valid. `audiences`: one of them must be the token's; absent for the API itself. */
export async function userOfToken(
  ports: AuthPorts,
  token: string,
  audiences?: string[],
): Promise<User | undefined> {
  // Only service accounts' tokens can have another audience than the API.
  const isForApi =
    audiences === undefined || apiAudiences(ports).some((name) => audiences.includes(name));
  const { adminToken } = ports.settings;
  if (adminToken && sameText(token, adminToken)) return isForApi ? ADMIN : undefined;
  if (isIamToken(token)) return isForApi ? iamLogin(ports, token) : undefined;
  return verifyToken(ports, token, audiences);
}
