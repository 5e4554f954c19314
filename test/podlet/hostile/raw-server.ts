// Servers that respond with raw bytes, for probes and hooks.
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { afterEach } from 'vitest';

export const HOST = '127.0.0.1';
const open: { server: Server; sockets: Set<Socket> }[] = [];

afterEach(() => {
  for (const { server, sockets } of open.splice(0)) {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});

/** A port that hands over each connection once its first bytes have arrived. */
export async function rawServer(serve: (socket: Socket, request: string) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.once('data', (bytes) => serve(socket, bytes.toString('latin1')));
  });
  open.push({ server, sockets });
  await new Promise<void>((resolve) => void server.listen(0, HOST, resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Responds to every request with `bytes` and closes; requests for /ok get a plain 200. */
export const answering = (bytes: string): Promise<number> =>
  rawServer((socket, request) =>
    socket.end(
      Buffer.from(
        request.startsWith('GET /ok') ? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' : bytes,
        'latin1',
      ),
    ),
  );

/** Sends `chunk` for as long as it is read; returns how much the peer took. */
export async function endless(
  first: string,
  chunk: string,
): Promise<{ port: number; sent(): number; closed(): boolean }> {
  let [sent, closed] = [0, false];
  const port = await rawServer((socket) => {
    socket.on('close', () => {
      closed = true;
    });
    const bytes = Buffer.from(chunk, 'latin1');
    const more = (): void => {
      while (!socket.destroyed) {
        sent += bytes.length;
        if (!socket.write(bytes)) return void socket.once('drain', more);
      }
    };
    socket.write(Buffer.from(first, 'latin1'));
    more();
  });
  return { port, sent: () => sent, closed: () => closed };
}
