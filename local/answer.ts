// Sends every response of local mode: streams it to the client, and closes the connection afterwards if the request's body was not
// read to its end or the client reads nothing.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../src/ports/clock.ts';
import type { Whole } from '../src/ports/bodies.ts';
import { nextTurn } from './next-turn.ts';
import { drained, untilClosed } from './streams/drained.ts';

export interface AnswerBounds {
  clock: Clock;
  /** How long a client may read nothing once the whole response is available. */
  idleMs: number;
}

/** Go's server waits this long before it closes a connection whose body it did not read (`rstAvoidanceDelay`) … */
const LAST_WORDS_MS = 500;
/** … and discards this much of the body meanwhile (`maxPostHandlerReadBytes`). */
const LAST_WORDS_BYTES = 256 * 1024;

/**
 * Watches show a write before its writer has the answer, as kube-apiserver's nearly always do, and clients have come to expect: a watch hands
 * its event over in the turn after the write.
 */
async function watchersFirst(): Promise<void> {
  await nextTurn();
  await nextTurn();
}

/** Sends the response; resolves when its last piece was handed over. */
export async function sendAnswer(
  response: Response,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  bounds: AnswerBounds,
): Promise<void> {
  outgoing.statusCode = response.status;
  response.headers.forEach((value, name) => {
    if (name !== 'warning') outgoing.setHeader(name, value);
  });
  const warnings = splitWarnings(response.headers.get('warning'));
  if (warnings.length > 0) outgoing.setHeader('Warning', warnings);
  // A body that came with the head is parsed in the next turn.
  if (!incoming.complete) await nextTurn();
  if (incoming.method !== 'GET') await watchersFirst();
  // The rest of the body would be taken for the next request.
  if (!incoming.complete) outgoing.setHeader('Connection', 'close');
  await sendBody(response, incoming, outgoing, bounds);
}

// `Headers` joins repeated Warning headers with ", "; clients of Kubernetes read one warning per header line.
function splitWarnings(joined: string | null): string[] {
  return joined === null ? [] : joined.split(/, (?=\d{3} )/);
}

async function write(outgoing: ServerResponse, bytes: Uint8Array): Promise<void> {
  if (!outgoing.write(bytes) && !outgoing.destroyed) await drained(outgoing);
}

/** The last piece is held back while another may follow at once: most responses then leave in one write. */
async function sendBody(
  response: Response & Whole,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  bounds: AnswerBounds,
): Promise<void> {
  if (response.whole !== undefined) return end(response.whole, incoming, outgoing, bounds);
  if (!response.body) return end(undefined, incoming, outgoing, bounds);
  const reader = response.body.getReader();
  outgoing.on('close', () => {
    // The client is gone, so the rest is discarded.
    reader.cancel().catch(() => undefined);
  });
  const whileOpen = untilClosed(reader.closed);
  let held: Uint8Array | undefined;
  while (!outgoing.destroyed) {
    const reading = reader.read();
    if ((await Promise.race([reading, nextTurn()])) === undefined) {
      if (!outgoing.headersSent) outgoing.flushHeaders();
      if (held) await whileOpen(write(outgoing, held));
      held = undefined;
    }
    const { done, value } = await reading;
    if (done) return end(held, incoming, outgoing, bounds);
    if (held) await whileOpen(write(outgoing, held));
    held = value;
  }
}

async function end(
  last: Uint8Array | string | undefined,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { clock, idleMs }: AnswerBounds,
): Promise<void> {
  if (!incoming.complete && !outgoing.headersSent && !outgoing.hasHeader('content-length')) {
    // Complete before the connection ends: the length shows a client that is still sending its body that this is all.
    outgoing.setHeader('Content-Length', Buffer.byteLength(last ?? ''));
    outgoing.flushHeaders();
    if (last) outgoing.write(last);
    await lastWords(incoming, outgoing, clock);
    outgoing.end();
  } else {
    outgoing.end(last);
  }
  // Node closes idle kept connections itself; this is for a client that does not read the response.
  const { socket } = outgoing;
  if (outgoing.writableFinished || !socket) return;
  socket.setTimeout(idleMs);
  // A pipelined request may be a watch, which may be idle.
  outgoing.once('finish', () => {
    if (socket.timeout === idleMs) socket.setTimeout(0);
  });
}

/** Reads a little more of the body, so that the client gets to read the response before the connection is cut. */
async function lastWords(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  clock: Clock,
): Promise<void> {
  const over = new AbortController();
  const stop = (): void => over.abort();
  let bytes = 0;
  incoming.on('data', (chunk: Buffer) => {
    if ((bytes += chunk.length) > LAST_WORDS_BYTES) incoming.pause();
  });
  incoming.once('end', stop);
  outgoing.once('close', stop);
  await clock.sleep(LAST_WORDS_MS, over.signal);
}
