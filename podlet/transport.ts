// The podlet's connection to the API: POST over kept connections, JSON both ways.
import { request as plainRequest, Agent as PlainAgent } from 'node:http';
import type { LookupFunction } from 'node:net';
import { present } from '../src/present.ts';
import type { Desired, Refusal, Report } from '../src/protocol/messages.ts';
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

interface Client {
  request: typeof plainRequest;
  agent: PlainAgent;
}

/** A `sync` over HTTPS (or HTTP, for tests). TLS is loaded only when it is needed: it costs boot time. */
export async function createTransport(options: TransportOptions): Promise<Sync> {
  const client = options.url.startsWith('https:')
    ? await secureClient(options.ca)
    : { request: plainRequest, agent: new PlainAgent({ keepAlive: true }) };
  return (report, signal) => post(client, options, JSON.stringify(report), signal);
}

async function secureClient(ca: string): Promise<Client> {
  const { request, Agent } = await import('node:https');
  return {
    request,
    agent: new Agent({ keepAlive: true, ...present({ ca: ca === '' ? undefined : ca }) }),
  };
}

function post(
  { request, agent }: Client,
  { url, token, lookup }: TransportOptions,
  body: string,
  signal: AbortSignal,
): Promise<Desired> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    const sent = request(
      url,
      {
        method: 'POST',
        agent,
        headers,
        signal,
        timeout: REQUEST_TIMEOUT_MS,
        ...present({ lookup }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_ANSWER_BYTES) sent.destroy(new Error('the answer is too long'));
          chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () =>
          settle(response.statusCode ?? 0, Buffer.concat(chunks).toString('utf8'), resolve, reject),
        );
      },
    );
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
    sent.on('error', reject);
    sent.end(body);
  });
}

function settle(
  status: number,
  text: string,
  resolve: (desired: Desired) => void,
  reject: (error: Error) => void,
): void {
  if (status !== 200)
    return reject(
      isRefusal(text)
        ? new SyncRefused(`the API answered ${status}`)
        : new Error(`the API answered ${status}`),
    );
  try {
    const answer: unknown = JSON.parse(text);
    if (isDesired(answer)) resolve(answer);
    else reject(new Error('the answer is no desired state'));
  } catch (cause) {
    reject(new Error('the answer is no JSON', { cause }));
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
