// HTTP probes and hooks as the kubelet's Go client makes them (pkg/probe/http, pkg/kubelet/lifecycle), with its texts.
import type { HttpGet } from '../../src/protocol/messages.ts';
import type { Attempt } from '../ports.ts';
import { openConnection } from './connection.ts';
import type { Connection } from './connection.ts';
import { readBody } from './http-body.ts';
import { requestBytes } from './http-request.ts';
import type { Hop } from './http-request.ts';
import { BrokenResponse, readHead } from './http-response.ts';
import type { ResponseHead } from './http-response.ts';
import { hostPort, networkError } from './network-error.ts';
import { requestUrl } from './request-url.ts';
import type { RequestUrl } from './request-url.ts';

/** Neither probes nor hooks read more of an answer. */
const MAX_BODY_BYTES = 10 * 1024;
const MAX_REDIRECTS = 10;
const VERSION = '1.35';
/** Hooks have no timeout of their own; a dead peer must not hold one for ever. */
const HOOK_TIMEOUT_MS = 60 * 60 * 1000;

/** `failure`: the client's error. `error`: there is no request to send. `bodyError`: the answer broke off after its head. */
type Answer =
  { status: number; body: string; bodyError?: string } | { failure: string } | { error: string };

/** One probe: 200 to 399 is success; a redirect to another host or out of the client's reach is success with a warning. */
export async function httpProbe(get: HttpGet, host: string, timeoutMs: number): Promise<Attempt> {
  const answer = await fetchFollowing(
    get,
    host,
    `kube-probe/${VERSION}`,
    AbortSignal.timeout(timeoutMs),
  );
  if ('failure' in answer) return { success: false, text: answer.failure };
  if ('error' in answer) return answer;
  if (answer.bodyError !== undefined) return { error: answer.bodyError, state: 'failure' };
  if (answer.status >= 400 || answer.status < 200)
    return { success: false, text: `HTTP probe failed with statuscode: ${answer.status}` };
  return answer.status >= 300
    ? { success: true, warning: `Probe terminated redirects, Response body: ${answer.body}` }
    : { success: true };
}

/** One lifecycle call: any response is success; a plain HTTP server behind HTTPS is called again in plain. Ends with the signal. */
export async function httpHook(
  get: HttpGet,
  host: string,
  signal?: AbortSignal,
): Promise<{ error?: string; fallback?: string }> {
  const agent = `kube-lifecycle/${VERSION}`;
  const until = AbortSignal.any([
    AbortSignal.timeout(HOOK_TIMEOUT_MS),
    ...(signal === undefined ? [] : [signal]),
  ]);
  const answer = await fetchFollowing(get, host, agent, until);
  if ('error' in answer) return { error: answer.error };
  if (!('failure' in answer)) return {};
  if (
    get.scheme !== 'HTTPS' ||
    !answer.failure.includes('server gave HTTP response to HTTPS client')
  )
    return { error: answer.failure };
  const again = await fetchFollowing({ ...get, scheme: 'HTTP' }, host, agent, until);
  if ('failure' in again || 'error' in again) return { error: answer.failure };
  return {
    fallback: `request to HTTPS lifecycle hook ${hostPort(host, get.port)} got HTTP response, retry with HTTP succeeded`,
  };
}

async function fetchFollowing(
  get: HttpGet,
  host: string,
  userAgent: string,
  until: AbortSignal,
): Promise<Answer> {
  const first = requestUrl(get.scheme === 'HTTPS' ? 'https' : 'http', host, get.port, get.path);
  if ('error' in first) return first;
  let [url, from]: [RequestUrl, Hop | undefined] = [first, undefined];
  for (let hops = 1; ; hops += 1) {
    const request = requestBytes(url, get.headers, userAgent, from);
    if ('error' in request) return { failure: `Get "${url.text}": ${request.error}` };
    const answer = await once(url, request.bytes, until);
    if (!('location' in answer)) return answer;
    const next = redirect(answer.location, url);
    if ('error' in next) return { failure: `Get "${url.text}": ${next.error}` };
    if (hops >= MAX_REDIRECTS)
      return { failure: `Get "${answer.location}": stopped after ${MAX_REDIRECTS} redirects` };
    from = { url, relative: !/^[a-z][a-z0-9+.-]*:/i.test(answer.location) };
    url = next;
  }
}

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);

/** Where a redirect of this head leads that the kubelet follows: to the same host. */
function followed({ status, location }: ResponseHead, from: RequestUrl): string | undefined {
  if (location === undefined || !isRedirect(status)) return undefined;
  // What cannot be parsed is an error of the client, hence followed into it.
  if (!URL.canParse(from.text) || !URL.canParse(location, from.text)) return location;
  return new URL(location, from.text).hostname === new URL(from.text).hostname
    ? location
    : undefined;
}

function redirect(location: string, from: RequestUrl): RequestUrl | { error: string } {
  if (!URL.canParse(from.text) || !URL.canParse(location, from.text))
    return {
      error: `failed to parse Location header ${JSON.stringify(location)}: net/url: invalid URL`,
    };
  const { protocol, hostname, port, pathname, search } = new URL(location, from.text);
  const scheme = protocol.slice(0, -1);
  if (scheme !== 'http' && scheme !== 'https')
    return { error: `unsupported protocol scheme ${JSON.stringify(scheme)}` };
  const host = hostname.replace(/^\[|\]$/g, '');
  const authority = port === '' ? hostname : `${hostname}:${port}`;
  return {
    scheme,
    host,
    port: Number(port) || (scheme === 'https' ? 443 : 80),
    authority,
    target: pathname + search,
    text: `${scheme}://${authority}${pathname}${search}`,
  };
}

async function once(
  url: RequestUrl,
  request: Buffer,
  until: AbortSignal,
): Promise<Answer | { location: string }> {
  let connection: Connection | undefined;
  try {
    connection = await openConnection(url, request, until);
    if ((await connection.reader.peek(1)).length === 0) return failed(url, 'EOF');
    const head = await readHead(connection.reader);
    const location = followed(head, url);
    return location === undefined ? await withBody(connection, head, until) : { location };
  } catch (error) {
    return failed(url, failureText(error, url, until));
  } finally {
    connection?.close();
  }
}

const failed = (url: RequestUrl, why: string): { failure: string } => ({
  failure: `Get "${url.text}": ${why}`,
});

async function withBody(
  { reader }: Connection,
  head: ResponseHead,
  until: AbortSignal,
): Promise<Answer> {
  const { status } = head;
  try {
    return { status, body: (await readBody(reader, head.body, MAX_BODY_BYTES)).toString('utf8') };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      status,
      body: '',
      bodyError: until.aborted
        ? 'context deadline exceeded (Client.Timeout or context cancellation while reading body)'
        : why,
    };
  }
}

function failureText(error: unknown, url: RequestUrl, until: AbortSignal): string {
  if (until.aborted)
    return 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
  if (error instanceof BrokenResponse)
    return `net/http: HTTP/1.x transport connection broken: ${error.message}`;
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'EPROTO')
    return 'http: server gave HTTP response to HTTPS client';
  if (code === 'ERR_SOCKET_BAD_PORT') return `dial tcp: address ${url.port}: invalid port`;
  return networkError(error, url.host, url.port);
}
