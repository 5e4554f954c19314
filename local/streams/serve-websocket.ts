// An authorised stream over a WebSocket: exec and attach on channels, port-forward on channels or by tunnelled SPDY (kubectl).
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { webSocketAcceptor } from './accept.ts';
import {
  chooseProtocol,
  offeredProtocols,
  PORT_FORWARD_PROTOCOLS,
  REMOTE_COMMAND_PROTOCOLS,
  sendOnChannel,
  sendTo,
  V5,
} from './channel-messages.ts';
import { bridgeChannels, failureStatus, STATUS, STDERR, STDOUT } from './channels.ts';
import { channelPortForward, spdyPortForward } from './port-forward.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import { SpdyConnection, type Carrier } from './spdy-connection.ts';
import { openPort, type StreamContext, type StreamTarget } from './stream-target.ts';
import { websocketClient } from './websocket-client.ts';

const TUNNEL_PROTOCOL = 'SPDY/3.1+portforward.k8s.io';

/** Whether the upgrade is to a WebSocket; otherwise it is to SPDY. */
export const isWebSocket = ({ headers }: IncomingMessage): boolean =>
  (headers.upgrade ?? '').toLowerCase() === 'websocket';

/** Whether the client tunnels SPDY in a WebSocket to forward ports, as kubectl does. */
export const isTunnel = (incoming: IncomingMessage): boolean =>
  offeredProtocols(incoming.headers['sec-websocket-protocol']).includes(TUNNEL_PROTOCOL);

const acceptRemoteCommand = webSocketAcceptor((offered) =>
  chooseProtocol(offered, REMOTE_COMMAND_PROTOCOLS),
);
const acceptPortForward = webSocketAcceptor((offered) =>
  chooseProtocol(offered, PORT_FORWARD_PROTOCOLS),
);
// `ws` rejects the "/" in the tunnel's name as a malformed token, so the header is written by hand.
const acceptTunnel = webSocketAcceptor(undefined, [`Sec-WebSocket-Protocol: ${TUNNEL_PROTOCOL}`]);

/** Accepts the upgrade, or refuses it when no offered protocol is supported. */
export function serveWebSocket(
  context: StreamContext,
  incoming: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  target: StreamTarget,
): Promise<void> | void {
  const forwarding = target.session.kind === 'portForward';
  if (forwarding && isTunnel(incoming)) {
    delete incoming.headers['sec-websocket-protocol'];
    return acceptTunnel(incoming, socket, head, (ws) => tunnel(context, ws, target));
  }
  const offered = offeredProtocols(incoming.headers['sec-websocket-protocol']);
  const taken = forwarding ? PORT_FORWARD_PROTOCOLS : REMOTE_COMMAND_PROTOCOLS;
  if (offered.length > 0 && chooseProtocol(offered, taken) === undefined) {
    return refuseUpgrade(
      context,
      socket,
      new Response(
        `requested protocol(s) are not supported: [${offered.join(' ')}]; supports [${taken.join(' ')}]\n`,
        { status: 403 },
      ),
    );
  }
  const accept = forwarding ? acceptPortForward : acceptRemoteCommand;
  accept(incoming, socket, head, (ws) => {
    const work = forwarding
      ? channelPortForward(ws, target.ports, openPort(context, target))
      : remoteCommand(context, ws, target);
    work.catch(() => ws.terminate());
  });
}

function tunnel(context: StreamContext, ws: WebSocket, target: StreamTarget): void {
  const gone = new AbortController();
  const open = openPort(context, target);
  const connection = new SpdyConnection(
    carrierOf(ws),
    spdyPortForward({ open, sleep: context.sleep, gone: gone.signal }),
  );
  ws.on('message', (data: Buffer) => connection.receive(data));
  ws.on('close', () => {
    gone.abort();
    connection.ended();
  });
}

const carrierOf = (socket: WebSocket): Carrier => ({
  write: (bytes) => sendTo(socket, bytes),
  pause: () => socket.pause(),
  resume: () => socket.resume(),
  close: () => {
    socket.close(1000);
  },
  destroy: () => {
    socket.terminate();
  },
});

/** exec and attach. */
async function remoteCommand(
  { hub }: StreamContext,
  ws: WebSocket,
  target: StreamTarget,
): Promise<void> {
  ws.pause();
  const podlet = await hub.open(target.owner, target.session);
  if (!podlet) {
    await sendOnChannel(ws, STATUS, failureStatus(target.gone));
    return ws.close(1000);
  }
  bridgeChannels({
    client: websocketClient(ws, podlet),
    podlet,
    gone: target.gone,
    output: target.output,
  });
  // Before v5 an empty message says that the connection is established (kubelet `createWebSocketStreams`).
  if (ws.protocol !== V5) await sendOnChannel(ws, firstChannel(target), Buffer.alloc(0));
  ws.resume();
}

const firstChannel = ({ session: { stdout, stderr } }: StreamTarget): number =>
  stdout ? STDOUT : stderr ? STDERR : STATUS;
