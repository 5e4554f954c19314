// The door for upgrades on the API's HTTPS port: exec, attach and port-forward of clients, and the podlets' sessions.
import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { bridgeChannels, failureStatus, sendTo, STATUS, type Output } from './channels.ts';
import { drained } from './drained.ts';
import { channelPortForward, spdyPortForward, type OpenPort } from './port-forward.ts';
import { sendOverWebSocket } from './response-over-websocket.ts';
import type { SessionHub, SessionWish } from './session-hub.ts';
import { SpdyClient } from './spdy-client.ts';
import { SpdyConnection, type Carrier } from './spdy-connection.ts';
import { CHANNEL_PROTOCOLS, websocketClient } from './websocket-client.ts';

const TUNNEL_PROTOCOL = 'SPDY/3.1+portforward.k8s.io';
const PORT_FORWARD_PROTOCOL = 'portforward.k8s.io';

/** What a checked request asks for. `gone` is what Kubernetes says where the container cannot be reached. */
export interface StreamTarget {
  owner: string;
  wish: SessionWish;
  /** Ports of a port-forward by channels. */
  ports: number[];
  gone: string;
  /** What an attached container writes, where the podlet does not see it. */
  output?: Output;
}

/** Any other GET: its answer is sent over the WebSocket, if it succeeds. */
export interface StreamedAnswer {
  answer: Response;
  gone: AbortController;
}

export interface UpgradeOptions {
  hub: SessionHub;
  /** Authenticates and checks; a Response is sent as the refusal. */
  check: (incoming: IncomingMessage) => Promise<StreamTarget | StreamedAnswer | Response>;
  /** Whether the request carries the credential of the owner of a session. */
  owns: (owner: string, incoming: IncomingMessage) => Promise<boolean>;
  /** Path prefix of the podlets' own connections. */
  sessionsPath: string;
}

const protocolsOf = (incoming: IncomingMessage): string[] => (incoming.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim()).filter(Boolean);

async function refuse(socket: Duplex, response: Response): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer());
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? ''}\r\n${headers}content-length: ${body.length}\r\nconnection: close\r\n\r\n`), body]));
}

function carrierOfSocket(socket: Duplex): Carrier {
  return {
    write: (bytes) => (socket.destroyed || socket.write(bytes) ? Promise.resolve() : drained(socket)),
    close: () => { socket.end(); },
  };
}

const carrierOfWebSocket = (socket: WebSocket): Carrier => ({ write: (bytes) => sendTo(socket, bytes), close: () => { socket.close(1000); } });

/** Answers the handler of the server's `upgrade` event. */
export function createUpgrade({ hub, check, owns, sessionsPath }: UpgradeOptions): (incoming: IncomingMessage, socket: Duplex, head: Buffer) => void {
  const clients = new WebSocketServer({ noServer: true, handleProtocols: (offered) => CHANNEL_PROTOCOLS.find((one) => offered.has(one)) ?? false });
  const plain = new WebSocketServer({ noServer: true });
  // `ws` takes the "/" in the tunnel's name for a malformed token: the header is answered by hand.
  const tunnels = new WebSocketServer({ noServer: true });
  tunnels.on('headers', (headers) => headers.push(`Sec-WebSocket-Protocol: ${TUNNEL_PROTOCOL}`));

  const openPort = (target: StreamTarget): OpenPort => (port) => hub.open(target.owner, { ...target.wish, port });

  function webSocket(incoming: IncomingMessage, socket: Duplex, head: Buffer, target: StreamTarget): void {
    if (target.wish.kind === 'portForward' && protocolsOf(incoming).includes(TUNNEL_PROTOCOL)) {
      delete incoming.headers['sec-websocket-protocol'];
      return tunnels.handleUpgrade(incoming, socket, head, (ws) => {
        const connection = new SpdyConnection(carrierOfWebSocket(ws), spdyPortForward(openPort(target)));
        ws.on('message', (data: Buffer) => connection.receive(data));
        ws.on('close', () => connection.ended());
        ws.on('error', () => ws.terminate());
      });
    }
    clients.handleUpgrade(incoming, socket, head, (ws) => {
      if (target.wish.kind === 'portForward') return channelPortForward(ws, target.ports, openPort(target));
      void webSocketExec(ws, target);
    });
  }

  async function webSocketExec(ws: WebSocket, target: StreamTarget): Promise<void> {
    ws.pause();
    const podlet = await hub.open(target.owner, target.wish);
    if (!podlet) {
      await sendTo(ws, Buffer.concat([Buffer.from([STATUS]), failureStatus(target.gone)]));
      return ws.close(1000);
    }
    bridgeChannels({ client: websocketClient(ws, podlet), podlet, gone: target.gone, output: target.output });
    ws.resume();
  }

  async function spdy(incoming: IncomingMessage, socket: Duplex, head: Buffer, target: StreamTarget): Promise<void> {
    const offered = String(incoming.headers['x-stream-protocol-version'] ?? '').split(',').map((one) => one.trim());
    const forwarding = target.wish.kind === 'portForward';
    const chosen = forwarding ? PORT_FORWARD_PROTOCOL : (CHANNEL_PROTOCOLS.find((one) => offered.includes(one)) ?? 'channel.k8s.io');
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${chosen}\r\n\r\n`);
    const { stdin = false, stdout = false, stderr = false, tty = false } = target.wish;
    const client = new SpdyClient({ stdin, stdout, stderr, tty });
    const connection = new SpdyConnection(carrierOfSocket(socket), forwarding ? spdyPortForward(openPort(target)) : (stream) => client.accept(stream));
    client.attach(connection);
    socket.on('data', (chunk: Buffer) => connection.receive(chunk));
    socket.on('close', () => { connection.ended(); client.onEnd(); });
    socket.on('error', () => socket.destroy());
    if (head.length > 0) connection.receive(head);
    if (forwarding) return;
    await client.ready;
    socket.pause();
    const podlet = await hub.open(target.owner, target.wish);
    socket.resume();
    if (socket.destroyed) return podlet?.close();
    if (podlet) return bridgeChannels({ client, podlet, gone: target.gone, output: target.output });
    await client.send(STATUS, failureStatus(target.gone));
    await client.finish();
  }

  async function take(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const path = (incoming.url ?? '').split('?')[0] ?? '';
    if (path.startsWith(`${sessionsPath}/`)) {
      const id = path.slice(sessionsPath.length + 1);
      const owner = hub.ownerOf(id);
      // One answer for both: who may not dial need not learn which sessions there are.
      if (owner === undefined || !(await owns(owner, incoming))) return refuse(socket, new Response('unknown session\n', { status: 404 }));
      return plain.handleUpgrade(incoming, socket, head, (ws) => hub.accept(id, ws));
    }
    const target = await check(incoming);
    if (target instanceof Response) return refuse(socket, target);
    if ('answer' in target) return target.answer.ok ? sendOverWebSocket(incoming, socket, head, target.answer, target.gone) : refuse(socket, target.answer);
    if ((incoming.headers.upgrade ?? '').toLowerCase() === 'websocket') return webSocket(incoming, socket, head, target);
    return spdy(incoming, socket, head, target);
  }

  return (incoming, socket, head) => {
    socket.on('error', () => socket.destroy());
    take(incoming, socket, head).catch(() => socket.destroy());
  };
}
