// One connection of a probe or hook: opened in plain or by TLS, written to once, read on demand, closed by the signal.
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import { present } from '../../src/present.ts';
import { ByteReader } from './byte-reader.ts';
import type { RequestUrl } from './request-url.ts';

export interface Connection {
  reader: ByteReader;
  close(): void;
}

/** Connects and sends `request`. Rejects with what the system says; a signal that aborts ends reads as well. */
export async function openConnection(
  { scheme, host, port }: RequestUrl,
  request: Buffer,
  signal: AbortSignal,
): Promise<Connection> {
  const socket = scheme === 'https' ? await secure(host, port) : connect({ host, port });
  const stop = (): void => void socket.destroy(new Error('the time is over'));
  // Reads reject with the error; an error after the last read is dropped.
  socket.on('error', () => undefined);
  socket.once('close', () => signal.removeEventListener('abort', stop));
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop);
  const reader = new ByteReader(socket);
  await connected(socket, scheme === 'https' ? 'secureConnect' : 'connect');
  socket.write(request);
  return { reader, close: () => void socket.destroy() };
}

async function secure(host: string, port: number): Promise<Socket> {
  const tls = await import('node:tls');
  return tls.connect({
    host,
    port,
    rejectUnauthorized: false,
    ...present({ servername: isIP(host) === 0 ? host : undefined }),
  });
}

function connected(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(Object.assign(new Error('EOF'), { code: 'EOF' })));
  });
}
