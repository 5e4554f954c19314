// Pairs a client's stream with the podlet that connects for it: the sync answer asks for the session, and the podlet opens a
// WebSocket to its URL. The hub knows ids and frames, nothing about Kubernetes.
// See docs/design/local.md.
import type { WebSocket } from 'ws';
import type { Session, SessionRequest } from '../../src/protocol/messages.ts';

interface Waiting {
  owner: string;
  session: SessionRequest;
  resolve(socket: WebSocket): void;
}

export interface SessionHubOptions {
  /** URL that podlets connect to, without the id. */
  baseUrl: () => string;
  id: () => string;
  /** Completes the owner's long poll now. */
  wake: (owner: string) => void;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

const DIAL_MS = 15_000;

export class SessionHub {
  private readonly waiting = new Map<string, Waiting>();
  constructor(private readonly options: SessionHubOptions) {}

  /** Sessions that the owner's podlet has not connected for yet. */
  pending(owner: string): SessionRequest[] {
    return [...this.waiting.values()]
      .filter((one) => one.owner === owner)
      .map(({ session }) => session);
  }

  /** The podlet's connection for a new session; undefined when it does not connect in time. */
  async open(owner: string, request: Session): Promise<WebSocket | undefined> {
    const id = this.options.id();
    const gaveUp = new AbortController();
    const dialled = new Promise<WebSocket>((resolve) => {
      this.waiting.set(id, {
        owner,
        session: { id, url: `${this.options.baseUrl()}/${id}`, ...request },
        resolve,
      });
    });
    this.options.wake(owner);
    const socket = await Promise.race([
      dialled,
      this.options.sleep(DIAL_MS, gaveUp.signal).then(() => undefined),
    ]);
    gaveUp.abort();
    this.waiting.delete(id);
    return socket;
  }

  /** Whose podlet may connect for this id, once; undefined: nobody's. */
  ownerOf(id: string): string | undefined {
    return this.waiting.get(id)?.owner;
  }

  /** The podlet's connection for an id; closed when nobody waits for it. */
  accept(id: string, socket: WebSocket): void {
    const waiting = this.waiting.get(id);
    if (!waiting) return socket.close(1008, 'unknown session');
    this.waiting.delete(id);
    // Nobody listens yet: what the podlet sends meanwhile must not be lost.
    socket.pause();
    waiting.resolve(socket);
  }
}
