// Pairs a client's stream with the podlet that dials in for it: the API asks by the sync answer, the podlet opens a
// WebSocket to the session's URL. The hub knows ids and frames, nothing of Kubernetes.
// See docs/design/local.md.
import type { WebSocket } from 'ws';
import type { Session, SessionRequest } from '../../src/protocol/messages.ts';

interface Waiting {
  owner: string;
  session: SessionRequest;
  resolve(socket: WebSocket): void;
}

export interface SessionHubOptions {
  /** URL under which podlets dial, without the id. */
  baseUrl: () => string;
  id: () => string;
  /** Makes the owner's long poll answer now. */
  wake: (owner: string) => void;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

const DIAL_MS = 15_000;

export class SessionHub {
  private readonly waiting = new Map<string, Waiting>();
  constructor(private readonly options: SessionHubOptions) {}

  /** Sessions that the owner's podlet has not dialled yet. */
  pending(owner: string): SessionRequest[] {
    return [...this.waiting.values()]
      .filter((one) => one.owner === owner)
      .map(({ session }) => session);
  }

  /** The podlet's connection for a new session; undefined when it does not dial in time. */
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

  /** Whose podlet may dial this id, once; undefined: nobody's. */
  ownerOf(id: string): string | undefined {
    return this.waiting.get(id)?.owner;
  }

  /** The podlet dialled; an id that nobody waits for is closed. */
  accept(id: string, socket: WebSocket): void {
    const waiting = this.waiting.get(id);
    if (!waiting) return socket.close(1008, 'unknown session');
    this.waiting.delete(id);
    // Nothing listens yet: what the podlet sends meanwhile must not be lost.
    socket.pause();
    waiting.resolve(socket);
  }
}
