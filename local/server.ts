// Node's HTTP(S) servers around handlers that know nothing of sockets: a message becomes a Request, and the Response is streamed back.
// Each door limits what its clients may use of this process: body bytes, time, connections.
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerOptions as HttpOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { present } from '../src/present.ts';
import { createLimit, type Limit } from './agent/limit.ts';
import { sendAnswer } from './answer.ts';
import type { Clock } from '../src/ports/clock.ts';
import { DueAnswers } from './due-answers.ts';
import { RequestFault, toRequest } from './request.ts';

type Handler = (request: Request, socket: { remoteAddress: string }) => Promise<Response>;
type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface Door {
  handler: Handler;
  /** Serves upgrade requests: exec, attach, port-forward, sessions. */
  upgrade?: Upgrade;
  /** The door's own answer to requests that never reach its handler. */
  refusal: (code: number, message: string) => Response;
  /** The most bytes of one body; Infinity where handlers limit what they read, 0 where no handler reads a body. */
  maxBodyBytes: number;
  clock: Clock;
  log: (line: string) => void;
  limits?: Partial<Limits>;
}

interface Limits {
  /** Limit for a request's line and headers (kube-apiserver's ReadHeaderTimeout), and for its TLS handshake. */
  headersMs: number;
  /** Limit for waiting for a body's bytes; see BodyBounds. */
  bodyMs: number;
  /** Limit for a complete answer that its client does not read. */
  idleMs: number;
  /** Limits for another machine, or a task on the bridge; this machine's own addresses may use more. */
  perAddress: Allowance;
}

interface Allowance {
  /** Watches over HTTP/1.1 need one connection each. */
  connections: number;
  /** Bodies that are read at the same time. */
  bodies: number;
}

const LIMITS: Limits = {
  headersMs: 32_000,
  bodyMs: 60_000,
  idleMs: 60_000,
  perAddress: { connections: 512, bodies: 32 },
};
/** For this machine's own addresses: a test suite with hundreds of clients runs here. */
const FROM_HERE: Allowance = { connections: 16_384, bodies: 4096 };
/** Go's clients close after 90 s of idling, and kube-apiserver lets them: a server that waits longer never cuts off a request. */
const KEEP_ALIVE_MS = 100_000;

/** The state of all addresses: their connections, and the queue for reading bodies. */
class Addresses {
  private readonly known = new Map<string, { sockets: number; limit: Limit }>();
  constructor(private readonly allowanceOf: (socket: Socket) => Allowance) {}

  /** Returns false if the address already has all its allowed connections. */
  admit(socket: Socket): boolean {
    const { remoteAddress = '' } = socket;
    const { connections, bodies } = this.allowanceOf(socket);
    const address = this.known.get(remoteAddress) ?? { sockets: 0, limit: createLimit(bodies) };
    if (address.sockets >= connections) return false;
    address.sockets += 1;
    this.known.set(remoteAddress, address);
    socket.once('close', () => {
      if (--address.sockets === 0) this.known.delete(remoteAddress);
    });
    return true;
  }

  bodiesOf({ remoteAddress = '' }: Socket): Limit | undefined {
    return this.known.get(remoteAddress)?.limit;
  }
}

/** Serves one request; a handler that throws becomes a 500 without details (they go to `log`). */
async function serve(
  door: Door,
  scheme: 'http' | 'https',
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  atATime?: Limit,
): Promise<void> {
  const gone = new AbortController();
  // An abort creates an error with a stack, which a request that was answered can do without.
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) gone.abort();
  });
  outgoing.on('error', () => outgoing.destroy());
  const { bodyMs, idleMs } = { ...LIMITS, ...door.limits };
  const begins = incoming.headers.expect === undefined ? undefined : () => outgoing.writeContinue();
  const bounds = {
    maxBytes: door.maxBodyBytes,
    patienceMs: bodyMs,
    clock: door.clock,
    ...present({ atATime, begins }),
  };
  const answer = (response: Response): Promise<void> =>
    sendAnswer(response, incoming, outgoing, { clock: door.clock, idleMs });
  try {
    await answer(
      await door.handler(toRequest(incoming, scheme, gone, bounds), {
        remoteAddress: incoming.socket.remoteAddress ?? '',
      }),
    );
  } catch (error) {
    const known = error instanceof RequestFault;
    if (!known && !gone.signal.aborted && !incoming.socket.destroyed)
      door.log(
        `request ${incoming.method ?? ''} ${incoming.url ?? ''}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    if (outgoing.headersSent) return void outgoing.destroy();
    await answer(
      known ? door.refusal(error.code, error.message) : new Response(null, { status: 500 }),
    ).catch(() => outgoing.destroy());
  }
}

export interface Listening {
  port: number;
  close(): Promise<void>;
}

/** Listens on each address with the same port (0: any free one, fixed by the first address). */
export async function listen(
  servers: () => Server,
  addresses: string[],
  port: number,
): Promise<Listening> {
  const open: Server[] = [];
  const sockets = new Set<Socket>();
  let bound = port;
  for (const address of addresses) {
    const server = servers();
    // An upgraded connection does not belong to the HTTP server any more but delays its close, so it is ended here.
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => {
        for (const other of open) other.close();
        reject(error);
      });
      server.listen(bound, address, () => {
        server.removeAllListeners('error');
        resolve();
      });
    });
    // Running out of file descriptors is an error of one connection.
    server.on('error', () => undefined);
    bound = (server.address() as AddressInfo).port;
    open.push(server);
  }
  return {
    port: bound,
    close: async () => {
      const closed = open.map(
        (server) =>
          new Promise<void>((resolve) => {
            server.close(() => resolve());
          }),
      );
      for (const socket of sockets) socket.destroy();
      await Promise.all(closed);
    },
  };
}

/** A door's HTTPS server. */
export function httpsServer(tls: ServerOptions, door: Door): Server {
  const server = createHttpsServer({
    ...tls,
    ...timesOf(door),
    handshakeTimeout: headersMsOf(door),
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return fitted(server, door, 'https');
}

/** A door's plain HTTP server (AWS endpoints, metadata). */
export const httpServer = (door: Door): Server =>
  fitted(createHttpServer(timesOf(door)), door, 'http');

const headersMsOf = (door: Door): number => door.limits?.headersMs ?? LIMITS.headersMs;

/** Bodies have a time limit of their own, which a long upload through a pod's proxy meets: Node's limit for the whole request is off. */
const timesOf = (door: Door): HttpOptions => ({
  keepAliveTimeout: KEEP_ALIVE_MS,
  headersTimeout: headersMsOf(door),
  requestTimeout: 0,
  connectionsCheckingInterval: Math.min(headersMsOf(door) / 4, 5000),
});

const isHere = ({ remoteAddress = '', localAddress = '' }: Socket): boolean =>
  /^(::ffff:)?127\.|^::1$/.test(remoteAddress) || remoteAddress === localAddress;

/**
 * While an earlier response waits to be sent, Node pauses the connection after a request's head, but TLS hands over every record that has
 * come already, and the paused parser would take the body's for an error. A listener makes the records go through the socket's own
 * buffer, which keeps them until the connection goes on.
 */
function leaveParser(socket: Socket): void {
  if (!socket.isPaused()) return;
  const listener = (): void => undefined;
  socket.on('data', listener).off('data', listener);
}

/** The parser's errors that do not mean a malformed request. */
const FAULTS = new Map([
  ['HPE_HEADER_OVERFLOW', 431],
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
]);

function fitted<S extends Server>(server: S, door: Door, scheme: 'http' | 'https'): S {
  const given = door.limits?.perAddress;
  const addresses = new Addresses(
    (socket) => given ?? (isHere(socket) ? FROM_HERE : LIMITS.perAddress),
  );
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => socket.destroy());
    if (!addresses.admit(socket)) socket.destroy();
  });
  const due = new DueAnswers(door);
  const take = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    leaveParser(incoming.socket);
    due.note(outgoing);
    serve(door, scheme, incoming, outgoing, addresses.bodiesOf(incoming.socket)).catch(() =>
      outgoing.destroy(),
    );
  };
  server.on('request', take);
  // 100 Continue is sent when the body is read, not before.
  server.on('checkContinue', take);
  server.on('checkExpectation', take);
  const { upgrade } = door;
  if (upgrade)
    server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) =>
      due.inTurn(socket, () => upgrade(incoming, socket, head)),
    );
  // CONNECT asks for a tunnel; without a listener Node cuts the connection.
  server.on('connect', (_incoming: IncomingMessage, socket: Duplex) => due.refuse(405, socket));
  server.on('clientError', ({ code = '' }: NodeJS.ErrnoException, socket: Duplex) => {
    if (code === 'ECONNRESET') socket.destroy();
    else due.refuse(FAULTS.get(code) ?? 400, socket);
  });
  return server;
}
