// Whatever follows unanswered requests on a connection waits for its turn: an upgrade, or the refusal of input that is not HTTP or
// comes too slowly, which is sent once and closes the connection.
import { STATUS_CODES, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../src/ports/clock.ts';

/** Go's server waits this long between its last response and closing the connection (`rstAvoidanceDelay`). */
const LAST_WORDS_MS = 500;

export interface RefusingDoor {
  refusal: (code: number, message: string) => Response;
  clock: Clock;
}

/** The pending responses of one server's connections, and the connections that were refused. */
export class DueAnswers {
  private readonly due = new WeakMap<Duplex, Set<ServerResponse>>();
  private readonly refused = new WeakSet<Duplex>();
  constructor(private readonly door: RefusingDoor) {}

  /** Call it for each request. */
  note(outgoing: ServerResponse): void {
    const { socket } = outgoing.req;
    const due = this.due.get(socket) ?? new Set();
    this.due.set(socket, due.add(outgoing));
    outgoing.once('close', () => due.delete(outgoing));
  }

  /** Closes a connection with a status code, once: the parser repeats its error for every later piece. */
  refuse(code: number, socket: Duplex): void {
    if (this.refused.has(socket)) return;
    this.refused.add(socket);
    socket.on('error', () => socket.destroy());
    this.lastWords(code, socket).catch(() => socket.destroy());
  }

  private async lastWords(code: number, socket: Duplex): Promise<void> {
    await this.answered(socket);
    const bytes = await this.bytesOf(code);
    const [broken] = this.due.get(socket) ?? [];
    if (!socket.writable) return void socket.destroy();
    // If it were cut at once, a client that is still sending would lose the response.
    const over = new AbortController();
    let outstanding = 2;
    const oneWay = (): void => {
      if (--outstanding === 0) over.abort();
    };
    socket.once('close', () => over.abort());
    if (socket.readableEnded) oneWay();
    else socket.once('end', oneWay);
    socket.end(broken?.headersSent ? '' : bytes, oneWay);
    await this.door.clock.sleep(LAST_WORDS_MS, over.signal);
    socket.destroy();
  }

  /** Runs `work` after the responses to all complete requests; at once if there are none. */
  inTurn(socket: Duplex, work: () => void): void {
    if (this.nextWhole(socket) === undefined) return work();
    // The server no longer owns an upgraded socket, and nobody else owns it yet.
    socket.on('error', () => socket.destroy());
    this.answered(socket)
      .then(() => {
        if (socket.destroyed) return;
        // The server has started its timeout for a next request.
        if (socket instanceof Socket) socket.setTimeout(0);
        work();
      })
      .catch(() => socket.destroy());
  }

  /** The fault may be in a request that follows these, or in a body that is incomplete. */
  private async answered(socket: Duplex): Promise<void> {
    for (let next = this.nextWhole(socket); next; next = this.nextWhole(socket)) {
      const answer = next;
      await new Promise<void>((resolve) => {
        answer.once('close', resolve);
      });
    }
  }

  private nextWhole(socket: Duplex): ServerResponse | undefined {
    const [first] = this.due.get(socket) ?? [];
    return first?.req.complete && !socket.destroyed ? first : undefined;
  }

  private async bytesOf(code: number): Promise<string> {
    const response = this.door.refusal(code, STATUS_CODES[code] ?? '');
    const text = await response.text();
    const type = response.headers.get('content-type') ?? 'text/plain';
    return `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? ''}\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`;
  }
}
