// A thread is one run through a flow: the execution's own, a Parallel branch or a Map iteration.
// It is plain JSON, and the journal holds its newest form: whatever is not in here is lost with the process.
import { present } from '../../src/present.ts';
import type { Json } from './json.ts';

/** How far the current state has come. Times are absolute (epoch ms), so they hold across a restart. */
export type Phase =
  | { at: 'entered' }
  | { at: 'waiting'; until: number }
  | {
      at: 'task';
      args: Json;
      token?: string;
      deadline?: number;
      heartbeatSeconds?: number;
      submitted?: true;
      answer?: Answer;
    }
  | { at: 'retrying'; until: number }
  | { at: 'fan-out'; count: number; concurrency: number; tolerated: number; items?: Json[] }
  | { at: 'done'; output: Json }
  | { at: 'failed'; error?: string; cause?: string };

/** What SendTaskSuccess or SendTaskFailure brought. */
export type Answer = { output: Json } | { error?: string; cause?: string };

export type Thread = {
  /** '0' is the execution itself; `<parent>.<index>` a branch or an iteration. */
  id: string;
  index: number;
  state: string;
  enteredAt: number;
  /** Ids of history events: the current state's Entered, the one before it, and the newest of this thread. */
  enteredEvent: number;
  beforeEntered: number;
  lastEvent: number;
  /** The execution's newest event when the thread was written; numbering continues from the highest of all threads. */
  newestEvent: number;
  input: Json;
  /** Only what this thread assigned; outer variables are read from the parent. */
  variables: { [name: string]: Json };
  /** Retries so far in this state, by position in Retry. */
  retries: number[];
  /** The value of a Map iteration ($states.context.Map.Item). */
  item?: { index: number; value: Json };
  phase: Phase;
};

/** The id of a thread's child. */
export const childId = (parent: string, index: number): string => `${parent}.${index}`;

/** A thread about to enter its first state. */
export function newThread(
  from: Pick<Thread, 'id' | 'index' | 'state' | 'input' | 'lastEvent'> & {
    item?: Thread['item'] | undefined;
  },
): Thread {
  const { item, ...rest } = from;
  return {
    ...rest,
    ...present({ item }),
    enteredAt: 0,
    enteredEvent: 0,
    beforeEntered: 0,
    newestEvent: 0,
    variables: {},
    retries: [],
    phase: { at: 'entered' },
  };
}
