// The podlet's connection to the API: POST over kept connections, JSON both ways.
// By fetch, which is native in Bun: https of Node's form costs a start 40 ms of CPU more (docs/bench.md).
import { present } from '../src/present.ts';
import type { NodeLookup } from './node-lookup.ts';
import type { Desired, Refusal, Report } from '../src/protocol/messages.ts';
import { SyncRefused } from './ports.ts';

/** Longer than any front holds a request open (local 30 s, AWS far less). */
const REQUEST_TIMEOUT_MS = 60_000;
/** Until an address has answered once: a dead one of several is left in time. */
const FIRST_ANSWER_TIMEOUT_MS = 15_000;
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

export interface TransportOptions {
  url: string;
  /** `<bootstrap>.<secret>`. */
  token: string;
  /** PEM; '' trusts the public CAs. */
  ca: string;
  /** Finds the API's address; absent or without a result: by the container's resolv.conf, which becomes the pod's. */
  lookup?: NodeLookup | undefined;
}

export type Sync = (report: Report, signal: AbortSignal) => Promise<Desired>;

/** What Bun's fetch takes beside the standard's members (https://bun.com/docs/runtime/networking/fetch). */
interface BunRequestInit extends RequestInit {
  tls: { ca?: string; serverName?: string };
  decompress: boolean;
}

/** A `sync` over HTTPS (or HTTP, for tests). Rejects with SyncRefused if the API dismisses this podlet, with another Error to try again. */
export function createTransport(options: TransportOptions): Sync {
  const { lookup } = options;
  const api = new URL(options.url);
  let answered: string | undefined;
  return async (report, signal) => {
    const address = await lookup?.address(api.hostname);
    const timeoutMs = address === answered ? REQUEST_TIMEOUT_MS : FIRST_ANSWER_TIMEOUT_MS;
    const init = requestInit(options, address === undefined ? undefined : api, report);
    init.signal = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const { status, text } = await textAt(
      address === undefined ? api : withHost(api, address),
      init,
    ).catch((error: unknown) => {
      if (address !== undefined && !signal.aborted) {
        lookup?.failed(address);
        answered = undefined;
      }
      throw error;
    });
    answered = address;
    return toDesired(status, text);
  };
}

/** `named`: the API's URL where the request goes to an address, under the name in it. */
function requestInit(
  { token, ca }: TransportOptions,
  named: URL | undefined,
  report: Report,
): BunRequestInit {
  return {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      ...present({ host: named?.host }),
    },
    body: JSON.stringify(report),
    redirect: 'manual',
    // What the API sends is what is counted.
    decompress: false,
    tls: present({
      ca: ca === '' ? undefined : ca,
      serverName: named?.hostname,
    }),
  };
}

function withHost(url: URL, address: string): URL {
  const changed = new URL(url);
  changed.hostname = address;
  return changed;
}

/** The answer with its body as text, up to MAX_ANSWER_BYTES. */
async function textAt(url: URL, init: BunRequestInit): Promise<{ status: number; text: string }> {
  const response = await fetch(url, init);
  const { status } = response;
  // Of a known length: no more can follow, and no stream has to be made.
  if (Number(response.headers.get('content-length') ?? NaN) <= MAX_ANSWER_BYTES)
    return { status, text: await response.text() };
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return { status, text: Buffer.concat(chunks).toString('utf8') };
}

function toDesired(status: number, text: string): Desired {
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
