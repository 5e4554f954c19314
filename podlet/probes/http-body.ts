// The beginning of a response's body as Go's client reads it: its end by length, by chunks or by the connection's end.
import type { ByteReader } from './byte-reader.ts';
import { BrokenResponse } from './http-response.ts';
import type { ResponseHead } from './http-response.ts';

const LF = 10;
/** Chunk lines, and trailers: what Go's buffered reader holds. */
const MAX_CHUNK_LINE_BYTES = 4096;
/** What chunks may cost beyond their data: 16 bytes each, twice the data, and this. */
const MAX_CHUNK_EXCESS_BYTES = 16 * 1024;

/** At most `most` bytes of the body; the rest is left unread. Throws BrokenResponse where the body breaks off before. */
export async function readBody(
  reader: ByteReader,
  body: ResponseHead['body'],
  most: number,
): Promise<Buffer> {
  if (body === 'none' || most <= 0) return Buffer.alloc(0);
  if (body === 'chunked') return readChunks(reader, most);
  const chunks: Buffer[] = [];
  const wanted = body === 'untilEnd' ? most : Math.min(most, body.bytes);
  let size = 0;
  while (size < wanted) {
    const bytes = await reader.take(wanted - size);
    if (bytes.length === 0) {
      if (body !== 'untilEnd') throw new BrokenResponse('unexpected EOF');
      break;
    }
    chunks.push(Buffer.from(bytes));
    size += bytes.length;
  }
  return Buffer.concat(chunks);
}

async function readChunks(reader: ByteReader, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let [size, excess] = [0, 0];
  for (;;) {
    const line = await chunkLine(reader);
    const length = chunkLength(line);
    excess = Math.max(0, excess + line.length + 2 - 16 - 2 * length);
    if (excess > MAX_CHUNK_EXCESS_BYTES)
      throw new BrokenResponse('chunked encoding contains too much non-data');
    if (length === 0) break;
    const bytes = await readBody(reader, { bytes: length }, most - size);
    chunks.push(bytes);
    size += bytes.length;
    if (size >= most) return Buffer.concat(chunks);
    await chunkEnd(reader);
  }
  await skipTrailer(reader);
  return Buffer.concat(chunks);
}

/** A chunk line ends with CR LF, nothing less. */
async function chunkLine(reader: ByteReader): Promise<string> {
  for (let wanted = 1; wanted <= MAX_CHUNK_LINE_BYTES; wanted += 1) {
    const seen = await reader.peek(wanted);
    if (seen.length < wanted) throw new BrokenResponse('unexpected EOF');
    if (seen[wanted - 1] !== LF) continue;
    const line = (await reader.take(wanted)).toString('latin1');
    const carriage = line.indexOf('\r');
    if (carriage < 0) throw new BrokenResponse('chunked line ends with bare LF');
    if (carriage !== line.length - 2) throw new BrokenResponse('invalid CR in chunked line');
    return line.slice(0, -2);
  }
  throw new BrokenResponse('header line too long');
}

function chunkLength(line: string): number {
  const [digits = ''] = line.replace(/[ \t]+$/, '').split(';', 1);
  if (digits === '') throw new BrokenResponse('empty hex number for chunk length');
  if (/[^0-9a-f]/i.test(digits.slice(0, 16)))
    throw new BrokenResponse('invalid byte in chunk length');
  if (digits.length > 16) throw new BrokenResponse('http chunk length too large');
  return Number.parseInt(digits, 16);
}

async function chunkEnd(reader: ByteReader): Promise<void> {
  const end = await reader.peek(2);
  if (end.length < 2) throw new BrokenResponse('unexpected EOF');
  if (end.toString('latin1') !== '\r\n') throw new BrokenResponse('malformed chunked encoding');
  await reader.take(2);
}

/** What may follow the last chunk: headers that nobody reads, but that end. */
async function skipTrailer(reader: ByteReader): Promise<void> {
  const start = await reader.peek(2);
  if (start.toString('latin1') === '\r\n') return;
  if (start.length < 2) throw new BrokenResponse('http: unexpected EOF reading trailer');
  for (let wanted = 4; wanted <= MAX_CHUNK_LINE_BYTES; wanted += 1) {
    const seen = await reader.peek(wanted);
    if (seen.includes('\r\n\r\n')) return;
    if (seen.length < wanted) break;
  }
  throw new BrokenResponse('http: suspiciously long trailer after chunked body');
}
