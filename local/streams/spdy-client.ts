// exec and attach over SPDY (kubectl's fallback and older clients): one SPDY stream per channel, told apart by `streamtype`.
import { own } from '../../src/own.ts';
import { CLOSE, RESIZE, STATUS, STDERR, STDIN, STDOUT, type ChannelClient } from './channels.ts';
import type { SpdyConnection, SpdyStream } from './spdy-connection.ts';

const CHANNEL_OF: Record<string, number> = { stdin: STDIN, stdout: STDOUT, stderr: STDERR, error: STATUS, resize: RESIZE };

/** Which streams the client will open, by its query. */
export interface WantedStreams {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

export class SpdyClient implements ChannelClient {
  /** What the client sends before somebody takes it: kubectl writes its stdin at once. */
  private readonly early: [channel: number, bytes: Buffer][] = [];
  private take: ChannelClient['onFrame'] = (channel, bytes) => { this.early.push([channel, bytes]); };
  onEnd: ChannelClient['onEnd'] = () => undefined;
  private readonly streams = new Map<number, SpdyStream>();
  private readonly wanted: number;
  private allOpen: () => void = () => undefined;
  /** Resolves when every stream of the query is open. */
  readonly ready: Promise<void>;
  private connection: SpdyConnection | undefined;

  constructor({ stdin, stdout, stderr, tty }: WantedStreams) {
    this.wanted = 1 + [stdin, stdout, stderr && !tty, tty].filter(Boolean).length;
    this.ready = new Promise((resolve) => { this.allOpen = resolve; });
  }

  get onFrame(): ChannelClient['onFrame'] {
    return this.take;
  }

  set onFrame(take: ChannelClient['onFrame']) {
    this.take = take;
    for (const [channel, bytes] of this.early.splice(0)) take(channel, bytes);
  }

  attach(connection: SpdyConnection): void {
    this.connection = connection;
  }

  accept(stream: SpdyStream): void {
    const channel = own(CHANNEL_OF, stream.headers['streamtype'] ?? '');
    if (channel === undefined) return void stream.reset();
    this.streams.set(channel, stream);
    stream.onData = (bytes) => {
      if (bytes) this.onFrame(channel, bytes);
      else if (channel === STDIN) this.onFrame(CLOSE, Buffer.from([STDIN]));
    };
    if (this.streams.size >= this.wanted) this.allOpen();
  }

  async send(channel: number, bytes: Buffer): Promise<void> {
    if (channel === CLOSE) return this.streams.get(bytes[0] ?? STATUS)?.end();
    await this.streams.get(channel)?.write(bytes);
  }

  async finish(): Promise<void> {
    for (const stream of this.streams.values()) await stream.end();
    await this.connection?.goAway();
  }
}
