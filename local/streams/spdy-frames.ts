// SPDY/3.1 frames as kubectl and client-go use them: encoding and decoding, without header compression.
// Covers only what moby/spdystream uses: SYN_STREAM, SYN_REPLY, RST_STREAM, SETTINGS, PING, GOAWAY, HEADERS, WINDOW_UPDATE, data.
import { setOwn } from '../../src/own.ts';

export const SYN_STREAM = 1;
export const SYN_REPLY = 2;
export const RST_STREAM = 3;
export const PING = 6;
export const GOAWAY = 7;
export const FLAG_FIN = 1;

const HEADER_BYTES = 8;
const VERSION = 3;
/** Control frames hold a stream's headers; a peer that announces more is not a Kubernetes client. */
const MAX_CONTROL_BYTES = 64 * 1024;

export type Frame =
  | { kind: 'control'; type: number; flags: number; payload: Buffer }
  /** A data frame, or a piece of one: its flags come with the last piece. */
  | { kind: 'data'; stream: number; flags: number; payload: Buffer };

/** Splits a byte stream into frames. Data is passed on as it arrives, so at most one control frame is buffered. */
export class FrameReader {
  private rest: Buffer = Buffer.alloc(0);
  private data: { stream: number; flags: number; left: number } | undefined;

  push(chunk: Buffer): Frame[] {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const frames: Frame[] = [];
    for (let frame = this.next(); frame; frame = this.next()) frames.push(frame);
    return frames;
  }

  private next(): Frame | undefined {
    if (this.data)
      return this.rest.length > 0 || this.data.left === 0 ? this.piece(this.data) : undefined;
    if (this.rest.length < HEADER_BYTES) return undefined;
    const [flags, length] = [this.rest.readUInt8(4), this.rest.readUIntBE(5, 3)];
    if ((this.rest.readUInt8(0) & 0x80) === 0) {
      this.data = { stream: this.rest.readUInt32BE(0) & 0x7fffffff, flags, left: length };
      this.rest = this.rest.subarray(HEADER_BYTES);
      return this.next();
    }
    if (length > MAX_CONTROL_BYTES) throw new Error(`SPDY control frame of ${length} bytes`);
    if (this.rest.length < HEADER_BYTES + length) return undefined;
    const type = this.rest.readUInt16BE(2);
    return {
      kind: 'control',
      type,
      flags,
      payload: this.cut(HEADER_BYTES + length).subarray(HEADER_BYTES),
    };
  }

  private piece(data: { stream: number; flags: number; left: number }): Frame {
    const payload = this.cut(Math.min(data.left, this.rest.length));
    data.left -= payload.length;
    if (data.left === 0) this.data = undefined;
    return { kind: 'data', stream: data.stream, flags: data.left === 0 ? data.flags : 0, payload };
  }

  private cut(length: number): Buffer {
    const bytes = this.rest.subarray(0, length);
    this.rest = this.rest.subarray(length);
    return bytes;
  }
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

/** A name-value block, uncompressed. */
export function encodeHeaders(headers: Record<string, string>): Buffer {
  const parts: Buffer[] = [uint32(Object.keys(headers).length)];
  for (const [name, value] of Object.entries(headers)) {
    for (const text of [name, value])
      parts.push(uint32(Buffer.byteLength(text)), Buffer.from(text));
  }
  return Buffer.concat(parts);
}

/** Decodes a decompressed name-value block; names are lower case. */
export function decodeHeaders(block: Buffer): Record<string, string> {
  // Names come from the client.
  const headers = Object.create(null) as Record<string, string>;
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
