// Connections of a container's unix socket as the podlet uses them: a small part of node:net's Socket, which is one.
// In the image they are Bun's own sockets: node:net costs a start 12 ms of CPU (docs/bench.md).
import { EventEmitter } from 'node:events';

export interface Connection {
  readonly destroyed: boolean;
  /** Bytes that were written and not yet taken by the kernel. */
  readonly writableLength: number;
  /** False: the caller should wait for `drain`. */
  write(data: string | Uint8Array): boolean;
  /** Closes once everything written is sent. */
  end(): void;
  /** Closes now. */
  destroy(): void;
  pause(): void;
  resume(): void;
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'end' | 'close' | 'drain' | 'error', listener: () => void): unknown;
  once(event: 'drain', listener: () => void): unknown;
  off(event: 'data', listener: (chunk: Buffer) => void): unknown;
}

/**
 * Listens on a unix socket; throws if it cannot. A connection is not read before it has a listener for `data`, and more than
 * `maxConnections` at a time are closed at once.
 */
export type Listen = (
  path: string,
  maxConnections: number,
  accept: (connection: Connection) => void,
) => { close(): void };

/** What is used of Bun's sockets (https://bun.com/docs/runtime/networking/tcp). */
interface BunSocket {
  data: BunConnection | undefined;
  /** The number of bytes that the kernel took; -1: the peer is gone. */
  write(data: Uint8Array): number;
  end(): void;
  terminate(): void;
  pause(): void;
  resume(): void;
}

declare const Bun: {
  listen(options: {
    unix: string;
    allowHalfOpen: boolean;
    socket: {
      open(socket: BunSocket): void;
      data(socket: BunSocket, chunk: Buffer): void;
      drain(socket: BunSocket): void;
      end(socket: BunSocket): void;
      close(socket: BunSocket): void;
      error(socket: BunSocket, error: Error): void;
    };
  }): { stop(): void };
};

/** Listens by Bun's own sockets. */
export const listenByBun: Listen = (path, maxConnections, accept) => {
  let count = 0;
  const server = Bun.listen({
    unix: path,
    // What is still to be written when the peer ends would be lost otherwise.
    allowHalfOpen: true,
    socket: {
      open(socket) {
        if (count >= maxConnections) return socket.terminate();
        count += 1;
        const connection = new BunConnection(socket, () => (count -= 1));
        socket.data = connection;
        accept(connection);
      },
      data: (socket, chunk) => void socket.data?.received(chunk),
      drain: (socket) => socket.data?.drained(),
      end: (socket) => void socket.data?.emit('end'),
      close: (socket) => socket.data?.closed(),
      error(socket, error) {
        socket.data?.destroy();
        // Bun brings exceptions of the handlers above here; the process's own handler reports them.
        if (!('code' in error))
          queueMicrotask(() => {
            throw error;
          });
      },
    },
  });
  return { close: () => server.stop() };
};

class BunConnection extends EventEmitter implements Connection {
  destroyed = false;
  writableLength = 0;
  private readonly unsent: Uint8Array[] = [];
  private isEnding = false;
  /** Whether its user has decided when it is read. */
  private isSteered = false;

  constructor(
    private readonly socket: BunSocket,
    private readonly left: () => void,
  ) {
    super();
    socket.pause();
    this.on('newListener', (event) => {
      if (event === 'data' && !this.isSteered) this.resume();
    });
  }

  write(data: string | Uint8Array): boolean {
    if (this.destroyed || this.isEnding) return false;
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    const isFirst = this.unsent.length === 0;
    this.unsent.push(bytes);
    this.writableLength += bytes.length;
    // Behind others it waits for them: drained() alone says that everything is sent.
    if (isFirst) this.send();
    return this.unsent.length === 0;
  }

  end(): void {
    this.isEnding = true;
    if (this.unsent.length === 0 && !this.destroyed) this.socket.end();
  }

  destroy(): void {
    this.closed();
    this.socket.terminate();
  }

  pause(): void {
    this.isSteered = true;
    this.socket.pause();
  }

  resume(): void {
    this.isSteered = true;
    if (!this.destroyed) this.socket.resume();
  }

  received(chunk: Buffer): void {
    if (!this.destroyed) this.emit('data', chunk);
  }

  /** The kernel takes more. */
  drained(): void {
    if (this.unsent.length === 0) return;
    this.send();
    if (this.unsent.length > 0) return;
    this.emit('drain');
    if (this.isEnding && this.unsent.length === 0) this.socket.end();
  }

  closed(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.unsent.length = this.writableLength = 0;
    this.left();
    // Never within a call of its user.
    queueMicrotask(() => this.emit('close'));
  }

  private send(): void {
    for (let [bytes] = this.unsent; bytes !== undefined; [bytes] = this.unsent) {
      const sent = Math.max(0, this.socket.write(bytes));
      this.writableLength -= sent;
      if (sent < bytes.length) {
        this.unsent[0] = bytes.subarray(sent);
        return;
      }
      this.unsent.shift();
    }
  }
}
