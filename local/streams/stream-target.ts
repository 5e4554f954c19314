// What a client's upgrade request was checked to ask for, and what serving it needs.
import type { Output } from './channels.ts';
import type { OpenPort } from './port-forward.ts';
import type { Session } from '../../src/protocol/messages.ts';
import type { SessionHub } from './session-hub.ts';

/** What a checked request asks for. `gone` is what Kubernetes says where the container cannot be reached. */
export interface StreamTarget {
  owner: string;
  session: Session;
  /** Ports of a port-forward by channels. */
  ports: number[];
  gone: string;
  /** What an attached container writes, where the podlet does not see it. */
  output?: Output;
}

/** What every kind of stream is served with. */
export interface StreamContext {
  hub: SessionHub;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Opens a session to the podlet for each port that is forwarded. */
export const openPort =
  ({ hub }: StreamContext, { owner, session }: StreamTarget): OpenPort =>
  (port) =>
    hub.open(owner, { ...session, port });
