// The URL of a probe or hook, built as by the kubelet (pkg/probe/http formatURL, then Go's parser): no manifest causes an exception
// here, only an address or the parser's error message.
import { isIP } from 'node:net';
import { hostPort } from './network-error.ts';

export interface RequestUrl {
  scheme: 'http' | 'https';
  /** To connect to. */
  host: string;
  port: number;
  /** `host:port` as in the URL. */
  authority: string;
  /** Path and query as in the request line. */
  target: string;
  /** The whole URL, for error messages. */
  text: string;
}

const UNRESERVED = /[A-Za-z0-9\-_.~]/;

/** The URL, or why there is none. */
export function requestUrl(
  scheme: 'http' | 'https',
  host: string,
  port: number,
  path: string,
): RequestUrl | { error: string } {
  const authority = escape(hostPort(host, port), /[!$&'()*+,;=:[\]<>"]/);
  const target = requestTarget(path);
  const text = `${scheme}://${authority}${target}${fragmentOf(path)}`;
  const problem = hostProblem(host, authority);
  if (problem !== undefined) return { error: `parse ${JSON.stringify(text)}: ${problem}` };
  return {
    scheme,
    host,
    port,
    authority: hostPort(host, port),
    target: target === '' ? '/' : target,
    text,
  };
}

function hostProblem(host: string, authority: string): string | undefined {
  if (host.includes(':')) {
    const [address = ''] = host.split('%', 1);
    return isIP(address) === 6
      ? undefined
      : `invalid host: ParseAddr(${JSON.stringify(host)}): unable to parse IP`;
  }
  if (host.includes('[')) return 'invalid IP-literal';
  // In a host only non-ASCII characters may be escaped.
  const [escaped] = /%(?!25)[0-7][0-9A-F]/.exec(authority) ?? [];
  return escaped === undefined ? undefined : `invalid URL escape ${JSON.stringify(escaped)}`;
}

/** A manifest's path may contain a query, a fragment (which is not sent) or, after two slashes, a host (which is replaced). */
function requestTarget(written: string): string {
  // What Go's parser rejects is one path, whatever is in it.
  if ([...written].some((char) => char < ' ' || char === '\x7f'))
    return slashed(escape(written, PATH));
  const [whole = ''] = written.split('#', 1);
  const at = whole.indexOf('?');
  const [path, query] = at < 0 ? [whole, ''] : [whole.slice(0, at), whole.slice(at)];
  if (/%(?![0-9A-Fa-f]{2})/.test(path)) return slashed(escape(written, PATH));
  const own =
    path.startsWith('//') && !path.startsWith('///') ? path.slice(2).replace(/^[^/]*/, '') : path;
  return slashed(isEncoded(own) ? own : escape(decode(own), PATH)) + query;
}

/** Shown, but not sent. What has control characters is a path as a whole. */
function fragmentOf(written: string): string {
  const at = written.indexOf('#');
  if (at < 0 || at === written.length - 1 || isUnparsable(written)) return '';
  const fragment = written.slice(at + 1);
  return `#${isEncoded(fragment) ? fragment : escape(fragment, FRAGMENT)}`;
}

const isUnparsable = (written: string): boolean =>
  [...written].some((char) => char < ' ' || char === '\x7f') ||
  /%(?![0-9A-Fa-f]{2})/.test(written.split('?', 1)[0] ?? '');
const FRAGMENT = /[$&+,/:;=?@!()*]/;

const slashed = (path: string): string => (path === '' || path.startsWith('/') ? path : `/${path}`);
const PATH = /[$&+,/:=@]/;
const isEncoded = (path: string): boolean => /^[A-Za-z0-9\-_.~$&+,/:=@!'()*;[\]%]*$/.test(path);
const decode = (path: string): Buffer =>
  Buffer.concat(
    path
      .split(/(%[0-9A-Fa-f]{2})/)
      .map((part, place) =>
        place % 2 === 1 ? Buffer.from(part.slice(1), 'hex') : Buffer.from(part),
      ),
  );

function escape(text: string | Buffer, alsoPlain: RegExp): string {
  return Array.from(Buffer.from(text), (byte) => {
    const char = String.fromCharCode(byte);
    return byte < 0x80 && (UNRESERVED.test(char) || alsoPlain.test(char))
      ? char
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}
