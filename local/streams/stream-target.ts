// What an authorised upgrade request asks for, and what serving it needs.
import type { Output } from './channels.ts';
import type { OpenPort } from './port-forward.ts';
import type { Session } from '../../src/protocol/messages.ts';
import type { SessionHub } from './session-hub.ts';

/** What the request asks for. `gone` is Kubernetes' message for a container that cannot be reached. */
export interface StreamTarget {
  owner: string;
  session: Session;
  /** Ports of a port-forward over channels. */
  ports: number[];
  gone: string;
  /** An attached container's output, where the podlet does not see it. */
  output?: Output;
}

/** What every kind of stream needs to be served. */
export interface StreamContext {
  hub: SessionHub;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Opens a podlet session for each forwarded port. */
export const openPort =
  ({ hub }: StreamContext, { owner, session }: StreamTarget): OpenPort =>
  (port) =>
    hub.open(owner, { ...session, port });
