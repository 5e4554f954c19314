// What comes on a connection behind requests that are not answered yet waits for its turn: an upgrade, and the refusal of what is
// no HTTP or comes too slowly, which is sent once and ends the connection.
import { STATUS_CODES, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from './clock.ts';

/** As long as Go's server waits between its last answer and the end of a connection (`rstAvoidanceDelay`). */
const LAST_WORDS_MS = 500;

export interface RefusingDoor {
  refusal: (code: number, message: string) => Response;
  clock: Clock;
}

/** The answers of one server's connections that are still due, and the connections that were refused. */
export class DueAnswers {
  private readonly due = new WeakMap<Duplex, Set<ServerResponse>>();
  private readonly refused = new WeakSet<Duplex>();
  constructor(private readonly door: RefusingDoor) {}

  /** To be called for each request. */
  note(outgoing: ServerResponse): void {
    const { socket } = outgoing.req;
    const due = this.due.get(socket) ?? new Set();
    this.due.set(socket, due.add(outgoing));
    outgoing.once('close', () => due.delete(outgoing));
  }

  /** Ends a connection with a code, once: the parser repeats its fault with every piece that comes after. */
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
    // Cut at once, the client would lose the answer for what it is still sending.
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

  /** Does the work when all answers to requests that came whole are out; at once where there are none. */
  inTurn(socket: Duplex, work: () => void): void {
    if (this.nextWhole(socket) === undefined) return work();
    // The server has let go of an upgraded socket, and nobody has taken it yet.
    socket.on('error', () => socket.destroy());
    this.answered(socket)
      .then(() => {
        if (socket.destroyed) return;
        // The server has begun to wait for a next request.
        if (socket instanceof Socket) socket.setTimeout(0);
        work();
      })
      .catch(() => socket.destroy());
  }

  /** What broke may be a follower of these requests, or a body that never came whole. */
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
