// Node's HTTP(S) servers around handlers that know no sockets: a request becomes a Request, the Response is streamed back.
// A door says what its clients may take of this process: bytes of a body, time, connections.
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
import type { Clock } from './clock.ts';
import { DueAnswers } from './due-answers.ts';
import { RequestFault, toRequest } from './request.ts';

type Handler = (request: Request, socket: { remoteAddress: string }) => Promise<Response>;
type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface Door {
  handler: Handler;
  /** exec, attach, port-forward, sessions. */
  upgrade?: Upgrade;
  /** The door's own words for what never reaches its handler. */
  refusal: (code: number, message: string) => Response;
  /** The most that is taken of one body; Infinity where handlers bound what they read, 0 where nobody reads one. */
  maxBodyBytes: number;
  clock: Clock;
  log: (line: string) => void;
  limits?: Partial<Limits>;
}

interface Limits {
  /** Until a request's line and headers are there (kube-apiserver's ReadHeaderTimeout); its TLS handshake too. */
  headersMs: number;
  /** Of waiting for a body's bytes; see BodyBounds. */
  bodyMs: number;
  /** Of an answer that its client does not take, once all of it is there. */
  idleMs: number;
  /** What another machine, or a task on the bridge, may hold of the door; this machine's own addresses may hold more. */
  perAddress: Allowance;
}

interface Allowance {
  /** Watches over HTTP/1.1 hold a connection each. */
  connections: number;
  /** Bodies that are read at a time. */
  bodies: number;
}

const LIMITS: Limits = {
  headersMs: 32_000,
  bodyMs: 60_000,
  idleMs: 60_000,
  perAddress: { connections: 512, bodies: 32 },
};
/** A test suite with hundreds of clients runs on the machine itself. */
const FROM_HERE: Allowance = { connections: 16_384, bodies: 4096 };
/** Go's clients leave after 90 s of rest, and kube-apiserver lets them: who waits longer never cuts a request off. */
const KEEP_ALIVE_MS = 100_000;

/** What the addresses hold: their connections, and whose turn it is to have a body read. */
class Addresses {
  private readonly known = new Map<string, { sockets: number; limit: Limit }>();
  constructor(private readonly allowanceOf: (socket: Socket) => Allowance) {}

  /** False: the address has all the connections that it may have. */
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

/** Serves one request; a handler that throws answers 500 without details (the detail goes to `log`). */
async function serve(
  door: Door,
  scheme: 'http' | 'https',
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  atATime?: Limit,
): Promise<void> {
  const gone = new AbortController();
  // An abort makes an error with a stack: not for a request that was answered.
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
      await door.handler(toRequest(incoming, scheme, gone.signal, bounds), {
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
    // An upgraded connection is no longer the HTTP server's, but holds its close: it is ended here.
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
    // Out of file descriptors is an error of one connection.
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

/** An HTTPS server of a door. */
export function httpsServer(tls: ServerOptions, door: Door): Server {
  const server = createHttpsServer({
    ...tls,
    ...timesOf(door),
    handshakeTimeout: headersMsOf(door),
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return fitted(server, door, 'https');
}

/** A plain HTTP server of a door (AWS endpoints, metadata). */
export const httpServer = (door: Door): Server =>
  fitted(createHttpServer(timesOf(door)), door, 'http');

const headersMsOf = (door: Door): number => door.limits?.headersMs ?? LIMITS.headersMs;

/** Bodies have their own bound of time, which a long upload through a pod's proxy meets: none of Node's for the whole request. */
const timesOf = (door: Door): HttpOptions => ({
  keepAliveTimeout: KEEP_ALIVE_MS,
  headersTimeout: headersMsOf(door),
  requestTimeout: 0,
  connectionsCheckingInterval: Math.min(headersMsOf(door) / 4, 5000),
});

const isHere = ({ remoteAddress = '', localAddress = '' }: Socket): boolean =>
  /^(::ffff:)?127\.|^::1$/.test(remoteAddress) || remoteAddress === localAddress;

/** The parser's faults that are not the request's form. */
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
    due.note(outgoing);
    serve(door, scheme, incoming, outgoing, addresses.bodiesOf(incoming.socket)).catch(() =>
      outgoing.destroy(),
    );
  };
  server.on('request', take);
  // 100 Continue is said when somebody reads the body, not before.
  server.on('checkContinue', take);
  server.on('checkExpectation', take);
  const { upgrade } = door;
  if (upgrade)
    server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) =>
      due.inTurn(socket, () => upgrade(incoming, socket, head)),
    );
  // A tunnel; without a listener the connection is cut.
  server.on('connect', (_incoming: IncomingMessage, socket: Duplex) => due.refuse(405, socket));
  server.on('clientError', ({ code = '' }: NodeJS.ErrnoException, socket: Duplex) => {
    if (code === 'ECONNRESET') socket.destroy();
    else due.refuse(FAULTS.get(code) ?? 400, socket);
  });
  return server;
}
