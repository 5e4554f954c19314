// The one way out of every door: a Response is streamed to its client, and the connection ends with it where the request's body
// was not read to its end or the client takes nothing.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from './clock.ts';
import { drained, untilClosed } from './streams/drained.ts';

export interface AnswerBounds {
  clock: Clock;
  /** How long a client may take nothing once all of an answer is there. */
  idleMs: number;
}

/** Go's server waits as long between an answer and the end of a connection whose body it did not read (`rstAvoidanceDelay`) … */
const LAST_WORDS_MS = 500;
/** … and takes as much of the body meanwhile (`maxPostHandlerReadBytes`). */
const LAST_WORDS_BYTES = 256 * 1024;

const nextTurn = (): Promise<undefined> =>
  new Promise((resolve) => {
    setImmediate(resolve, undefined);
  });

/** Sends the answer; resolves when its last piece was handed over. */
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
  // What came with the head is parsed by the next turn.
  if (!incoming.complete) await nextTurn();
  // The rest of a body would be taken for the next request, or read for nobody.
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

/** The last piece is held back while the next may be there at once: most answers then leave in one write. */
async function sendBody(
  response: Response,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  bounds: AnswerBounds,
): Promise<void> {
  if (!response.body) return end(undefined, incoming, outgoing, bounds);
  const reader = response.body.getReader();
  outgoing.on('close', () => {
    // The client is gone: nobody takes what is left.
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
  last: Uint8Array | undefined,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { clock, idleMs }: AnswerBounds,
): Promise<void> {
  if (!incoming.complete && !outgoing.headersSent && !outgoing.hasHeader('content-length')) {
    // Whole before the connection ends: a client in the middle of its body learns by the length that this is all.
    outgoing.setHeader('Content-Length', last?.length ?? 0);
    outgoing.flushHeaders();
    if (last) outgoing.write(last);
    await lastWords(incoming, outgoing, clock);
    outgoing.end();
  } else {
    outgoing.end(last);
  }
  // Node itself ends a kept connection that rests after its answer; this is for one that does not take the answer.
  const { socket } = outgoing;
  if (outgoing.writableFinished || !socket) return;
  socket.setTimeout(idleMs);
  // A request that was sent ahead may be a watch, which may rest.
  outgoing.once('finish', () => {
    if (socket.timeout === idleMs) socket.setTimeout(0);
  });
}

/** Takes a little more of the body, that the client may come to read the answer before the connection is cut. */
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
