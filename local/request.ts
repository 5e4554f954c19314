// Turns every incoming message of local mode into a Request. Its body is read only as its handler asks for it, within limits of
// bytes and time; what no Request can represent is refused.
import type { IncomingMessage } from 'node:http';
import type { InPieces, Pieces } from '../src/ports/bodies.ts';
import type { Limit } from './agent/limit.ts';
import type { Clock } from '../src/ports/clock.ts';
import { nextTurn } from './next-turn.ts';

/** A request that never reaches a handler, or an unreadable body: the server responds with the code. */
export class RequestFault extends Error {
  override readonly name = 'RequestFault';
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

export interface BodyBounds {
  /** The most bytes of one body; Infinity: as much as the handler reads, at its pace. 0: bodies are ignored. */
  maxBytes: number;
  /** The total time to wait for the client's bytes; each 16 KiB received adds a second. */
  patienceMs: number;
  clock: Clock;
  /** How many bodies of one remote address are read concurrently; more wait for their turn. */
  atATime?: Limit;
  /** Called before the first byte is read (100 Continue). */
  begins?: () => void;
}

const BYTES_PER_SECOND = 16 * 1024;

/** Methods that WHATWG's Request rejects (Fetch, forbidden method). */
const NO_METHOD_OF_FETCH = ['TRACE', 'CONNECT', 'TRACK'];

/** A WHATWG Request for an incoming message; its signal is that of `gone`, for a client that disconnects. Throws RequestFault. */
export function toRequest(
  incoming: IncomingMessage,
  scheme: 'http' | 'https',
  gone: Pick<AbortController, 'signal'>,
  bounds?: BodyBounds,
): Request {
  const method = incoming.method ?? 'GET';
  if (NO_METHOD_OF_FETCH.includes(method))
    throw new RequestFault(405, 'the server does not allow this method on the requested resource');
  if (!/^(100-continue)?$/i.test(incoming.headers.expect ?? ''))
    throw new RequestFault(417, 'the only expectation that is met is 100-continue');
  if (incoming.rawHeaders.filter((name, at) => at % 2 === 0 && /^host$/i.test(name)).length > 1)
    throw new RequestFault(400, 'too many Host headers');
  const url = urlOf(incoming, scheme);
  const headers = new Headers();
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
    const name = incoming.rawHeaders[i] ?? '';
    if (!name.startsWith(':')) headers.append(name, incoming.rawHeaders[i + 1] ?? '');
  }
  const bodiless =
    !bounds ||
    bounds.maxBytes === 0 ||
    method === 'GET' ||
    method === 'HEAD' ||
    ((incoming.headers['content-length'] ?? '0') === '0' &&
      incoming.headers['transfer-encoding'] === undefined);
  try {
    // A DELETE or POST without a body would otherwise hold a stream open for each request.
    const pieces = bodiless ? undefined : new BodyReading(incoming, bounds);
    return new ServedRequest(new URL(url).href, method, headers, gone, pieces);
  } catch (error) {
    if (error instanceof TypeError) return refusedTarget();
    throw error;
  }
}

/**
 * A Request as its handlers see it. One of Node's own makes a signal that follows the given one, and a stream, which take more time than
 * all the rest of it: here the signal is the given one, and the stream is made for those who ask for it.
 */
class ServedRequest implements Request, InPieces {
  readonly cache = 'default';
  readonly credentials = 'same-origin';
  readonly destination = '';
  readonly integrity = '';
  readonly keepalive = false;
  readonly mode = 'cors';
  readonly redirect = 'follow';
  readonly referrer = 'about:client';
  readonly referrerPolicy = '';
  readonly pieces: Pieces | undefined;
  readonly #gone: Pick<AbortController, 'signal'>;
  #streamed: Response | undefined;

  constructor(
    readonly url: string,
    readonly method: string,
    readonly headers: Headers,
    gone: Pick<AbortController, 'signal'>,
    pieces: Pieces | undefined,
  ) {
    this.#gone = gone;
    this.pieces = pieces;
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  get #asStream(): Response {
    return (this.#streamed ??= new Response(this.pieces ? streamOf(this.pieces) : null));
  }

  get body(): Request['body'] {
    return this.#asStream.body;
  }

  get bodyUsed(): boolean {
    return this.#streamed?.bodyUsed ?? false;
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#asStream.arrayBuffer();
  }

  blob(): Promise<Blob> {
    return this.#asStream.blob();
  }

  json(): Promise<unknown> {
    return this.#asStream.json();
  }

  text(): Promise<string> {
    return this.#asStream.text();
  }

  formData(): Promise<FormData> {
    return this.#asStream.formData();
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.arrayBuffer());
  }

  /** Its body comes from the connection and is read once. */
  clone(): never {
    throw new TypeError('a request that is served has no second reader');
  }
}

/** The request's URL. The host is only a placeholder here, so an absolute form's host and user are ignored. */
function urlOf(
  { url: target = '/', headers: { host } }: IncomingMessage,
  scheme: 'http' | 'https',
): string {
  const origin = originOf(`${scheme}://${host || 'localhost'}`);
  // A URL would resolve them, and the rest might name something else (`DELETE …/secrets/..` the namespace).
  const dots = /\/((?:\.|%2e){1,2})(?:[/?#]|$)/i.exec(
    target.replace(/\?.*$/s, '').replaceAll('\\', '/'),
  )?.[1];
  if (dots !== undefined) {
    const name = decodeURIComponent(dots);
    throw new RequestFault(400, `Name parameter invalid: "${name}": may not be '${name}'`);
  }
  // "//x" is a path, not a host: the text is appended to the origin instead of being resolved against it.
  if (target.startsWith('/')) return origin + target;
  const absolute = /^https?:\/\//i.test(target) ? parseUrl(target) : undefined;
  return absolute ? origin + absolute.pathname + absolute.search : refusedTarget();
}

/** The origins of valid Host headers by what they were sent as: clients send the same few. */
const origins = new Map<string, string>();
const MOST_ORIGINS = 100;

function originOf(sent: string): string {
  const known = origins.get(sent);
  if (known !== undefined) return known;
  const url = parseUrl(sent);
  if (
    !url ||
    url.pathname !== '/' ||
    url.username !== '' ||
    url.search !== '' ||
    url.hash !== '' ||
    /[/?#\\]/.test(sent.slice(sent.indexOf('://') + 3))
  )
    throw new RequestFault(400, 'malformed Host header');
  if (origins.size >= MOST_ORIGINS) origins.clear();
  origins.set(sent, url.origin);
  return url.origin;
}

function refusedTarget(): never {
  throw new RequestFault(400, 'malformed request target');
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** The body, pulled by its reader: nothing is read from the socket before. */
function streamOf(pieces: Pieces): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const piece = await pieces.next();
        if (piece === undefined) controller.close();
        else controller.enqueue(piece);
      },
      cancel: () => pieces.leave(),
    },
    { highWaterMark: 0 },
  );
}

class BodyReading implements Pieces {
  private begun = false;
  private bytes = 0;
  private waitedMs = 0;
  private giveBack = (): void => undefined;
  constructor(
    private readonly incoming: IncomingMessage,
    private readonly bounds: BodyBounds,
  ) {}

  /** The next piece; undefined at the end. Throws RequestFault at a limit, and the connection's error if it broke. */
  async next(): Promise<Uint8Array | undefined> {
    try {
      if (!this.begun) await this.begin();
      const piece = this.present() ?? (await this.following());
      this.bytes += piece?.length ?? 0;
      if (this.bytes > this.bounds.maxBytes) throw this.tooLarge();
      if (piece === undefined) this.leave();
      return piece;
    } catch (error) {
      this.leave();
      throw error;
    }
  }

  /** Lets the next body have its turn. */
  leave(): void {
    this.giveBack();
  }

  private async begin(): Promise<void> {
    const { maxBytes, atATime, begins } = this.bounds;
    this.begun = true;
    if (Number(this.incoming.headers['content-length'] ?? 0) > maxBytes) throw this.tooLarge();
    if (atATime) this.giveBack = await turn(atATime);
    begins?.();
  }

  private tooLarge(): RequestFault {
    return new RequestFault(413, `Request entity too large: limit is ${this.bounds.maxBytes}`);
  }

  private present(): Uint8Array | undefined {
    return (this.incoming.read() as Uint8Array | null) ?? undefined;
  }

  /** A body that comes right behind its head is there in the next turn: a timed wait would take a large part of a request. */
  private async following(): Promise<Uint8Array | undefined> {
    if (isWhole(this.incoming)) return undefined;
    await nextTurn();
    return this.present() ?? (isWhole(this.incoming) ? undefined : this.awaited());
  }

  /** Waits for a piece, the end or an error of the connection, within the client's time limit. */
  private async awaited(): Promise<Uint8Array | undefined> {
    const {
      incoming,
      bounds: { clock, patienceMs },
    } = this;
    const from = clock.now().getTime();
    const over = new AbortController();
    const stop = (): void => over.abort(CAME);
    for (const event of WAKING) incoming.on(event, stop);
    try {
      if (isOver(incoming)) return ended(incoming);
      await clock.sleep(
        patienceMs + (this.bytes / BYTES_PER_SECOND) * 1000 - this.waitedMs,
        over.signal,
      );
    } finally {
      for (const event of WAKING) incoming.off(event, stop);
    }
    if (!over.signal.aborted)
      throw new RequestFault(408, "the request's body did not come in time");
    this.waitedMs += clock.now().getTime() - from;
    const piece = this.present();
    if (piece) return piece;
    return isOver(incoming) ? ended(incoming) : this.awaited();
  }
}

/** A constant reason: otherwise each abort would create an exception with a stack, for every body. */
const CAME = 'a piece came';

const WAKING = ['readable', 'end', 'close', 'error'];

/** Completely received and read. */
const isWhole = (incoming: IncomingMessage): boolean =>
  incoming.complete && incoming.readableLength === 0;

const isOver = (incoming: IncomingMessage): boolean => incoming.readableEnded || incoming.destroyed;

/** The end of a complete body; an incomplete one throws. */
function ended(incoming: IncomingMessage): undefined {
  if (incoming.complete) return undefined;
  throw new RequestFault(400, "the connection ended within the request's body");
}

/** Waits for a turn; returns the function that ends it. */
async function turn(limit: Limit): Promise<() => void> {
  let leave = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    leave = resolve;
  });
  await new Promise<void>((come, fail) => {
    limit(() => {
      come();
      return over;
    }).catch(fail);
  });
  return leave;
}
