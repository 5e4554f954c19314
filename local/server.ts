// Node's HTTP(S) servers around handlers that know no sockets: a request becomes a Request, the Response is streamed back.
// Also the one loopback port of the AWS endpoints, routed by target and path.
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { drained } from './streams/drained.ts';

export type Handler = (request: Request, socket: { remoteAddress: string }) => Promise<Response>;
export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** A WHATWG Request of an incoming message; its signal aborts when the client goes away. */
export function toRequest(incoming: IncomingMessage, origin: string, signal: AbortSignal, withBody = true): Request {
  const headers = new Headers();
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
    const name = incoming.rawHeaders[i] ?? '';
    if (!name.startsWith(':')) headers.append(name, incoming.rawHeaders[i + 1] ?? '');
  }
  const method = incoming.method ?? 'GET';
  const bodiless = !withBody || method === 'GET' || method === 'HEAD' || (incoming.headers['content-length'] ?? '0') === '0' && incoming.headers['transfer-encoding'] === undefined;
  // A DELETE or POST without a body would otherwise hold a stream open for each request.
  const body = bodiless ? null : new ReadableStream<Uint8Array>({
    start(controller) {
      incoming.on('data', (chunk: Buffer) => controller.enqueue(chunk));
      incoming.on('end', () => controller.close());
      incoming.on('error', (error) => controller.error(error));
    },
  });
  return new Request(new URL(incoming.url ?? '/', origin), { method, headers, signal, ...(body ? { body, duplex: 'half' } : {}) } as RequestInit);
}

const nextTurn = (): Promise<undefined> => new Promise((resolve) => { setImmediate(resolve, undefined); });

async function write(outgoing: ServerResponse, bytes: Uint8Array): Promise<void> {
  if (!outgoing.write(bytes) && !outgoing.destroyed) await drained(outgoing);
}

/** Sends headers and body. The last piece is held back while the next may be there at once: most answers then leave in one write. */
async function send(response: Response, outgoing: ServerResponse): Promise<void> {
  if (!response.body) return void outgoing.end();
  const reader = response.body.getReader();
  outgoing.on('close', () => { reader.cancel().catch(() => undefined); });
  let held: Uint8Array | undefined;
  while (!outgoing.destroyed) {
    const reading = reader.read();
    if ((await Promise.race([reading, nextTurn()])) === undefined) {
      if (!outgoing.headersSent) outgoing.flushHeaders();
      if (held) await write(outgoing, held);
      held = undefined;
    }
    const { done, value } = await reading;
    if (done) return void outgoing.end(held);
    if (held) await write(outgoing, held);
    held = value;
  }
}

/** Serves one request; a handler that throws answers 500 without details (the detail goes to `log`). */
export async function serve(handler: Handler, incoming: IncomingMessage, outgoing: ServerResponse, origin: string, log: (line: string) => void): Promise<void> {
  const gone = new AbortController();
  // An abort makes an error with a stack: not for a request that was answered.
  outgoing.on('close', () => { if (!outgoing.writableFinished) gone.abort(); });
  try {
    const response = await handler(toRequest(incoming, origin, gone.signal), { remoteAddress: incoming.socket.remoteAddress ?? '' });
    outgoing.statusCode = response.status;
    response.headers.forEach((value, name) => { if (name !== 'warning') outgoing.setHeader(name, value); });
    const warnings = splitWarnings(response.headers.get('warning'));
    if (warnings.length > 0) outgoing.setHeader('Warning', warnings);
    await send(response, outgoing);
  } catch (error) {
    log(`request ${incoming.method ?? ''} ${incoming.url ?? ''}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    if (!outgoing.headersSent) outgoing.statusCode = 500;
    outgoing.end();
  }
}

// `Headers` joins repeated Warning headers with ", "; clients of Kubernetes read one warning per header line.
function splitWarnings(joined: string | null): string[] {
  return joined === null ? [] : joined.split(/, (?=\d{3} )/);
}

export interface Listening {
  port: number;
  close(): Promise<void>;
}

/** Listens on each address with the same port (0: any free one, fixed by the first address). */
export async function listen(servers: () => Server, addresses: string[], port: number): Promise<Listening> {
  const open: Server[] = [];
  const sockets = new Set<Socket>();
  let bound = port;
  for (const address of addresses) {
    const server = servers();
    // An upgraded connection is no longer the HTTP server's, but holds its close: it is ended here.
    server.on('connection', (socket: Socket) => { sockets.add(socket); socket.once('close', () => sockets.delete(socket)); });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => { for (const other of open) other.close(); reject(error); });
      server.listen(bound, address, () => { server.removeAllListeners('error'); resolve(); });
    });
    bound = (server.address() as AddressInfo).port;
    open.push(server);
  }
  return {
    port: bound,
    close: async () => {
      const closed = open.map((server) => new Promise<void>((resolve) => { server.close(() => resolve()); }));
      for (const socket of sockets) socket.destroy();
      await Promise.all(closed);
    },
  };
}

/** An HTTPS server of `handler`; upgrades (exec, attach, port-forward, sessions) go to `upgrade`. */
export function httpsServer(tls: ServerOptions, handler: Handler, upgrade: Upgrade, log: (line: string) => void): Server {
  const server = createHttpsServer(tls, (incoming, outgoing) => { void serve(handler, incoming, outgoing, `https://${incoming.headers.host ?? 'localhost'}`, log); });
  server.on('upgrade', upgrade);
  server.on('tlsClientError', () => undefined);
  server.keepAliveTimeout = 65_000;
  server.requestTimeout = 0;
  return server;
}

/** A plain HTTP server of `handler` (AWS endpoints, metadata). */
export function httpServer(handler: Handler, log: (line: string) => void): Server {
  const server = createHttpServer((incoming, outgoing) => { void serve(handler, incoming, outgoing, `http://${incoming.headers.host ?? 'localhost'}`, log); });
  server.keepAliveTimeout = 65_000;
  server.requestTimeout = 0;
  return server;
}
