// SPDY/3.1 frames as kubectl and client-go speak them: encoding and decoding, header compression apart.
// Only what moby/spdystream uses: SYN_STREAM, SYN_REPLY, RST_STREAM, SETTINGS, PING, GOAWAY, HEADERS, WINDOW_UPDATE and data.
import { setOwn } from '../../src/own.ts';

export const SYN_STREAM = 1;
export const SYN_REPLY = 2;
export const RST_STREAM = 3;
export const PING = 6;
export const GOAWAY = 7;
export const FLAG_FIN = 1;

const HEADER_BYTES = 8;
const VERSION = 3;
/** A peer that announces more than this is not a Kubernetes client. */
const MAX_FRAME_BYTES = 1 << 24;

export type Frame =
  | { kind: 'control'; type: number; flags: number; payload: Buffer }
  | { kind: 'data'; stream: number; flags: number; payload: Buffer };

/** Cuts a byte stream into frames; `push` answers the frames that are complete. */
export class FrameReader {
  private rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): Frame[] {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const frames: Frame[] = [];
    while (this.rest.length >= HEADER_BYTES) {
      const length = this.rest.readUIntBE(5, 3);
      if (length > MAX_FRAME_BYTES) throw new Error(`SPDY frame of ${length} bytes`);
      if (this.rest.length < HEADER_BYTES + length) break;
      frames.push(parse(this.rest.subarray(0, HEADER_BYTES + length)));
      this.rest = this.rest.subarray(HEADER_BYTES + length);
    }
    return frames;
  }
}

function parse(bytes: Buffer): Frame {
  const flags = bytes.readUInt8(4);
  const payload = bytes.subarray(HEADER_BYTES);
  if ((bytes.readUInt8(0) & 0x80) === 0) return { kind: 'data', stream: bytes.readUInt32BE(0) & 0x7fffffff, flags, payload };
  return { kind: 'control', type: bytes.readUInt16BE(2), flags, payload };
}

export function controlFrame(type: number, flags: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUInt16BE(0x8000 | VERSION, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt8(flags, 4);
  head.writeUIntBE(payload.length, 5, 3);
  return Buffer.concat([head, payload]);
}

export function dataFrame(stream: number, flags: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUInt32BE(stream & 0x7fffffff, 0);
  head.writeUInt8(flags, 4);
  head.writeUIntBE(payload.length, 5, 3);
  return Buffer.concat([head, payload]);
}

export function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeUInt32BE(value >>> 0, 4 * index));
  return bytes;
}

/** A name-value block before compression. */
export function encodeHeaders(headers: Record<string, string>): Buffer {
  const parts: Buffer[] = [uint32(Object.keys(headers).length)];
  for (const [name, value] of Object.entries(headers)) {
    for (const text of [name, value]) parts.push(uint32(Buffer.byteLength(text)), Buffer.from(text));
  }
  return Buffer.concat(parts);
}

/** A decompressed name-value block; names in lower case. */
export function decodeHeaders(block: Buffer): Record<string, string> {
  const headers: Record<string, string> = {};
  let at = 4;
  const text = (): string => {
    const length = block.readUInt32BE(at);
    const value = block.toString('utf8', at + 4, at + 4 + length);
    at += 4 + length;
    return value;
  };
  for (let left = block.readUInt32BE(0); left > 0; left--) {
    const name = text().toLowerCase();
    setOwn(headers, name, text());
  }
  return headers;
}
