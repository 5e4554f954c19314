// Who a request comes from, by its bearer token. No token: anonymous. A wrong token: 401.
import { timingSafeEqual } from 'node:crypto';
import { ApiError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { verifyToken } from './service-account-tokens.ts';
import { ADMIN, ANONYMOUS } from './user.ts';
import type { User } from './user.ts';

const PROTOCOL = /(?:^|[\s,])base64url\.bearer\.authorization\.k8s\.io\.([A-Za-z0-9_-]+)/;

/** The bearer token of the header, or of a WebSocket's sub-protocol. */
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

/** The caller; throws Unauthorized for a token that nobody gave out or that ended. */
export async function authenticate(
  ports: Pick<Ports, 'store' | 'clock' | 'settings'>,
  request: Request,
): Promise<User> {
  const token = bearerOf(request);
  if (token === undefined) {
    if (request.headers.has('authorization')) throw new ApiError('Unauthorized', 'Unauthorized');
    return ANONYMOUS;
  }
  const { adminToken } = ports.settings;
  if (adminToken && sameText(token, adminToken)) return ADMIN;
  const user = await verifyToken(ports, token);
  if (user === undefined) throw new ApiError('Unauthorized', 'Unauthorized');
  return user;
}
