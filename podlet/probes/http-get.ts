// HTTP probes and hooks as Go's client makes them (pkg/probe/http), with its texts.
import { request as plainRequest } from 'node:http';
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { HttpGet } from '../../src/sync/messages.ts';
import type { Attempt } from '../ports.ts';
import { hostPort, networkError } from './network-error.ts';

const MAX_BODY_BYTES = 10 * 1024;
const MAX_REDIRECTS = 10;
const VERSION = '1.35';
/** Hooks have no timeout of their own; a dead peer must not hold one for ever. */
const HOOK_TIMEOUT_MS = 60 * 60 * 1000;

interface Answer {
  status: number;
  body: string;
}

/** One probe: 200 to 399 is success; a redirect to another host or out of the client's reach is success with a warning. */
export async function httpProbe(get: HttpGet, host: string, timeoutMs: number): Promise<Attempt> {
  const answer = await fetchFollowing(get, host, `kube-probe/${VERSION}`, timeoutMs);
  if (typeof answer === 'string') return { success: false, text: answer };
  if (answer.status >= 400 || answer.status < 200) return { success: false, text: `HTTP probe failed with statuscode: ${answer.status}` };
  return answer.status >= 300 ? { success: true, warning: `Probe terminated redirects, Response body: ${answer.body}` } : { success: true };
}

/** One lifecycle call: any response is success; a plain HTTP server behind HTTPS is called again in plain. */
export async function httpHook(get: HttpGet, host: string): Promise<{ error?: string; fallback?: string }> {
  const agent = `kube-lifecycle/${VERSION}`;
  const answer = await fetchFollowing(get, host, agent, HOOK_TIMEOUT_MS);
  if (typeof answer !== 'string') return {};
  if (get.scheme !== 'HTTPS' || !answer.includes('server gave HTTP response to HTTPS client')) return { error: answer };
  const again = await fetchFollowing({ ...get, scheme: 'HTTP' }, host, agent, HOOK_TIMEOUT_MS);
  return typeof again === 'string' ? { error: answer } : { fallback: `request to HTTPS lifecycle hook ${hostPort(host, get.port)} got HTTP response, retry with HTTP succeeded` };
}

async function fetchFollowing(get: HttpGet, host: string, userAgent: string, timeoutMs: number): Promise<Answer | string> {
  const first = new URL(`${get.scheme.toLowerCase()}://${hostPort(host, get.port)}`);
  const written = get.path.startsWith('/') ? get.path : `/${get.path}`;
  let url = new URL(written.replace(/^\/+/, '/'), first);
  const deadline = AbortSignal.timeout(timeoutMs);
  const headers = requestHeaders(get, url.host, userAgent);
  for (let hops = 0; ; hops += 1) {
    const answer = await once(url, headers, deadline);
    if (typeof answer === 'string') return `Get "${url.href}": ${answer}`;
    const next = redirectTarget(answer, url);
    if (next === undefined || next.hostname !== url.hostname) return answer;
    if (hops + 1 >= MAX_REDIRECTS) return `Get "${next.href}": stopped after ${MAX_REDIRECTS} redirects`;
    url = next;
  }
}

function requestHeaders(get: HttpGet, host: string, userAgent: string): OutgoingHttpHeaders {
  const headers = new Map<string, string[]>();
  for (const { name, value } of get.headers) headers.set(name.toLowerCase(), [...(headers.get(name.toLowerCase()) ?? []), value]);
  if (!headers.has('user-agent')) headers.set('user-agent', [userAgent]);
  if (!headers.has('accept')) headers.set('accept', ['*/*']);
  // An empty Accept means none at all.
  else if (headers.get('accept')?.[0] === '') headers.delete('accept');
  if (!headers.has('host')) headers.set('host', [host]);
  headers.set('connection', ['close']);
  return Object.fromEntries([...headers].map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
}

interface Received extends Answer {
  location?: string;
}

function redirectTarget({ status, location }: Received, from: URL): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined || !URL.canParse(location, from.href)) return undefined;
  return new URL(location, from);
}

async function once(url: URL, headers: OutgoingHttpHeaders, deadline: AbortSignal): Promise<Received | string> {
  const options = { method: 'GET', headers, agent: false as const, setHost: false, signal: deadline, rejectUnauthorized: false };
  const open = url.protocol === 'https:' ? (await import('node:https')).request : plainRequest;
  return new Promise((resolve) => {
    const fail = (error: Error): void => resolve(failureText(error, url, deadline));
    let sent: ClientRequest;
    try {
      sent = open(url, options, (response) => void readBody(response).then((body) => resolve(received(response, body)), fail));
    } catch (error) {
      return fail(error instanceof Error ? error : new Error(String(error)));
    }
    sent.on('error', fail);
    sent.end();
  });
}

const received = (response: IncomingMessage, body: string): Received => ({
  status: response.statusCode ?? 0,
  body,
  ...(response.headers.location === undefined ? {} : { location: response.headers.location }),
});

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    size += bytes.length;
    if (size >= MAX_BODY_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString('utf8');
}

function failureText(error: Error, url: URL, deadline: AbortSignal): string {
  if (deadline.aborted) return 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'EPROTO') return 'http: server gave HTTP response to HTTPS client';
  return networkError(error, url.hostname, Number(url.port) || (url.protocol === 'https:' ? 443 : 80));
}
