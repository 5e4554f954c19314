// A running thread: drafts history, writes itself to the journal before any effect, evaluates expressions and sleeps.
import { own } from '../../src/own.ts';
import { present } from '../../src/present.ts';
import type { Draft } from './history.ts';
import type { Json, JsonObject } from './json.ts';
import type { Flow, State, Template } from './machine.ts';
import type { StatesPorts } from './ports.ts';
import { Aborted, StateError } from './state-error.ts';
import type { Bindings, Evaluator } from './template.ts';
import { EvaluationError } from './template.ts';
import type { Answer, Thread } from './thread.ts';

/** What a thread needs from its execution. */
export interface ThreadHost {
  readonly ports: StatesPorts;
  readonly evaluator: Evaluator;
  readonly arn: string;
  /** Key of the execution in the journal. */
  readonly key: string;
  /** $states.context without State, Task and Map. */
  readonly context: JsonObject;
  readonly threads: Map<string, ThreadRun>;
  /** Threads of the journal that have not been resumed yet after a restart. */
  readonly stored: Map<string, Thread>;
  /** Writes the drafts as events, writes the thread, and deletes `removed` threads, all or nothing. Returns the newest event's id. */
  save(thread: Thread, drafts: readonly Draft[], removed: readonly string[]): Promise<number>;
  /** The same with the next save of any thread, in one write; false: so much is held already that a save is due. */
  hold(thread: Thread, drafts: readonly Draft[], removed: readonly string[]): boolean;
  /** Runs a thread through its flow; resolves with the flow's output. */
  runFlow(run: ThreadRun): Promise<Json>;
}

/** Values that an expression may see besides input, context and variables. */
export interface Given {
  result?: Json;
  errorOutput?: Json;
  token?: string;
  /** $states.context.Map.Item where it is not the thread's own. */
  element?: { index: number; value: Json };
}

/** setTimeout takes at most 31 bits of milliseconds. */
const MAX_SLEEP_MS = 2 ** 31 - 1;

export class ThreadRun {
  /** Wakes the Task state that waits for its token. */
  onAnswer: ((answer: Answer) => void) | undefined;
  /** The task's time ran out: answers to its token are refused. */
  tokenClosed = false;
  /** When the next heartbeat is due, while a token waits under HeartbeatSeconds. */
  heartbeatDue: number | undefined;
  #drafts: Draft[] = [];
  #removed: string[] = [];

  constructor(
    readonly host: ThreadHost,
    readonly thread: Thread,
    readonly flow: Flow,
    readonly signal: AbortSignal,
    readonly parent?: ThreadRun,
  ) {
    host.threads.set(thread.id, this);
  }

  /** The state that the thread is in. */
  get state(): State {
    const state = own(this.flow.States, this.thread.state);
    if (state === undefined)
      throw new StateError('States.Runtime', `there is no state '${this.thread.state}'`, true);
    return state;
  }

  /** Drafts an event, which is written, and gets its id, with the next save. */
  draft(type: string, details: JsonObject = {}, order: Pick<Draft, 'after' | 'aside'> = {}): void {
    this.#drafts.push({ type, details, ...order });
  }

  /** Takes the drafts that have not been written. */
  takeDrafts(): Draft[] {
    const drafts = this.#drafts;
    this.#drafts = [];
    return drafts;
  }

  /** Marks threads below this one as over; they leave the journal with the next save. */
  remove(threads: readonly string[]): void {
    for (const id of threads) this.host.threads.delete(id);
    this.#removed.push(...threads);
  }

  /** Writes the thread as it is now; resolves with the newest event's id once a crash can no longer undo it. */
  async save(): Promise<number> {
    this.checkAborted();
    const lastEvent = await this.host.save(this.thread, this.takeDrafts(), this.#takeRemoved());
    this.checkAborted();
    return lastEvent;
  }

  /**
   * Writes the thread as it is now with the next `save` of the execution: for a step that nothing outside can see before. A crash in
   * between leaves the step before it, from which the same follows.
   */
  async note(): Promise<void> {
    this.checkAborted();
    if (!this.host.hold(this.thread, this.takeDrafts(), this.#takeRemoved())) await this.save();
  }

  #takeRemoved(): string[] {
    const removed = this.#removed;
    this.#removed = [];
    return removed;
  }

  /** Moves the thread to the entry of a state; the caller saves. */
  enter(name: string, input: Json): void {
    const { thread } = this;
    Object.assign(thread, {
      state: name,
      input,
      enteredAt: this.now(),
      retries: [],
      phase: { at: 'entered' },
    } satisfies Partial<Thread>);
    this.draft(`${this.state.Type}StateEntered`, { name, input });
  }

  /** Evaluates a template of the current state; a failure is drafted as EvaluationFailed and thrown as StateError. */
  async evaluate(template: Template, field: string, given: Given = {}): Promise<Json> {
    try {
      return await this.host.evaluator.evaluate(template, field, this.#bindings(given));
    } catch (error) {
      throw error instanceof EvaluationError
        ? this.evaluationFailed(error.message, error.field)
        : error;
    }
  }

  /** The error of a field that could not be evaluated or has the wrong type. */
  evaluationFailed(message: string, location?: string): StateError {
    const { state, enteredEvent, lastEvent } = this.thread;
    const error = 'States.QueryEvaluationError';
    const cause = `An error occurred while executing the state '${state}' (entered at the event id #${enteredEvent}). ${message}`;
    const early = lastEvent === enteredEvent && location !== 'Timestamp';
    this.draft(
      'EvaluationFailed',
      { error, cause, ...present({ location }), state },
      early ? { after: 'before-entered' } : {},
    );
    return new StateError(error, cause);
  }

  now(): number {
    return this.host.ports.clock.now().getTime();
  }

  /** Sleeps until an absolute time; throws Aborted when the thread is stopped first. */
  async sleepUntil(until: number, signal: AbortSignal = this.signal): Promise<void> {
    for (let left = until - this.now(); left > 0 && !signal.aborted; left = until - this.now()) {
      await this.host.ports.clock.sleep(Math.min(left, MAX_SLEEP_MS), signal);
    }
    this.checkAborted();
  }

  checkAborted(): void {
    if (this.signal.aborted) throw new Aborted();
  }

  /** All variables that the thread can read; inner ones shadow outer ones. */
  get variables(): { [name: string]: Json } {
    return this.parent === undefined
      ? this.thread.variables
      : { ...this.parent.variables, ...this.thread.variables };
  }

  get retryCount(): number {
    return this.thread.retries.reduce((sum, count) => sum + (count ?? 0), 0);
  }

  #bindings({ result, errorOutput, token, element }: Given): Bindings {
    const states: JsonObject = {
      input: this.thread.input,
      context: this.#context(token, element ?? this.#mapElement()),
    };
    if (result !== undefined) states['result'] = result;
    if (errorOutput !== undefined) states['errorOutput'] = errorOutput;
    return { ...this.variables, states };
  }

  #context(token: string | undefined, element: Thread['item']): JsonObject {
    const { state, enteredAt } = this.thread;
    const context: JsonObject = {
      ...this.host.context,
      State: {
        Name: state,
        EnteredTime: new Date(enteredAt).toISOString(),
        RetryCount: this.retryCount,
      },
    };
    if (token !== undefined) context['Task'] = { Token: token };
    if (element !== undefined)
      context['Map'] = { Item: { Index: element.index, Value: element.value } };
    return context;
  }

  #mapElement(): Thread['item'] {
    return this.thread.item ?? (this.parent === undefined ? undefined : this.parent.#mapElement());
  }
}
