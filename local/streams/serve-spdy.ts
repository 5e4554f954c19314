// An authorised stream over SPDY/3.1, for clients older than WebSocket streaming.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { bridgeChannels, failureStatus, STATUS } from './channels.ts';
import { drained } from './drained.ts';
import { spdyPortForward, STREAM_CREATION_MS } from './port-forward.ts';
import { destroyAfter } from './refuse-upgrade.ts';
import { SpdyClient } from './spdy-client.ts';
import { SpdyConnection, type Carrier } from './spdy-connection.ts';
import { openPort, type StreamContext, type StreamTarget } from './stream-target.ts';

const PORT_FORWARD_PROTOCOL = 'portforward.k8s.io';
/** Newest first; a client that offers none speaks the first version. */
const REMOTE_COMMAND_PROTOCOLS = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
];
/** How long a client may take to close the connection after the end. */
const HANG_UP_MS = 30_000;

/** Accepts the upgrade; returns when the stream is bridged. */
export async function serveSpdy(
  context: StreamContext,
  incoming: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  target: StreamTarget,
): Promise<void> {
  const chosen = protocolOf(incoming, target);
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${chosen}\r\n\r\n`,
  );
  const { stdin = false, stdout = false, stderr = false, tty = false } = target.session;
  const client = new SpdyClient({ stdin, stdout, stderr, tty }, chosen);
  const gone = connect(context, socket, head, target, client);
  if (target.session.kind !== 'portForward')
    await remoteCommand(context, socket, target, client, gone);
}

function protocolOf({ headers }: IncomingMessage, { session }: StreamTarget): string {
  if (session.kind === 'portForward') return PORT_FORWARD_PROTOCOL;
  const offered = String(headers['x-stream-protocol-version'] ?? '')
    .split(',')
    .map((one) => one.trim());
  return REMOTE_COMMAND_PROTOCOLS.find((one) => offered.includes(one)) ?? 'channel.k8s.io';
}

/** Starts SPDY on the socket; the signal aborts when the client is gone. */
function connect(
  context: StreamContext,
  socket: Duplex,
  head: Buffer,
  target: StreamTarget,
  client: SpdyClient,
): AbortSignal {
  const gone = new AbortController();
  const { sleep } = context;
  const connection = new SpdyConnection(
    carrierOf(sleep, socket),
    target.session.kind === 'portForward'
      ? spdyPortForward({ open: openPort(context, target), sleep, gone: gone.signal })
      : (stream) => client.accept(stream),
  );
  client.attach(connection);
  socket.on('data', (chunk: Buffer) => connection.receive(chunk));
  socket.on('end', () => socket.end());
  socket.on('close', () => {
    gone.abort();
    connection.ended();
    client.onEnd();
  });
  if (head.length > 0) connection.receive(head);
  return gone.signal;
}

const carrierOf = (sleep: StreamContext['sleep'], socket: Duplex): Carrier => ({
  write: (bytes) => (socket.destroyed || socket.write(bytes) ? Promise.resolve() : drained(socket)),
  pause: () => {
    socket.pause();
  },
  resume: () => {
    socket.resume();
  },
  close: () => {
    socket.end();
    destroyAfter(sleep, socket, HANG_UP_MS);
  },
  destroy: () => {
    socket.destroy();
  },
});

/** exec and attach, once the client has opened its streams. */
async function remoteCommand(
  { hub, sleep }: StreamContext,
  socket: Duplex,
  { owner, session, gone, output }: StreamTarget,
  client: SpdyClient,
  clientGone: AbortSignal,
): Promise<void> {
  const inTime = await Promise.race([
    client.ready.then(() => true),
    sleep(STREAM_CREATION_MS, clientGone).then(() => false),
  ]);
  if (!inTime) return void socket.destroy();
  const podlet = await hub.open(owner, session);
  if (socket.destroyed) return podlet?.close();
  if (podlet) return bridgeChannels({ client, podlet, gone, output });
  await client.send(STATUS, failureStatus(gone));
  await client.finish();
}
