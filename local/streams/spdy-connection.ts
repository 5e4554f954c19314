// One SPDY/3.1 connection from a Kubernetes client, over a raw socket or tunnelled in a WebSocket: accepts the client's
// streams and moves their bytes. kubectl sends no WINDOW_UPDATE, so back-pressure is the carrier's: it pauses until a
// stream's bytes are consumed.
import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib';
import { SPDY_DICTIONARY } from './spdy-dictionary.ts';
import {
  controlFrame,
  dataFrame,
  decodeHeaders,
  encodeHeaders,
  FLAG_FIN,
  FrameReader,
  GOAWAY,
  PING,
  RST_STREAM,
  SYN_REPLY,
  SYN_STREAM,
  uint32,
  type Frame,
} from './spdy-frames.ts';

const CANCEL = 5;

/** What carries the bytes. `write` resolves when the carrier accepts more. */
export interface Carrier {
  write(bytes: Buffer): Promise<void>;
  pause(): void;
  resume(): void;
  /** Closes after everything written so far. */
  close(): void;
  /** Closes at once. */
  destroy(): void;
}

export interface SpdyStream {
  id: number;
  headers: Record<string, string>;
  /** The client's bytes; `undefined` is the end (half-close). Resolves when more can be taken. */
  onData: (bytes: Buffer | undefined) => Promise<void>;
  /** The client reset the stream, or its connection is gone. */
  onGone: () => void;
  write(bytes: Buffer): Promise<void>;
  /** Half-closes our side. */
  end(): Promise<void>;
  /** Refuses or resets the stream. */
  reset(): void;
}

const MAX_DATA_BYTES = 32 * 1024;
/** Headers of one stream, decompressed; a client's are below 1 KiB. */
const MAX_HEADER_BYTES = 64 * 1024;
/** Concurrent streams: two for each forwarded connection. */
const MAX_STREAMS = 4096;

interface Open {
  stream: SpdyStream;
  /** Which sides may still send. */
  theirs: boolean;
  ours: boolean;
}

export class SpdyConnection {
  private readonly reader = new FrameReader();
  private readonly inflate: Inflate;
  private readonly deflate: Deflate;
  private inflated: Buffer[] = [];
  private inflatedBytes = 0;
  private readonly deflated: Buffer[] = [];
  private readonly streams = new Map<number, Open>();
  private over = false;
  // Header blocks of one direction share a compression context, so they are processed strictly in order.
  private incoming: Promise<void> = Promise.resolve();
  private outgoing: Promise<void> = Promise.resolve();

  constructor(
    private readonly carrier: Carrier,
    private readonly onStream: (stream: SpdyStream) => void,
  ) {
    this.inflate = createInflate({ dictionary: SPDY_DICTIONARY });
    this.deflate = createDeflate({ dictionary: SPDY_DICTIONARY });
    this.inflate.on('data', (chunk: Buffer) => this.keepInflated(chunk));
    this.deflate.on('data', (chunk: Buffer) => this.deflated.push(chunk));
    for (const codec of [this.inflate, this.deflate]) codec.on('error', () => this.fail());
  }

  /** Bytes from the carrier, in order. A malformed frame ends the connection. */
  receive(chunk: Buffer): void {
    this.carrier.pause();
    this.incoming = this.incoming
      .then(async () => {
        for (const frame of this.over ? [] : this.reader.push(chunk))
          if (!this.over) await this.take(frame);
      })
      .catch(() => this.fail())
      .then(() => this.carrier.resume());
  }

  /** The carrier ended, and with it every open stream. */
  ended(): void {
    if (this.over) return;
    this.over = true;
    const open = [...this.streams.values()];
    this.streams.clear();
    for (const { stream } of open) stream.onGone();
    this.inflate.close();
    this.deflate.close();
  }

  /** Sends GOAWAY and closes the carrier after everything written so far. */
  async goAway(): Promise<void> {
    await this.send(controlFrame(GOAWAY, 0, uint32(0, 0)));
    this.carrier.close();
  }

  private fail(): void {
    this.ended();
    this.carrier.destroy();
  }

  private send(bytes: Buffer): Promise<void> {
    const sent = this.outgoing.then(() => this.carrier.write(bytes));
    // The sender of this frame sees the failure; later frames have their own.
    this.outgoing = sent.catch(() => undefined);
    return sent;
  }

  private async take(frame: Frame): Promise<void> {
    if (frame.kind === 'data') {
      const open = this.streams.get(frame.stream);
      if (open && frame.payload.length > 0) await open.stream.onData(frame.payload);
      if (open && (frame.flags & FLAG_FIN) !== 0) await this.half(open, 'theirs');
      return;
    }
    if (frame.type === SYN_STREAM) return this.open(frame.payload, frame.flags);
    if (frame.type === PING) return this.send(controlFrame(PING, 0, frame.payload));
    if (frame.type === RST_STREAM) {
      const id = frame.payload.readUInt32BE(0) & 0x7fffffff;
      const open = this.streams.get(id);
      this.streams.delete(id);
      open?.stream.onGone();
    }
  }

  private async half(open: Open, side: 'theirs' | 'ours'): Promise<void> {
    if (!open[side]) return;
    open[side] = false;
    if (!open.theirs && !open.ours) this.streams.delete(open.stream.id);
    await (side === 'theirs'
      ? open.stream.onData(undefined)
      : this.send(dataFrame(open.stream.id, FLAG_FIN, Buffer.alloc(0))));
  }

  private async open(payload: Buffer, flags: number): Promise<void> {
    const id = payload.readUInt32BE(0) & 0x7fffffff;
    if (this.streams.size >= MAX_STREAMS || this.streams.has(id))
      throw new Error(`SPDY stream ${id} cannot be opened`);
    const headers = await this.decompress(payload.subarray(10));
    const stream: SpdyStream = {
      id,
      headers,
      onData: () => Promise.resolve(),
      onGone: () => undefined,
      write: async (bytes) => {
        for (let at = 0; at < bytes.length; at += MAX_DATA_BYTES)
          await this.send(dataFrame(id, 0, bytes.subarray(at, at + MAX_DATA_BYTES)));
      },
      end: () => this.half(open, 'ours'),
      reset: () => {
        this.streams.delete(id);
        this.send(controlFrame(RST_STREAM, 0, uint32(id, CANCEL))).catch(() => this.fail());
      },
    };
    const open: Open = { stream, theirs: true, ours: true };
    this.streams.set(id, open);
    // The reply must precede any data, or kubectl hangs on a refused port instead of printing its error.
    await this.reply(id);
    this.onStream(stream);
    if ((flags & FLAG_FIN) !== 0) await this.half(open, 'theirs');
  }

  private keepInflated(chunk: Buffer): void {
    this.inflatedBytes += chunk.length;
    if (this.inflatedBytes <= MAX_HEADER_BYTES) this.inflated.push(chunk);
    else this.inflate.destroy(new Error(`SPDY headers of more than ${MAX_HEADER_BYTES} bytes`));
  }

  private async decompress(block: Buffer): Promise<Record<string, string>> {
    this.inflated = [];
    this.inflatedBytes = 0;
    await new Promise<void>((resolve, reject) => {
      this.inflate.once('close', reject);
      this.inflate.write(block, (error) => {
        this.inflate.off('close', reject);
        if (error) reject(error);
        else resolve();
      });
    });
    return decodeHeaders(Buffer.concat(this.inflated));
  }

  private reply(id: number): Promise<void> {
    const sent = this.outgoing.then(async () => {
      this.deflated.length = 0;
      this.deflate.write(encodeHeaders({}));
      await new Promise<void>((resolve) => this.deflate.flush(constants.Z_SYNC_FLUSH, resolve));
      await this.carrier.write(
        controlFrame(SYN_REPLY, 0, Buffer.concat([uint32(id), ...this.deflated])),
      );
    });
    // The sender of this frame sees the failure; later frames have their own.
    this.outgoing = sent.catch(() => undefined);
    return sent;
  }
}
