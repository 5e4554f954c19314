// exec and attach over SPDY (kubectl's fallback and older clients): one SPDY stream per channel, named by its `streamtype`.
import { sendsStatus } from './channel-messages.ts';
import {
  CLOSE,
  plainError,
  RESIZE,
  STATUS,
  STDERR,
  STDIN,
  STDOUT,
  type ChannelClient,
} from './channels.ts';
import type { SpdyConnection, SpdyStream } from './spdy-connection.ts';

const CHANNEL_OF = new Map([
  ['stdin', STDIN],
  ['stdout', STDOUT],
  ['stderr', STDERR],
  ['error', STATUS],
  ['resize', RESIZE],
]);

/** How much early input is kept until there is a reader; beyond this the client waits. */
const MAX_EARLY_BYTES = 1 << 20;

/** Which streams the client will open, according to its query. */
export interface WantedStreams {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

export class SpdyClient implements ChannelClient {
  /** What the client sends before there is a reader: kubectl writes its stdin at once. */
  private readonly early: [channel: number, bytes: Buffer][] = [];
  private earlyBytes = 0;
  private taken: () => void = () => undefined;
  private readonly whenTaken = new Promise<void>((resolve) => {
    this.taken = resolve;
  });
  private take: ChannelClient['onFrame'] = (channel, bytes) => {
    this.early.push([channel, bytes]);
    this.earlyBytes += bytes.length;
    return this.earlyBytes > MAX_EARLY_BYTES ? this.whenTaken : Promise.resolve();
  };
  onEnd: ChannelClient['onEnd'] = () => undefined;
  private readonly streams = new Map<number, SpdyStream>();
  private readonly wanted: number;
  private allOpen: () => void = () => undefined;
  /** Resolves when every stream of the query is open. */
  readonly ready: Promise<void>;
  private connection: SpdyConnection | undefined;

  constructor(
    { stdin, stdout, stderr, tty }: WantedStreams,
    private readonly protocol: string,
  ) {
    this.wanted = 1 + [stdin, stdout, stderr && !tty, tty].filter(Boolean).length;
    this.ready = new Promise((resolve) => {
      this.allOpen = resolve;
    });
  }

  get onFrame(): ChannelClient['onFrame'] {
    return this.take;
  }

  set onFrame(take: ChannelClient['onFrame']) {
    this.take = take;
    const given = this.early.splice(0).map(([channel, bytes]) => take(channel, bytes));
    Promise.all(given).then(this.taken, this.taken);
  }

  attach(connection: SpdyConnection): void {
    this.connection = connection;
  }

  accept(stream: SpdyStream): void {
    const channel = CHANNEL_OF.get(stream.headers['streamtype'] ?? '');
    if (channel === undefined) return stream.reset();
    this.streams.set(channel, stream);
    stream.onData = (bytes) => {
      if (bytes) return this.onFrame(channel, bytes);
      return channel === STDIN ? this.onFrame(CLOSE, Buffer.from([STDIN])) : Promise.resolve();
    };
    if (this.streams.size >= this.wanted) this.allOpen();
  }

  async send(channel: number, bytes: Buffer): Promise<void> {
    if (channel === CLOSE) return this.streams.get(bytes[0] ?? STATUS)?.end();
    const content = channel === STATUS && !sendsStatus(this.protocol) ? plainError(bytes) : bytes;
    if (content) await this.streams.get(channel)?.write(content);
  }

  async finish(): Promise<void> {
    for (const stream of this.streams.values()) await stream.end();
    await this.connection?.goAway();
  }
}
