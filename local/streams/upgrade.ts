// The door for upgrades on the API's HTTPS port: exec, attach and port-forward of clients, and the podlets' sessions.
import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
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
import { bridgeChannels, failureStatus, STATUS, STDERR, STDOUT, type Output } from './channels.ts';
import { drained } from './drained.ts';
import {
  channelPortForward,
  spdyPortForward,
  STREAM_CREATION_MS,
  type OpenPort,
} from './port-forward.ts';
import { sendOverWebSocket } from './response-over-websocket.ts';
import type { SessionHub, SessionRequest } from './session-hub.ts';
import { SpdyClient } from './spdy-client.ts';
import { SpdyConnection, type Carrier } from './spdy-connection.ts';
import { websocketClient } from './websocket-client.ts';

const TUNNEL_PROTOCOL = 'SPDY/3.1+portforward.k8s.io';
const PORT_FORWARD_PROTOCOL = 'portforward.k8s.io';
/** Of SPDY, newest first; none offered is the first version. */
const SPDY_PROTOCOLS = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
];
/** How long a client may take to read a refusal (Go's server waits as long before it cuts: `rstAvoidanceDelay`), and to hang up after the end. */
const LAST_WORDS_MS = 500;
const HANG_UP_MS = 30_000;

/** What a checked request asks for. `gone` is what Kubernetes says where the container cannot be reached. */
export interface StreamTarget {
  owner: string;
  session: SessionRequest;
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
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Whether the upgrade is to a WebSocket; else it is to SPDY. */
export const isWebSocket = ({ headers }: IncomingMessage): boolean =>
  (headers.upgrade ?? '').toLowerCase() === 'websocket';

/** Whether the client forwards ports by SPDY inside a WebSocket, as kubectl does. */
export const isTunnel = (incoming: IncomingMessage): boolean =>
  offeredProtocols(incoming.headers['sec-websocket-protocol']).includes(TUNNEL_PROTOCOL);

const acceptSession = webSocketAcceptor();
const acceptRemoteCommand = webSocketAcceptor((offered) =>
  chooseProtocol(offered, REMOTE_COMMAND_PROTOCOLS),
);
const acceptPortForward = webSocketAcceptor((offered) =>
  chooseProtocol(offered, PORT_FORWARD_PROTOCOLS),
);
// `ws` takes the "/" in the tunnel's name for a malformed token: the header is answered by hand.
const acceptTunnel = webSocketAcceptor(undefined, [`Sec-WebSocket-Protocol: ${TUNNEL_PROTOCOL}`]);

const carrierOfWebSocket = (socket: WebSocket): Carrier => ({
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

/** Answers the handler of the server's `upgrade` event. */
export function createUpgrade({
  hub,
  check,
  owns,
  sessionsPath,
  sleep,
}: UpgradeOptions): (incoming: IncomingMessage, socket: Duplex, head: Buffer) => void {
  const openPort =
    (target: StreamTarget): OpenPort =>
    (port) =>
      hub.open(target.owner, { ...target.session, port });
  const endWithin = (socket: Duplex, ms: number): void => {
    sleep(ms)
      .then(() => socket.destroy())
      .catch(() => socket.destroy());
  };

  async function refuse(socket: Duplex, response: Response): Promise<void> {
    const body = Buffer.from(await response.arrayBuffer());
    const headers = [...response.headers].map(([name, value]) => `${name}: ${value}\r\n`).join('');
    socket.end(
      Buffer.concat([
        Buffer.from(
          `HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? ''}\r\n${headers}content-length: ${body.length}\r\nconnection: close\r\n\r\n`,
        ),
        body,
      ]),
    );
    endWithin(socket, LAST_WORDS_MS);
  }

  const carrierOfSocket = (socket: Duplex): Carrier => ({
    write: (bytes) =>
      socket.destroyed || socket.write(bytes) ? Promise.resolve() : drained(socket),
    pause: () => {
      socket.pause();
    },
    resume: () => {
      socket.resume();
    },
    close: () => {
      socket.end();
      endWithin(socket, HANG_UP_MS);
    },
    destroy: () => {
      socket.destroy();
    },
  });

  function webSocket(
    incoming: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    target: StreamTarget,
  ): Promise<void> | void {
    const forwarding = target.session.kind === 'portForward';
    if (forwarding && isTunnel(incoming)) {
      delete incoming.headers['sec-websocket-protocol'];
      return acceptTunnel(incoming, socket, head, (ws) => tunnel(ws, target));
    }
    const offered = offeredProtocols(incoming.headers['sec-websocket-protocol']);
    const taken = forwarding ? PORT_FORWARD_PROTOCOLS : REMOTE_COMMAND_PROTOCOLS;
    if (offered.length > 0 && chooseProtocol(offered, taken) === undefined) {
      return refuse(
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
        ? channelPortForward(ws, target.ports, openPort(target))
        : webSocketExec(ws, target);
      work.catch(() => ws.terminate());
    });
  }

  function tunnel(ws: WebSocket, target: StreamTarget): void {
    const gone = new AbortController();
    const connection = new SpdyConnection(
      carrierOfWebSocket(ws),
      spdyPortForward({ open: openPort(target), sleep, gone: gone.signal }),
    );
    ws.on('message', (data: Buffer) => connection.receive(data));
    ws.on('close', () => {
      gone.abort();
      connection.ended();
    });
  }

  async function webSocketExec(ws: WebSocket, target: StreamTarget): Promise<void> {
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
    // Before v5 an empty message says that the connection is there (kubelet `createWebSocketStreams`).
    if (ws.protocol !== V5)
      await sendOnChannel(
        ws,
        target.session.stdout ? STDOUT : target.session.stderr ? STDERR : STATUS,
        Buffer.alloc(0),
      );
    ws.resume();
  }

  async function spdy(
    incoming: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    target: StreamTarget,
  ): Promise<void> {
    const offered = String(incoming.headers['x-stream-protocol-version'] ?? '')
      .split(',')
      .map((one) => one.trim());
    const forwarding = target.session.kind === 'portForward';
    const chosen = forwarding
      ? PORT_FORWARD_PROTOCOL
      : (SPDY_PROTOCOLS.find((one) => offered.includes(one)) ?? 'channel.k8s.io');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${chosen}\r\n\r\n`,
    );
    const { stdin = false, stdout = false, stderr = false, tty = false } = target.session;
    const gone = new AbortController();
    const client = new SpdyClient({ stdin, stdout, stderr, tty }, chosen);
    const connection = new SpdyConnection(
      carrierOfSocket(socket),
      forwarding
        ? spdyPortForward({ open: openPort(target), sleep, gone: gone.signal })
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
    if (forwarding) return;
    const inTime = await Promise.race([
      client.ready.then(() => true),
      sleep(STREAM_CREATION_MS, gone.signal).then(() => false),
    ]);
    if (!inTime) return void socket.destroy();
    const podlet = await hub.open(target.owner, target.session);
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
      if (owner === undefined || !(await owns(owner, incoming)))
        return refuse(socket, new Response('unknown session\n', { status: 404 }));
      return acceptSession(incoming, socket, head, (ws) => hub.accept(id, ws));
    }
    const target = await check(incoming);
    if (target instanceof Response) return refuse(socket, target);
    if ('answer' in target)
      return target.answer.ok
        ? sendOverWebSocket(incoming, socket, head, target.answer, target.gone)
        : refuse(socket, target.answer);
    if (isWebSocket(incoming)) return webSocket(incoming, socket, head, target);
    return spdy(incoming, socket, head, target);
  }

  return (incoming, socket, head) => {
    socket.on('error', () => socket.destroy());
    take(incoming, socket, head).catch(() => socket.destroy());
  };
}
