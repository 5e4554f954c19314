// Streams that users opened to pods.
import type { SessionRequest } from '../protocol/messages.ts';

/** Streams that users opened to a pod (exec, attach, port-forward); only a front that supports upgrades has them. */
export interface Sessions {
  /** Those that the podlet has not connected for yet. */
  pending(uid: string): SessionRequest[];
}
