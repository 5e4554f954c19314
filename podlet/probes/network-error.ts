// Network failures in Go's words, which users know from kubectl describe.
import { own } from '../../src/own.ts';

/** `host:port`, an IPv6 address in brackets. */
export const hostPort = (host: string, port: number): string =>
  host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`;

const DIAL: { [code: string]: string } = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'i/o timeout',
};

/** The text of a failed dial, read or write to `host`. */
export function networkError(error: Error, host: string, port: number): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const dial = own(DIAL, code);
  if (dial !== undefined) return `dial tcp ${hostPort(host, port)}: ${dial}`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `dial tcp: lookup ${host}: no such host`;
  if (code === 'ECONNRESET')
    return error.message === 'socket hang up'
      ? 'EOF'
      : `read tcp ${hostPort(host, port)}: read: connection reset by peer`;
  if (code.startsWith('HPE_'))
    return `net/http: HTTP/1.x transport connection broken: malformed HTTP response`;
  return error.message;
}
