// CloudFront cuts a stream after a minute of silence, so bytes without a meaning for the reader are sent before that. A function URL
// called directly cuts nothing.
import { crc32 } from 'node:zlib';
import type { Clock } from '../../ports/clock.ts';

type Timer = Pick<Clock, 'sleep'>;

/** Well within the minute of cdk/constructs/distribution.ts. */
const SILENCE_MS = 25_000;

/** The first one comes early: a proxy that waits for a body before it passes on the head gets one. */
const FIRST_SILENCE_MS = 500;

/** Set by CloudFront on each request that it forwards. */
const THROUGH_CLOUDFRONT = 'x-amz-cf-id';

/** The response with a body that is never silent for long, if the request needs that and its format allows it. */
export function keptAlive(response: Response, request: Request, clock: Timer): Response {
  if (response.body === null || !request.headers.has(THROUGH_CLOUDFRONT)) return response;
  const headers = new Headers(response.headers);
  const type = headers.get('content-type') ?? '';
  const { status } = response;
  if (headers.has('content-encoding')) return response;
  headers.delete('content-length');
  if (type.startsWith('application/json'))
    return new Response(kept(response.body, clock, spaced), { status, headers });
  if (!type.startsWith('text/plain') || !isFollowed(request) || !acceptsGzip(request))
    return response;
  headers.set('content-encoding', 'gzip');
  return new Response(kept(response.body, clock, zipped), { status, headers });
}

const isFollowed = ({ url }: Request): boolean => new URL(url).searchParams.has('follow');
const acceptsGzip = ({ headers }: Request): boolean =>
  /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(headers.get('accept-encoding') ?? '');

type Body = ReadableStream<Uint8Array>;
/** A body's parts, and undefined for each silence. */
type Parts = AsyncIterable<Uint8Array | undefined>;

function kept(body: Body, clock: Timer, form: (parts: Parts) => AsyncGenerator<Uint8Array>): Body {
  const reader = body.getReader();
  const parts = form(withSilences(reader, clock));
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await parts.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      // Cancelling also ends a pending read, and whoever waits for it.
      cancel: (why) => reader.cancel(why),
    },
    { highWaterMark: 0 },
  );
}

async function* withSilences(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  clock: Timer,
): AsyncGenerator<Uint8Array | undefined> {
  let silence = FIRST_SILENCE_MS;
  for (let next = reader.read(); ;) {
    const come = new AbortController();
    const first = await Promise.race([next, clock.sleep(silence, come.signal)]);
    come.abort();
    silence = SILENCE_MS;
    if (first?.done) return;
    yield first?.value;
    if (first !== undefined) next = reader.read();
  }
}

const LINE_FEED = 10;
const SPACE = Uint8Array.of(32);

/** Between two JSON values a space has no meaning; after a raw line feed a reader cannot be inside a string. */
async function* spaced(parts: Parts): AsyncGenerator<Uint8Array> {
  let last = LINE_FEED;
  for await (const part of parts) {
    if (part !== undefined) last = part.at(-1) ?? last;
    if (part !== undefined) yield part;
    else if (last === LINE_FEED) yield SPACE;
  }
}

/** RFC 1952: deflate, no time, no extra fields, unknown system. */
const GZIP_HEAD = Uint8Array.of(31, 139, 8, 0, 0, 0, 0, 0, 0, 255);
/** RFC 1951: a stored block without content, at which readers flush what they have. */
const EMPTY_BLOCK = Uint8Array.of(0, 0, 0, 255, 255);
const LAST_BLOCK = Uint8Array.of(1, 0, 0, 255, 255);
const LONGEST_BLOCK = 65_535;

/** Plain text has no byte without a meaning, but gzip has: every part is a stored block, every silence an empty one. */
async function* zipped(parts: Parts): AsyncGenerator<Uint8Array> {
  yield GZIP_HEAD;
  let sum = 0;
  let length = 0;
  for await (const part of parts) {
    for (let at = 0; part !== undefined && at < part.length; at += LONGEST_BLOCK)
      yield storedBlock(part.subarray(at, at + LONGEST_BLOCK));
    if (part !== undefined) sum = crc32(part, sum);
    length += part?.length ?? 0;
    yield EMPTY_BLOCK;
  }
  const end = Buffer.alloc(8);
  end.writeUInt32LE(sum, 0);
  end.writeUInt32LE(length % 2 ** 32, 4);
  yield Buffer.concat([LAST_BLOCK, end]);
}

function storedBlock(content: Uint8Array): Uint8Array {
  const head = Buffer.alloc(5);
  head.writeUInt16LE(content.length, 1);
  head.writeUInt16LE(LONGEST_BLOCK - content.length, 3);
  return Buffer.concat([head, content]);
}
