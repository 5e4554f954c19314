// History events as the interpreter writes them: AWS's types, ids and previousEventIds; values stay JSON.
// local/aws/states converts them to the wire format, where each type has its own details member.
import type { JsonObject } from './json.ts';

export type HistoryEvent = {
  id: number;
  previousEventId: number;
  /** Epoch ms. */
  at: number;
  type: string;
  details: JsonObject;
};

/** An event without an id yet. */
export interface Draft {
  type: string;
  details: JsonObject;
  /** `before-entered`: AWS numbers a failed evaluation after the event before the state's Entered. */
  after?: 'before-entered' | number;
  /** Leaves this event out of the chain of previous events (…StateSucceeded, …IterationSucceeded). */
  aside?: boolean;
}

/** AWS ends an execution whose history reaches this many events. */
export const MAX_EVENTS = 25_000;
