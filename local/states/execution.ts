// One execution: its record, the numbering of its history events, its threads, and its end.
import { setMaxListeners } from 'node:events';
import { present } from '../../src/present.ts';
import type { Draft, HistoryEvent } from './history.ts';
import { MAX_EVENTS } from './history.ts';
import type { Json, JsonObject } from './json.ts';
import type { Machine } from './machine.ts';
import type { ClosedStatus, ExecutionChange, JournalEntry, StatesPorts } from './ports.ts';
import { runFlow } from './run-flow.ts';
import { Aborted, StateError } from './state-error.ts';
import { texts } from './task-events.ts';
import type { Evaluator } from './template.ts';
import type { Answer, Thread } from './thread.ts';
import { newThread } from './thread.ts';
import type { ThreadHost } from './thread-run.ts';
import { ThreadRun } from './thread-run.ts';

/** What is known of an execution, running or closed. Times are epoch ms. */
export type ExecutionRecord = {
  arn: string;
  name: string;
  machineArn: string;
  machineName: string;
  /** Hash of the definition it runs; updating the machine does not change it. */
  definition: string;
  roleArn: string;
  input: Json;
  startedAt: number;
  deadline?: number;
  status: 'RUNNING' | ClosedStatus;
  stoppedAt?: number;
  output?: Json;
  error?: string;
  cause?: string;
};

/** The end of an execution. */
export type Ending =
  | { status: 'SUCCEEDED'; output: Json }
  | {
      status: Exclude<ClosedStatus, 'SUCCEEDED'>;
      error?: string | undefined;
      cause?: string | undefined;
    };

const ROOT = '0';
const ID_DIGITS = 5;
/** Most entries that wait for the next write; a loop of states that do nothing outside is journaled this often. */
const MAX_HELD = 64;

/** Journal keys; a key of an execution is `<machine>/<name>`. */
export const keys = {
  execution: (key: string): string => `execution/${key}`,
  thread: (key: string, id: string): string => `thread/${key}/${id}`,
  history: (key: string, id: number): string =>
    `history/${key}/${String(id).padStart(ID_DIGITS, '0')}`,
  /** Closed executions whose end has not been published yet. */
  ended: (key: string): string => `ended/${key}`,
  definition: (hash: string): string => `definition/${hash}`,
};

export class Execution implements ThreadHost {
  readonly threads = new Map<string, ThreadRun>();
  readonly stored = new Map<string, Thread>();
  readonly arn: string;
  readonly key: string;
  readonly context: JsonObject;
  /** Resolves with the closed record once it is in the journal. */
  readonly closed: Promise<ExecutionRecord>;
  /** Resolves once the start is in the journal. */
  begun: Promise<void> = Promise.resolve();
  readonly #controller = new AbortController();
  #resolveClosed: (record: ExecutionRecord) => void = () => undefined;
  #lastEvent = 0;
  /** Entries for the next write. */
  #held: JournalEntry[] = [];
  /** The newest write under way by key. */
  readonly #writes = new Map<string, readonly JournalEntry[]>();
  #ended = false;

  constructor(
    readonly ports: StatesPorts,
    readonly evaluator: Evaluator,
    readonly machine: Machine,
    readonly record: ExecutionRecord,
  ) {
    setMaxListeners(0, this.#controller.signal);
    this.arn = record.arn;
    this.key = `${record.machineName}/${record.name}`;
    this.context = contextOf(record);
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  /** Writes the record and the first state in one go. */
  begin(): Promise<void> {
    const { machine, record } = this;
    const root = this.#root(
      newThread({ id: ROOT, index: 0, state: machine.StartAt, input: record.input, lastEvent: 0 }),
    );
    root.draft(
      'ExecutionStarted',
      { input: record.input, roleArn: record.roleArn },
      { aside: true },
    );
    root.enter(machine.StartAt, record.input);
    const events = this.#number(root.thread, root.takeDrafts());
    this.begun = this.ports.journal.write([
      { key: keys.execution(this.key), value: record },
      { key: keys.thread(this.key, ROOT), value: root.thread },
      ...this.#entries(events),
    ]);
    return this.begun;
  }

  /** Takes over the threads that the journal holds for it. */
  restore(threads: readonly Thread[]): void {
    this.#lastEvent = Math.max(...threads.map(({ newestEvent }) => newestEvent));
    for (const thread of threads) {
      if (thread.id === ROOT) this.#root(thread);
      else this.stored.set(thread.id, thread);
    }
  }

  /** Runs to the end and never rejects. An internal fault is logged and fails the execution as States.Runtime. */
  async run(): Promise<void> {
    const root = this.threads.get(ROOT);
    if (root === undefined) return;
    try {
      this.#watchDeadline().catch((error: unknown) => this.ports.onFault?.(error));
      const output = await this.runFlow(root);
      await this.end(
        { status: 'SUCCEEDED', output },
        { type: 'ExecutionSucceeded', details: { output } },
      );
    } catch (error) {
      await this.#failed(error);
    }
  }

  runFlow(run: ThreadRun): Promise<Json> {
    return runFlow(run);
  }

  save(thread: Thread, drafts: readonly Draft[], removed: readonly string[]): Promise<number> {
    let entries: JournalEntry[];
    try {
      entries = this.#changes(thread, drafts, removed);
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
    const lastEvent = this.#lastEvent;
    return this.#write([], entries).then(() => lastEvent);
  }

  hold(thread: Thread, drafts: readonly Draft[], removed: readonly string[]): boolean {
    const entries = this.#changes(thread, drafts, removed);
    // As it is now: another thread may write it while this one goes on.
    const now = { ...thread, variables: { ...thread.variables } };
    this.#held.push(
      ...entries.map((entry) => (entry.value === thread ? { ...entry, value: now } : entry)),
    );
    return this.#held.length < MAX_HELD;
  }

  /** The entries for a thread as it is now and for its drafts, which become numbered events. */
  #changes(thread: Thread, drafts: readonly Draft[], removed: readonly string[]): JournalEntry[] {
    if (this.#ended) throw new Aborted();
    // The last place is reserved for the event that ends the execution.
    if (this.#lastEvent + drafts.length >= MAX_EVENTS) {
      throw new StateError(
        'States.Runtime',
        `The execution reached the maximum number of history events (${MAX_EVENTS}).`,
        true,
      );
    }
    const events = this.#number(thread, drafts);
    return [
      { key: keys.thread(this.key, thread.id), value: thread },
      ...removed.map((id) => ({ key: keys.thread(this.key, id), value: null })),
      ...this.#entries(events),
    ];
  }

  /** One write, with what was held for it: events enter the journal in the order of their numbers. */
  async #write(first: JournalEntry[], entries: JournalEntry[]): Promise<void> {
    const held = this.#held;
    this.#held = [];
    const all = [...first, ...held, ...entries];
    for (const { key } of all) this.#writes.set(key, all);
    const isNewest = ({ key }: JournalEntry): boolean => this.#writes.get(key) === all;
    try {
      await this.ports.journal.write(all);
    } catch (error) {
      // A later write may have what is newer than these, and may have succeeded.
      this.#held = [...held.filter(isNewest), ...this.#held];
      throw error;
    } finally {
      for (const entry of all) if (isNewest(entry)) this.#writes.delete(entry.key);
    }
  }

  /** Closes the execution once: record, last event and end notice in one write; then stops everything that still runs. */
  async end(ending: Ending, last: Draft): Promise<boolean> {
    if (this.#ended) return false;
    this.#ended = true;
    const { record, key } = this;
    Object.assign(record, present(ending), {
      stoppedAt: this.ports.clock.now().getTime(),
    });
    const root = this.threads.get(ROOT);
    const events =
      root === undefined
        ? []
        : this.#number(
            root.thread,
            [...root.takeDrafts(), last].slice(-(MAX_EVENTS - this.#lastEvent)),
          );
    const gone = [...this.threads.keys(), ...this.stored.keys()].map((id) => ({
      key: keys.thread(key, id),
      value: null,
    }));
    await this.#write(
      [
        { key: keys.execution(key), value: record },
        { key: keys.ended(key), value: changeOf(record) },
      ],
      [...gone, ...this.#entries(events)],
    );
    this.close();
    this.#resolveClosed(record);
    return true;
  }

  /** Delivers the answer to the task that holds the token, and journals it; 'gone': nothing waits for it any more. */
  async answer(threadId: string, token: string, answer: Answer): Promise<'answered' | 'gone'> {
    const run = this.threads.get(threadId);
    const thread = run?.thread ?? this.stored.get(threadId);
    if (
      thread?.phase.at !== 'task' ||
      thread.phase.token !== token ||
      thread.phase.answer !== undefined ||
      run?.tokenClosed
    )
      return 'gone';
    const { phase } = thread;
    phase.answer = answer;
    try {
      await this.save(thread, [], []);
    } catch (error) {
      if (error instanceof Aborted) return 'gone';
      // Its sender repeats it, and would be refused if it counted as answered.
      delete phase.answer;
      throw error;
    }
    run?.onAnswer?.(answer);
    return 'answered';
  }

  /** Moves a heartbeat's due time; 'gone' as in `answer`. */
  heartbeat(threadId: string, token: string): 'answered' | 'gone' {
    const run = this.threads.get(threadId);
    const thread = run?.thread ?? this.stored.get(threadId);
    if (thread?.phase.at !== 'task' || thread.phase.token !== token || run?.tokenClosed)
      return 'gone';
    if (run?.heartbeatDue !== undefined && thread.phase.heartbeatSeconds !== undefined)
      run.heartbeatDue = run.now() + thread.phase.heartbeatSeconds * 1000;
    return 'answered';
  }

  /** Stops running without ending the execution: the next process resumes it from the journal. */
  close(): void {
    this.#ended = true;
    this.#controller.abort();
  }

  #root(thread: Thread): ThreadRun {
    return new ThreadRun(this, thread, this.machine, this.#controller.signal);
  }

  async #failed(fault: unknown): Promise<void> {
    if (fault instanceof Aborted) return;
    if (!(fault instanceof StateError)) this.ports.onFault?.(fault);
    // A failed execution is better than one that hangs: whoever watches for ends can start another.
    const failure =
      fault instanceof StateError
        ? fault
        : new StateError('States.Runtime', fault instanceof Error ? fault.message : String(fault));
    try {
      await this.end(
        { status: 'FAILED', error: failure.error, cause: failure.cause },
        { type: 'ExecutionFailed', details: texts(failure) },
      );
    } catch (error) {
      this.ports.onFault?.(error);
    }
  }

  async #watchDeadline(): Promise<void> {
    const { deadline } = this.record;
    const root = this.threads.get(ROOT);
    if (deadline === undefined || root === undefined) return;
    try {
      await root.sleepUntil(deadline);
      await this.end({ status: 'TIMED_OUT' }, { type: 'ExecutionTimedOut', details: {}, after: 0 });
    } catch (error) {
      if (!(error instanceof Aborted)) this.ports.onFault?.(error);
    }
  }

  #number(thread: Thread, drafts: readonly Draft[]): HistoryEvent[] {
    const at = this.ports.clock.now().getTime();
    const events = drafts.map(({ type, details, after, aside = false }): HistoryEvent => {
      const id = ++this.#lastEvent;
      const previousEventId =
        after === 'before-entered' ? thread.beforeEntered : (after ?? thread.lastEvent);
      if (type.endsWith('StateEntered'))
        Object.assign(thread, { beforeEntered: thread.lastEvent, enteredEvent: id });
      if (!aside) thread.lastEvent = id;
      return { id, previousEventId, at, type, details };
    });
    thread.newestEvent = this.#lastEvent;
    return events;
  }

  #entries(events: HistoryEvent[]): JournalEntry[] {
    const [first] = events;
    return first === undefined ? [] : [{ key: keys.history(this.key, first.id), value: events }];
  }
}

function contextOf(record: ExecutionRecord): JsonObject {
  return {
    Execution: {
      Id: record.arn,
      Input: record.input,
      Name: record.name,
      RoleArn: record.roleArn,
      StartTime: new Date(record.startedAt).toISOString(),
      RedriveCount: 0,
    },
    StateMachine: { Id: record.machineArn, Name: record.machineName },
  };
}

/** A closed record in the form of EventBridge's status change. */
export function changeOf(record: ExecutionRecord): ExecutionChange {
  const { arn, machineArn, name, status, startedAt, stoppedAt, input, output, error, cause } =
    record;
  return {
    executionArn: arn,
    stateMachineArn: machineArn,
    name,
    status: status === 'RUNNING' ? 'ABORTED' : status,
    startDate: startedAt,
    stopDate: stoppedAt ?? startedAt,
    input: JSON.stringify(input),
    output: output === undefined ? null : JSON.stringify(output),
    error: error ?? null,
    cause: cause ?? null,
  };
}
