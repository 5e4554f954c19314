// Parses an HTTP/1 response as Go's client does (net/http ReadResponse, its transport), which is more lenient than Node's parser: LF
// alone ends a line, headers may be long or folded, two lengths may be present, and whatever follows the body is ignored.
import { present } from '../../src/present.ts';
import { KEPT_LINE_BYTES } from './byte-reader.ts';
import type { ByteReader, Line } from './byte-reader.ts';

/** Transport.MaxResponseHeaderBytes: informational answers count with the final one. */
const MAX_HEADER_BYTES = 10 << 20;
/** How much of a peer's line an error quotes. */
const QUOTED_CHARACTERS = 200;
/** How many values of one header are compared. */
const MOST_VALUES = 100;

/** The answer breaks the protocol: Go's text. */
export class BrokenResponse extends Error {
  override readonly name = 'BrokenResponse';
}

export interface ResponseHead {
  status: number;
  location?: string;
  /** What determines the end of the body. */
  body: 'none' | 'chunked' | 'untilEnd' | { bytes: number };
}

/** Reads up to the body of the final answer. */
export async function readHead(reader: ByteReader): Promise<ResponseHead> {
  const limit = reader.consumed + MAX_HEADER_BYTES;
  for (;;) {
    const head = await readOneHead(reader, limit);
    const isInformational = head.status >= 100 && head.status <= 199 && head.status !== 101;
    if (!isInformational) return head;
  }
}

async function readOneHead(reader: ByteReader, limit: number): Promise<ResponseHead> {
  const { status, hasChunks } = statusLine((await boundedLine(reader, limit)).text);
  const headers = await readHeaders(reader, limit);
  const [location = ''] = headers.location;
  return {
    status,
    body: framing(status, hasChunks, headers),
    ...present({ location: location === '' ? undefined : location }),
  };
}

function statusLine(line: string): { status: number; hasChunks: boolean } {
  const at = line.indexOf(' ');
  if (at < 0) throw broken('malformed HTTP response', line);
  const code = line.slice(at).replace(/^ +/, '').split(' ', 1)[0] ?? '';
  if (!/^(?:\d{3}|\+\d\d)$/.test(code)) throw broken('malformed HTTP status code', code);
  const proto = line.slice(0, at);
  const [, version] = /^HTTP\/(\d\.\d)$/.exec(proto) ?? [];
  if (version === undefined) throw broken('malformed HTTP version', proto);
  return { status: Number(code), hasChunks: version >= '1.1' };
}

const broken = (what: string, line: string): BrokenResponse =>
  new BrokenResponse(`${what} ${JSON.stringify(line.slice(0, QUOTED_CHARACTERS))}`);

/** The headers that matter; others are checked and dropped, however many there are. */
interface Headers {
  location: string[];
  'content-length': string[];
  'transfer-encoding': string[];
}

const isWanted = (name: string): name is keyof Headers =>
  name === 'location' || name === 'content-length' || name === 'transfer-encoding';

async function readHeaders(reader: ByteReader, limit: number): Promise<Headers> {
  const headers: Headers = { location: [], 'content-length': [], 'transfer-encoding': [] };
  if (isBlank((await reader.peek(1))[0]))
    throw broken('malformed MIME header initial line:', (await boundedLine(reader, limit)).text);
  for (;;) {
    const line = await readFolded(reader, limit);
    if (line === '') return headers;
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    // A name with a blank in it is accepted and matches nothing.
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z ]+$/.test(name) || hasControl(line))
      throw broken('malformed MIME header line:', line);
    const known = name.toLowerCase();
    if (isWanted(known) && headers[known].length < MOST_VALUES)
      headers[known].push(line.slice(colon + 1).replace(/^[ \t]+/, ''));
  }
}

const isBlank = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09;
const trim = (text: string): string => text.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '');

function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if ((code < 0x20 && code !== 9) || code === 0x7f) return true;
  }
  return false;
}

/** A header line with its continuations; '' ends the header. */
async function readFolded(reader: ByteReader, limit: number): Promise<string> {
  const first = await boundedLine(reader, limit);
  if (first.text === '') return '';
  if (!first.text.includes(':')) throw broken('malformed MIME header: missing colon:', first.text);
  let line = trim(first.text);
  while (isBlank((await reader.peek(1))[0])) {
    const more = await boundedLine(reader, limit);
    if (hasControl(more.text)) throw broken('malformed MIME header line:', more.text);
    if (line.length < KEPT_LINE_BYTES) line += ` ${trim(more.text)}`;
  }
  return line;
}

async function boundedLine(reader: ByteReader, limit: number): Promise<Line> {
  const line = await reader.line(limit);
  if (reader.consumed > limit)
    throw new BrokenResponse(
      `net/http: server response headers exceeded ${MAX_HEADER_BYTES} bytes; aborted`,
    );
  if (line === undefined) throw new BrokenResponse('unexpected EOF');
  if (line.dirty) throw broken('malformed MIME header line:', line.text);
  return line;
}

/** How long the body is: a transfer encoding overrides lengths, equal lengths count as one. */
function framing(status: number, hasChunks: boolean, headers: Headers): ResponseHead['body'] {
  const encodings = hasChunks ? headers['transfer-encoding'] : [];
  if (encodings.length > 1)
    throw new BrokenResponse(`too many transfer encodings: ${quotedList(encodings)}`);
  const [encoding] = encodings;
  if (encoding !== undefined && encoding.toLowerCase() !== 'chunked')
    throw broken('unsupported transfer encoding:', encoding);
  const length = contentLength(headers['content-length']);
  if ((status >= 100 && status <= 199) || status === 204 || status === 304) return 'none';
  if (encoding !== undefined) return 'chunked';
  return length === undefined ? 'untilEnd' : { bytes: length };
}

const quotedList = (values: string[]): string =>
  `[${values.map((value) => JSON.stringify(value)).join(' ')}]`.slice(0, QUOTED_CHARACTERS);

function contentLength(values: string[]): number | undefined {
  const [first, ...others] = values.map(trim);
  if (first === undefined) return undefined;
  if (others.some((other) => other !== first))
    throw new BrokenResponse(
      `http: message cannot contain multiple Content-Length headers; got ${quotedList(values)}`,
    );
  if (first === '') throw broken('invalid empty Content-Length', first);
  if (!/^\d+$/.test(first) || BigInt(first.slice(0, 400)) >= 1n << 63n)
    throw broken('bad Content-Length', first);
  return Number(first);
}
