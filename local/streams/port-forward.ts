// kubectl port-forward: per connection an error and a data stream with the same `requestid` (SPDY, raw or tunnelled in
// a WebSocket), or client-node's channels 2i and 2i+1 per port. Each data stream becomes one session of the podlet.
import type { WebSocket } from 'ws';
import { onChannelMessage, rest, sendOnChannel, sendPaced, sendTo } from './channel-messages.ts';
import type { SpdyStream } from './spdy-connection.ts';

/** Opens the podlet's end of one connection to `port`; undefined: the podlet did not dial in. */
export type OpenPort = (port: number) => Promise<WebSocket | undefined>;

/** How long a stream waits for its counterpart (kubelet `streamCreationTimeout`). */
export const STREAM_CREATION_MS = 30_000;

const MAX_EARLY_BYTES = 256 * 1024;

interface Pair {
  error?: SpdyStream;
  data?: SpdyStream;
  /** Ends the wait for the counterpart. */
  complete: AbortController;
}

type Streams = Required<Pick<Pair, 'error' | 'data'>>;

export interface PortForward {
  open: OpenPort;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Aborted when the client's connection is gone. */
  gone: AbortSignal;
}

/** The port that a stream's headers name; undefined where Kubernetes refuses the stream (kubelet `httpStreamReceived`). */
function portOf({
  port = '',
  streamtype = '',
}: Record<string, string | undefined>): number | undefined {
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  return number >= 1 && number <= 65_535 && (streamtype === 'error' || streamtype === 'data')
    ? number
    : undefined;
}

/** Returns the function that takes the client's streams. */
export function spdyPortForward({ open, sleep, gone }: PortForward): (stream: SpdyStream) => void {
  const pairs = new Map<string, Pair>();
  const abandon = (requestId: string, pair: Pair): void => {
    if (pairs.get(requestId) !== pair) return;
    pairs.delete(requestId);
    pair.error?.reset();
    pair.data?.reset();
  };
  return (stream) => {
    const { requestid = '', streamtype = '' } = stream.headers;
    const port = portOf(stream.headers);
    if (port === undefined) return stream.reset();
    const pair: Pair = pairs.get(requestid) ?? { complete: new AbortController() };
    if (!pairs.has(requestid))
      // A sleep that ends early finds its pair forwarded, or the client gone.
      sleep(STREAM_CREATION_MS, AbortSignal.any([gone, pair.complete.signal]))
        .then(() => abandon(requestid, pair))
        .catch(() => undefined);
    pairs.set(requestid, pair);
    if (streamtype === 'error') pair.error = stream;
    else pair.data = stream;
    const { error, data } = pair;
    if (!error || !data) return;
    pairs.delete(requestid);
    pair.complete.abort();
    forward({ error, data }, port, open).catch(() => data.reset());
  };
}

async function forward({ error, data }: Streams, port: number, open: OpenPort): Promise<void> {
  const early = earlyData(data);
  let left = false;
  data.onGone = () => {
    left = true;
  };
  // The client is answered below; the podlet's log has the reason.
  const podlet = await open(port).catch(() => undefined);
  if (!podlet) {
    early.dropped();
    return fail({ error, data }, port, 'the pod did not answer');
  }
  if (left) return podlet.close();
  data.onGone = () => podlet.close();
  // A half-close reaches the other side as an empty message.
  early.taken((bytes) => sendPaced(podlet, bytes ?? Buffer.alloc(0)));
  let toClient: Promise<void> = Promise.resolve();
  podlet.on('message', (bytes: Buffer) => {
    podlet.pause();
    toClient = toClient
      .then(() => data.write(bytes))
      .catch(() => podlet.close())
      .then(() => podlet.resume());
  });
  podlet.on('close', (code, reason) => {
    // A failed send means that the client is gone.
    toClient = toClient
      .then(() =>
        code === 1011 ? fail({ error, data }, port, reason.toString()) : end({ error, data }),
      )
      .catch(() => undefined);
  });
  podlet.resume();
}

/** Buffers a little of what arrives before the podlet has connected; the client holds back the rest. */
function earlyData(data: SpdyStream): {
  taken: (take: SpdyStream['onData']) => void;
  dropped: () => void;
} {
  const early: (Buffer | undefined)[] = [];
  let bytes = 0;
  let goOn = (): void => undefined;
  const dialled = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  data.onData = (piece) => {
    early.push(piece);
    bytes += piece?.length ?? 0;
    return bytes > MAX_EARLY_BYTES ? dialled : Promise.resolve();
  };
  const taken = (take: SpdyStream['onData']): void => {
    data.onData = take;
    Promise.all(early.splice(0).map(take)).then(goOn, goOn);
  };
  return { taken, dropped: () => taken(() => Promise.resolve()) };
}

async function end({ error, data }: Streams): Promise<void> {
  await data.end();
  await error.end();
}

async function fail({ error, data }: Streams, port: number, why: string): Promise<void> {
  await error.write(
    Buffer.from(
      `error forwarding port ${port} to pod: failed to execute portforward in network namespace: ${why}`,
    ),
  );
  await end({ error, data });
}

/** client-node: channel 2i carries the data of port i, 2i+1 its errors; each starts with the port as 16 bits, little endian. */
export async function channelPortForward(
  socket: WebSocket,
  ports: number[],
  open: OpenPort,
): Promise<void> {
  const podlets = new Map<number, WebSocket>();
  onChannelMessage(socket, (channel, bytes) => {
    const podlet = podlets.get(channel);
    if (podlet && bytes.length > 0) rest(socket, podlet, sendTo(podlet, bytes));
  });
  socket.on('close', () => {
    for (const podlet of podlets.values()) podlet.close();
  });
  // Paused until the podlet has connected, so that nothing is buffered here.
  socket.pause();
  await Promise.all(
    ports.map(async (port, index) => {
      const podlet = await channelForward(socket, index, port, open);
      if (podlet) podlets.set(2 * index, podlet);
    }),
  );
  socket.resume();
}

async function channelForward(
  socket: WebSocket,
  index: number,
  port: number,
  open: OpenPort,
): Promise<WebSocket | undefined> {
  const [data, error] = [2 * index, 2 * index + 1];
  const first = Buffer.alloc(2);
  first.writeUInt16LE(port);
  for (const channel of [data, error]) await sendOnChannel(socket, channel, first);
  const podlet = await open(port);
  if (!podlet) {
    await sendOnChannel(socket, error, Buffer.from(`port ${port}: the pod did not answer`));
    return undefined;
  }
  podlet.on('message', (bytes: Buffer) => rest(podlet, socket, sendOnChannel(socket, data, bytes)));
  podlet.on('close', (code, reason) => {
    if (code !== 1011) return socket.close(1000);
    sendOnChannel(socket, error, reason).catch(() => socket.terminate());
  });
  podlet.resume();
  return podlet;
}
