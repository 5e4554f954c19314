// exec, attach and port-forward: the podlet connects to the API's URL and bridges it to supervise or to a port of the pod.
import type { connect as connectTo, Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { present } from '../src/present.ts';
import type { SessionRequest } from '../src/protocol/messages.ts';
import type { Connection } from './connection.ts';
import type { ContainerSockets } from './containers.ts';
import { cutText, MAX_MESSAGE_BYTES } from '../src/protocol/cut-text.ts';
import { execFailure } from './exec-failure.ts';
import { encodeFrame, frameReader, MAX_FRAME_BYTES } from './frames.ts';
import { CHANNEL } from './messages.ts';
import type { SessionStatus } from './messages.ts';

const OPEN_PATIENCE_MS = 5_000;
const HANDSHAKE_MS = 30_000;
/** One frame of SPDY, the longest that a client can send. */
const MAX_CLIENT_FRAME_BYTES = 16 * 1024 * 1024 + 1;
/** Above this much unsent data the source is paused. */
const HIGH_WATER_BYTES = 256 * 1024;
/** A socket that is not read shows no end of its peer: only what is written does. */
const PING_MS = 15_000;
const MAX_SESSIONS = 64;
const MAX_PORT = 65_535;
/** Of a WebSocket's close frame, in bytes. */
const MAX_CLOSE_REASON = 123;
/** supervise's word for a container without a process. */
const NOT_RUNNING = 'container is not running';
const KILLED = 137;
const FROM_CLIENT: readonly number[] = [CHANNEL.stdin, CHANNEL.resize, CHANNEL.halfClose];
const FROM_SUPERVISE: readonly number[] = [CHANNEL.stdout, CHANNEL.stderr];

type Connect = typeof connectTo;

export interface SessionOptions {
  sockets: ContainerSockets;
  token: string;
  ca: string;
  /** Handles errors of work whose promise nobody awaits. */
  fault(message: string, error: unknown): void;
  pingMs?: number;
  openPatienceMs?: number;
}

/** The API is unreachable, or no longer knows the session: it will notice by itself. */
class NotDialled extends Error {
  override readonly name = 'NotDialled';
}

/** Opens sessions; each request is connected once, and the API notices a failure. */
export class Sessions {
  private readonly open = new Set<string>();
  constructor(private readonly options: SessionOptions) {}

  /** How many are being connected or open. */
  get count(): number {
    return this.open.size;
  }

  /** An id that is open is not opened again: it would take over that session's stream. */
  start(request: SessionRequest): void {
    if (this.open.has(request.id) || this.open.size >= MAX_SESSIONS) return;
    this.open.add(request.id);
    this.serve(request).catch((error: unknown) => {
      if (!(error instanceof NotDialled)) this.options.fault(`session ${request.kind}`, error);
    });
  }

  /** Resolves when the session is over; leaves nothing open. */
  private async serve(request: SessionRequest): Promise<void> {
    try {
      // Loaded here: what a start needs is less.
      const { connect } = await import('node:net');
      await this.hold(await this.dial(request), request, connect);
    } finally {
      this.open.delete(request.id);
    }
  }

  private async hold(socket: WebSocket, request: SessionRequest, connect: Connect): Promise<void> {
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const pings = setInterval(() => socket.ping(), this.options.pingMs ?? PING_MS);
    try {
      if (request.kind === 'portForward') forwardPort(socket, connect, request.port ?? 0);
      else this.bridge(socket, request);
      if (socket.readyState !== socket.CLOSED) await closed;
    } finally {
      clearInterval(pings);
      socket.terminate();
    }
  }

  private async dial(request: SessionRequest): Promise<WebSocket> {
    const { WebSocket: Client } = await import('ws');
    const { token, ca } = this.options;
    const socket = new Client(request.url, {
      headers: { authorization: `Bearer ${token}` },
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_MS,
      maxPayload: MAX_CLIENT_FRAME_BYTES,
      ...present({ ca: ca === '' ? undefined : ca }),
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => {
        // The API may send at once, before anything listens.
        socket.pause();
        resolve();
      });
      socket.once('error', (cause) =>
        reject(new NotDialled('the API did not take the session', { cause })),
      );
    });
    socket.on('error', () => socket.terminate());
    return socket;
  }

  private bridge(socket: WebSocket, request: SessionRequest): void {
    const { sockets } = this.options;
    const { id, container, kind, argv = [], tty = false, stdin = false } = request;
    const key = `${container}/${id}`;
    const early: Buffer[] = [];
    let size = 0;
    const keep = (message: Buffer): void => {
      early.push(message);
      size += message.length;
      // The supervisor connects within moments or not at all.
      if (size >= HIGH_WATER_BYTES) socket.pause();
    };
    const patience = setTimeout(() => {
      expectNoMore();
      finish(socket, kind, { code: 126, error: NOT_RUNNING });
    }, this.options.openPatienceMs ?? OPEN_PATIENCE_MS);
    const expectNoMore = (): void => {
      clearTimeout(patience);
      sockets.forgetStream(key);
      socket.off('message', keep);
    };
    socket.on('message', keep);
    // Nobody would close a stream that came later.
    socket.once('close', expectNoMore);
    socket.resume();
    sockets.expectStream(key, (stream, rest) => {
      expectNoMore();
      socket.resume();
      bridgeStream({ socket, stream, kind }, rest, early);
    });
    sockets.send(container, { type: 'session', id, attach: kind === 'attach', argv, tty, stdin });
  }
}

interface Bridge {
  socket: WebSocket;
  stream: Connection;
  kind: SessionRequest['kind'];
}

function bridgeStream({ socket, stream, kind }: Bridge, rest: Buffer, early: Buffer[]): void {
  let isOver = false;
  /** The first status counts; anything after it is dropped. */
  const end = (status: SessionStatus): void => {
    if (isOver) return;
    isOver = true;
    stream.destroy();
    finish(socket, kind, status);
  };
  const write = pacedWrite(stream, socket);
  const toSupervise = (message: Buffer): void => {
    const channel = message[0] ?? CHANNEL.status;
    if (
      isOver ||
      !FROM_CLIENT.includes(channel) ||
      (channel !== CHANNEL.stdin && message.length > MAX_FRAME_BYTES)
    )
      return;
    // A client's frame may be longer than supervise accepts.
    for (let from = 1; from === 1 || from < message.length; from += MAX_FRAME_BYTES)
      write(encodeFrame(channel, message.subarray(from, from + MAX_FRAME_BYTES)));
  };
  const read = frameReader((channel, payload) => {
    if (isOver) return;
    if (channel === CHANNEL.status) return end(parseStatus(payload));
    if (!FROM_SUPERVISE.includes(channel)) throw new Error('no channel of supervise');
    socket.send(Buffer.concat([Buffer.from([channel]), payload]), () => {
      if (socket.bufferedAmount < HIGH_WATER_BYTES) stream.resume();
    });
    if (socket.bufferedAmount >= HIGH_WATER_BYTES) stream.pause();
  });
  const feed = (chunk: Buffer): void => {
    try {
      read(chunk);
    } catch {
      // supervise never sends this: something else has taken its place.
      end({ code: KILLED });
    }
  };
  stream.on('data', feed);
  // The container ended, and its supervisor with it: the command was killed like everything in it.
  stream.on('close', () => end({ code: KILLED }));
  socket.on('message', toSupervise);
  socket.on('close', () => stream.destroy());
  for (const message of early) toSupervise(message);
  feed(rest);
}

/** Writes to `sink`; pauses the socket while it is full. What the socket has already received is still delivered. */
function pacedWrite(sink: Connection, socket: WebSocket): (bytes: Buffer) => void {
  let isWaiting = false;
  return (bytes) => {
    if (sink.write(bytes) || isWaiting) return;
    isWaiting = true;
    socket.pause();
    sink.once('drain', () => {
      isWaiting = false;
      socket.resume();
    });
  };
}

function parseStatus(payload: Buffer): SessionStatus {
  const value: unknown = JSON.parse(payload.toString('utf8'));
  const code =
    typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'number'
      ? value.code
      : 126;
  const error =
    typeof value === 'object' &&
    value !== null &&
    'error' in value &&
    typeof value.error === 'string'
      ? value.error
      : undefined;
  return {
    code: Math.min(Math.max(Math.trunc(code), 0), 255),
    ...present({ error: error === undefined ? undefined : cutText(error, MAX_MESSAGE_BYTES) }),
  };
}

function finish(socket: WebSocket, kind: SessionRequest['kind'], status: SessionStatus): void {
  socket.resume();
  // Without a status the API reports that there is no such container.
  if (status.error === NOT_RUNNING) return socket.close(1000);
  // The end of an attached container is no failure of the stream, whatever its exit code (kubelet ServeAttach).
  const shown = kind === 'attach' && status.error === undefined ? { code: 0 } : status;
  socket.send(
    Buffer.concat([
      Buffer.from([CHANNEL.status]),
      Buffer.from(JSON.stringify(toKubernetesStatus(shown))),
    ]),
    () => socket.close(1000),
  );
}

/** metav1.Status as the kubelet ends a remote command (`remotecommand.NonZeroExitCodeReason`). */
function toKubernetesStatus({ code, error }: SessionStatus): object {
  if (error !== undefined) {
    // The kubelet's error, which the API's translation to WebSocket wraps once more.
    const message = `Internal error occurred: error executing command in container: ${execFailure(error)}`;
    return {
      metadata: {},
      status: 'Failure',
      reason: 'InternalError',
      message: `Internal error occurred: ${message}`,
      details: { causes: [{ message }] },
      code: 500,
    };
  }
  if (code === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    reason: 'NonZeroExitCode',
    message: `command terminated with non-zero exit code: command terminated with exit code ${code}`,
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  };
}

/** Raw bytes both ways; an empty message is the client's half close, a failed connection closes with 1011 and the reason. */
function forwardPort(socket: WebSocket, connect: Connect, port: number): void {
  if (!Number.isInteger(port) || port < 1 || port > MAX_PORT) {
    socket.resume();
    return socket.close(
      1011,
      cutText(
        `failed to connect to localhost:${port}: dial tcp: address ${port}: invalid port`,
        MAX_CLOSE_REASON,
      ),
    );
  }
  // The runtime dials localhost inside the pod: IPv4 first, then IPv6.
  const target = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  target.once('error', () => {
    const six = connect({ host: '::1', port, allowHalfOpen: true });
    six.once('error', () => {
      // The closing handshake needs to read the peer's answer.
      socket.resume();
      socket.close(
        1011,
        `failed to connect to localhost:${port}: dial tcp4 127.0.0.1:${port}: connect: connection refused`,
      );
    });
    six.once('connect', () => {
      six.removeAllListeners('error');
      joinPort(socket, six);
    });
    socket.once('close', () => six.destroy());
  });
  // Its user may be gone before the connection is accepted.
  socket.once('close', () => target.destroy());
  target.once('connect', () => {
    target.removeAllListeners('error');
    joinPort(socket, target);
  });
}

function joinPort(socket: WebSocket, target: Socket): void {
  const write = pacedWrite(target, socket);
  socket.on('message', (message: Buffer) => {
    if (message.length === 0) target.end();
    else if (target.writable) write(message);
  });
  target.on('data', (chunk: Buffer) => {
    socket.send(chunk, () => {
      if (socket.bufferedAmount < HIGH_WATER_BYTES) target.resume();
    });
    if (socket.bufferedAmount >= HIGH_WATER_BYTES) target.pause();
  });
  target.on('end', () => {
    socket.resume();
    socket.close(1000);
  });
  target.on('error', () => {
    socket.resume();
    socket.close(1011, 'connection lost');
  });
  socket.on('close', () => target.destroy());
  socket.resume();
}
