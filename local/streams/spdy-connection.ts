// One SPDY/3.1 connection from a Kubernetes client, over a raw socket or tunnelled in a WebSocket:
// accepts the client's streams and lets each be read and written. kubectl sends no WINDOW_UPDATE, so only the
// carrier's own back-pressure counts.
import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib';
import { SPDY_DICTIONARY } from './spdy-dictionary.ts';
import { controlFrame, dataFrame, decodeHeaders, encodeHeaders, FLAG_FIN, FrameReader, GOAWAY, PING, RST_STREAM, SYN_REPLY, SYN_STREAM, uint32, type Frame } from './spdy-frames.ts';

const CANCEL = 5;

/** What carries the bytes. `write` resolves when the carrier can take more. */
export interface Carrier {
  write(bytes: Buffer): Promise<void>;
  close(): void;
}

export interface SpdyStream {
  id: number;
  headers: Record<string, string>;
  /** The client's bytes; `undefined` is the end (half close). */
  onData: (bytes: Buffer | undefined) => void;
  write(bytes: Buffer): Promise<void>;
  /** Half-closes our side. */
  end(): Promise<void>;
  reset(): Promise<void>;
}

const MAX_DATA_BYTES = 32 * 1024;

export class SpdyConnection {
  private readonly reader = new FrameReader();
  private readonly inflate: Inflate;
  private readonly deflate: Deflate;
  private readonly inflated: Buffer[] = [];
  private readonly deflated: Buffer[] = [];
  private readonly streams = new Map<number, SpdyStream>();
  // Header blocks of one direction share a compression context: strictly one after the other.
  private incoming: Promise<void> = Promise.resolve();
  private outgoing: Promise<void> = Promise.resolve();

  constructor(private readonly carrier: Carrier, private readonly onStream: (stream: SpdyStream) => void) {
    this.inflate = createInflate({ dictionary: SPDY_DICTIONARY });
    this.deflate = createDeflate({ dictionary: SPDY_DICTIONARY });
    this.inflate.on('data', (chunk: Buffer) => this.inflated.push(chunk));
    this.deflate.on('data', (chunk: Buffer) => this.deflated.push(chunk));
    for (const codec of [this.inflate, this.deflate]) codec.on('error', () => this.carrier.close());
  }

  /** Bytes from the carrier, in order. A malformed frame closes the connection. */
  receive(chunk: Buffer): void {
    let frames: Frame[];
    try {
      frames = this.reader.push(chunk);
    } catch {
      return this.carrier.close();
    }
    for (const frame of frames) this.incoming = this.incoming.then(() => this.take(frame)).catch(() => this.carrier.close());
  }

  /** The carrier ended: every open stream ends too. */
  ended(): void {
    this.incoming = this.incoming.then(() => {
      for (const stream of this.streams.values()) stream.onData(undefined);
      this.streams.clear();
      this.inflate.close();
      this.deflate.close();
    });
  }

  /** Says goodbye and closes the carrier after everything that was written. */
  async goAway(): Promise<void> {
    await this.send(controlFrame(GOAWAY, 0, uint32(0, 0)));
    this.carrier.close();
  }

  private send(bytes: Buffer): Promise<void> {
    const sent = this.outgoing.then(() => this.carrier.write(bytes));
    this.outgoing = sent.catch(() => undefined);
    return sent;
  }

  private async take(frame: Frame): Promise<void> {
    if (frame.kind === 'data') {
      const stream = this.streams.get(frame.stream);
      if (stream && frame.payload.length > 0) stream.onData(frame.payload);
      if (stream && (frame.flags & FLAG_FIN) !== 0) stream.onData(undefined);
      return;
    }
    if (frame.type === SYN_STREAM) return this.open(frame.payload, frame.flags);
    if (frame.type === PING) return this.send(controlFrame(PING, 0, frame.payload));
    if (frame.type === RST_STREAM) {
      const id = frame.payload.readUInt32BE(0) & 0x7fffffff;
      this.streams.get(id)?.onData(undefined);
      this.streams.delete(id);
    }
  }

  private async open(payload: Buffer, flags: number): Promise<void> {
    const id = payload.readUInt32BE(0) & 0x7fffffff;
    const headers = await this.decompress(payload.subarray(10));
    const stream: SpdyStream = {
      id,
      headers,
      onData: () => undefined,
      write: async (bytes) => {
        for (let at = 0; at < bytes.length; at += MAX_DATA_BYTES) await this.send(dataFrame(id, 0, bytes.subarray(at, at + MAX_DATA_BYTES)));
      },
      end: () => this.send(dataFrame(id, FLAG_FIN, Buffer.alloc(0))),
      reset: () => this.send(controlFrame(RST_STREAM, 0, uint32(id, CANCEL))),
    };
    this.streams.set(id, stream);
    // The reply must precede any data of ours, or a refused port hangs instead of printing its error.
    await this.reply(id);
    this.onStream(stream);
    if ((flags & FLAG_FIN) !== 0) stream.onData(undefined);
  }

  private async decompress(block: Buffer): Promise<Record<string, string>> {
    this.inflated.length = 0;
    await new Promise<void>((resolve, reject) => this.inflate.write(block, (error) => (error ? reject(error) : resolve())));
    return decodeHeaders(Buffer.concat(this.inflated));
  }

  private reply(id: number): Promise<void> {
    const sent = this.outgoing.then(async () => {
      this.deflated.length = 0;
      this.deflate.write(encodeHeaders({}));
      await new Promise<void>((resolve) => this.deflate.flush(constants.Z_SYNC_FLUSH, resolve));
      await this.carrier.write(controlFrame(SYN_REPLY, 0, Buffer.concat([uint32(id), ...this.deflated])));
    });
    this.outgoing = sent.catch(() => undefined);
    return sent;
  }
}
