// The podlet's connection to the API: POST over kept connections, JSON both ways.
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { present } from '../src/present.ts';
import type { Desired, Refusal, Report } from '../src/protocol/messages.ts';
import type { HttpAnswer } from './http-answer.ts';
import { HttpClient } from './http-client.ts';
import { SyncRefused } from './ports.ts';

/** Longer than any front holds a request open (local 30 s, AWS far less). */
const REQUEST_TIMEOUT_MS = 60_000;
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

export interface TransportOptions {
  url: string;
  /** `<bootstrap>.<secret>`. */
  token: string;
  /** PEM; '' trusts the public CAs. */
  ca: string;
  /** Resolves the API's address; absent: by the container's resolv.conf, which becomes the pod's. */
  lookup?: LookupFunction | undefined;
}

export type Sync = (report: Report, signal: AbortSignal) => Promise<Desired>;

/** A `sync` over HTTPS (or HTTP, for tests). TLS is loaded only when it is needed: it costs boot time. */
export async function createTransport(options: TransportOptions): Promise<Sync> {
  const url = new URL(options.url);
  const client = new HttpClient({
    connect:
      url.protocol === 'https:' ? await secureConnections(url, options) : plain(url, options),
    maxBytes: MAX_ANSWER_BYTES,
    patienceMs: REQUEST_TIMEOUT_MS,
  });
  const headers = {
    Authorization: `Bearer ${options.token}`,
    'Content-Type': 'application/json',
  };
  return async (report, signal) => {
    const body = JSON.stringify(report);
    return settle(await client.send({ method: 'POST', url, headers, body }, signal));
  };
}

const placeOf = (url: URL, { lookup }: TransportOptions, port: number) => ({
  host: url.hostname.replace(/^\[|\]$/g, ''),
  port: Number(url.port || port),
  noDelay: true,
  keepAlive: true,
  ...present({ lookup }),
});

const plain =
  (url: URL, options: TransportOptions): (() => Socket) =>
  () =>
    connect(placeOf(url, options, 80));

/** The server must prove the URL's name by a certificate of the CA. */
async function secureConnections(url: URL, options: TransportOptions): Promise<() => Socket> {
  const tls = await import('node:tls');
  const place = placeOf(url, options, 443);
  const { ca } = options;
  const secureContext = tls.createSecureContext(present({ ca: ca === '' ? undefined : ca }));
  // A later connection resumes the session of an earlier one.
  let session: Buffer | undefined;
  return () => {
    const socket = tls.connect({
      ...place,
      secureContext,
      ALPNProtocols: ['http/1.1'],
      ...present({ servername: isIP(place.host) === 0 ? place.host : undefined, session }),
    });
    socket.on('session', (next) => {
      session = next;
    });
    return socket;
  };
}

function settle({ status, body }: HttpAnswer): Desired {
  const text = body.toString('utf8');
  if (status !== 200) {
    const message = `the API answered ${status}`;
    throw isRefusal(text) ? new SyncRefused(message) : new Error(message);
  }
  const answer = parsed(text);
  if (!isDesired(answer)) throw new Error('the answer is no desired state');
  return answer;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error('the answer is no JSON', { cause });
  }
}

/** Proxies in between answer 401, 403, 404, 410, 429 and 5xx with texts of their own, which means to try again. */
function isRefusal(text: string): boolean {
  try {
    const { leave }: Partial<Refusal> = Object(JSON.parse(text));
    return typeof leave?.reason === 'string';
  } catch {
    return false;
  }
}

const isDesired = (value: unknown): value is Desired =>
  typeof value === 'object' &&
  value !== null &&
  'containers' in value &&
  'volumes' in value &&
  'acknowledged' in value &&
  'sessions' in value &&
  'syncAgainMs' in value;
