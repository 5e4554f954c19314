// kubectl port-forward: per connection an error and a data stream with the same `requestid` (SPDY, raw or tunnelled in
// a WebSocket), or client-node's channels 2i and 2i+1 per port. Each data stream becomes one session of the podlet.
import type { WebSocket } from 'ws';
import { sendTo } from './channels.ts';
import type { SpdyStream } from './spdy-connection.ts';

/** Opens the podlet's end of one connection to `port`; undefined: the podlet did not dial in. */
export type OpenPort = (port: number) => Promise<WebSocket | undefined>;

interface Pair {
  error?: SpdyStream;
  data?: SpdyStream;
}

/** Answers the function that takes the client's streams. */
export function spdyPortForward(open: OpenPort): (stream: SpdyStream) => void {
  const pairs = new Map<string, Pair>();
  return (stream) => {
    const { requestid = '', port = '', streamtype = '' } = stream.headers;
    const pair = pairs.get(requestid) ?? {};
    pairs.set(requestid, pair);
    if (streamtype === 'error') pair.error = stream;
    else pair.data = stream;
    if (!pair.error || !pair.data) return;
    pairs.delete(requestid);
    void forward({ error: pair.error, data: pair.data }, Number(port), open);
  };
}

async function forward({ error, data }: Required<Pair>, port: number, open: OpenPort): Promise<void> {
  const early: (Buffer | undefined)[] = [];
  data.onData = (bytes) => early.push(bytes);
  const podlet = await open(port);
  if (!podlet) return fail({ error, data }, port, 'the pod did not answer');
  let toClient: Promise<void> = Promise.resolve();
  podlet.on('message', (bytes: Buffer) => {
    podlet.pause();
    toClient = toClient.then(() => data.write(bytes)).catch(() => podlet.close()).then(() => podlet.resume());
  });
  podlet.on('close', (code, reason) => {
    toClient = toClient.then(() => (code === 1011 ? fail({ error, data }, port, reason.toString()) : end({ error, data }))).catch(() => undefined);
  });
  podlet.on('error', () => podlet.close());
  data.onData = (bytes) => {
    if (bytes) void sendTo(podlet, bytes);
    // The far end learns of a half close by an empty message.
    else void sendTo(podlet, Buffer.alloc(0));
  };
  for (const bytes of early) data.onData(bytes);
  podlet.resume();
}

async function end({ error, data }: Required<Pair>): Promise<void> {
  await data.end();
  await error.end();
}

async function fail({ error, data }: Required<Pair>, port: number, why: string): Promise<void> {
  await error.write(Buffer.from(`error forwarding port ${port} to pod: failed to execute portforward in network namespace: ${why}`));
  await end({ error, data });
}

/** client-node: channel 2i carries data of port i, 2i+1 its errors; each begins with the port as 16 bit little endian. */
export function channelPortForward(socket: WebSocket, ports: number[], open: OpenPort): void {
  ports.forEach((port, index) => void channelForward(socket, index, port, open));
}

async function channelForward(socket: WebSocket, index: number, port: number, open: OpenPort): Promise<void> {
  const [data, error] = [2 * index, 2 * index + 1];
  const first = Buffer.alloc(2);
  first.writeUInt16LE(port);
  const early: Buffer[] = [];
  let deliver = (bytes: Buffer): void => { early.push(bytes); };
  socket.on('message', (message: Buffer) => { if (message[0] === data) deliver(message.subarray(1)); });
  for (const channel of [data, error]) await sendTo(socket, Buffer.concat([Buffer.from([channel]), first]));
  const podlet = await open(port);
  if (!podlet) return sendTo(socket, Buffer.concat([Buffer.from([error]), Buffer.from(`port ${port}: the pod did not answer`)]));
  podlet.on('message', (bytes: Buffer) => { void sendTo(socket, Buffer.concat([Buffer.from([data]), bytes])); });
  podlet.on('close', (code, reason) => {
    if (code === 1011) void sendTo(socket, Buffer.concat([Buffer.from([error]), reason]));
    else socket.close(1000);
  });
  podlet.on('error', () => podlet.close());
  socket.on('close', () => podlet.close());
  deliver = (bytes) => { void sendTo(podlet, bytes); };
  for (const bytes of early) deliver(bytes);
  podlet.resume();
}
