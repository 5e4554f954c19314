// Parallel branches and Map iterations: child threads, a limited number at a time; one failure stops the rest.
import { setMaxListeners } from 'node:events';
import { present } from '../../src/present.ts';
import type { Json } from './json.ts';
import type { Flow } from './machine.ts';
import { Aborted, StateError } from './state-error.ts';
import type { Phase, Thread } from './thread.ts';
import { childId, newThread } from './thread.ts';
import { ThreadRun } from './thread-run.ts';

export type FanOutPhase = Extract<Phase, { at: 'fan-out' }>;

/** How to make the children of one state. */
export interface Fan {
  type: 'Parallel' | 'Map';
  flow(index: number): Flow;
  /** Computes a child's input when its turn comes. */
  start(index: number): Promise<{ input: Json; item?: NonNullable<Thread['item']> }>;
}

/** Outputs of all children by index, without tolerated failures. Resumes from what the journal has of them. */
export async function fanOut(run: ThreadRun, phase: FanOutPhase, fan: Fan): Promise<Json[]> {
  const group = new AbortController();
  setMaxListeners(0, group.signal);
  const abort = (): void => group.abort();
  run.signal.addEventListener('abort', abort, { once: true });
  const turns = order(run, phase.count).values();
  const children = new Children(run, phase, fan, group.signal);
  const workers = Array.from({ length: Math.min(phase.concurrency, phase.count) }, () =>
    children.work(turns),
  );
  try {
    await Promise.all(workers);
    run.remove(descendants(run));
    return children.outputs.filter((output) => output !== undefined);
  } catch (error) {
    group.abort();
    await Promise.allSettled(workers);
    if (error instanceof StateError) noteAborted(run, fan);
    throw error;
  } finally {
    run.signal.removeEventListener('abort', abort);
  }
}

/** Children that had begun before a restart come first: they already count against the concurrency limit. */
function order(run: ThreadRun, count: number): number[] {
  const begun = (index: number): number =>
    run.host.stored.has(childId(run.thread.id, index)) ? 0 : 1;
  return Array.from({ length: count }, (_, index) => index).sort(
    (a, b) => begun(a) - begun(b) || a - b,
  );
}

class Children {
  readonly outputs: (Json | undefined)[];
  #failures = 0;

  constructor(
    readonly run: ThreadRun,
    readonly phase: FanOutPhase,
    readonly fan: Fan,
    readonly signal: AbortSignal,
  ) {
    this.outputs = Array.from({ length: phase.count });
  }

  /** Runs one child after another; AWS chains an iteration to the last event of the one whose slot it takes. */
  async work(turns: Iterator<number> & Iterable<number>): Promise<void> {
    let previous = this.run.thread.lastEvent;
    for (const index of turns) {
      const child = await this.#begin(index, previous);
      const output = await this.#finish(child);
      previous = child.thread.lastEvent;
      if (output !== undefined) this.outputs[index] = output;
    }
  }

  async #begin(index: number, previous: number): Promise<ThreadRun> {
    if (this.signal.aborted) throw new Aborted();
    const { host, thread } = this.run;
    const id = childId(thread.id, index);
    const flow = this.fan.flow(index);
    const stored = host.stored.get(id);
    if (stored !== undefined) {
      host.stored.delete(id);
      return new ThreadRun(host, stored, flow, this.signal, this.run);
    }
    const { input, item } = await this.fan.start(index);
    const child = new ThreadRun(
      host,
      newThread({ id, index, state: flow.StartAt, input, item, lastEvent: previous }),
      flow,
      this.signal,
      this.run,
    );
    if (this.fan.type === 'Map') child.draft('MapIterationStarted', { name: thread.state, index });
    child.enter(flow.StartAt, input);
    await child.note();
    return child;
  }

  /** The child's output; undefined when it failed and the failure is tolerated. Its end is journaled before the parent acts on it. */
  async #finish(child: ThreadRun): Promise<Json | undefined> {
    const { thread } = child;
    if (thread.phase.at !== 'done' && thread.phase.at !== 'failed') await this.#drive(child);
    if (thread.phase.at === 'done') return thread.phase.output;
    if (thread.phase.at === 'failed') this.#fail(child, thread.phase);
    return undefined;
  }

  async #drive(child: ThreadRun): Promise<void> {
    const { thread } = child;
    const about = { name: this.run.thread.state, index: thread.index };
    try {
      const output = await this.run.host.runFlow(child);
      if (this.fan.type === 'Map') child.draft('MapIterationSucceeded', about, { aside: true });
      thread.phase = { at: 'done', output };
    } catch (error) {
      if (!(error instanceof StateError) || error.terminal) throw error;
      child.checkAborted();
      if (child.state.Type === 'Task') child.draft('TaskStateAborted', {}, { aside: true });
      if (this.fan.type === 'Map') child.draft('MapIterationFailed', about, { aside: true });
      thread.phase = {
        at: 'failed',
        ...present({ error: error.error, cause: error.cause }),
      };
    }
    const lastEvent = await child.save();
    const aside = this.fan.type === 'Map' && thread.phase.at === 'done';
    this.run.thread.lastEvent = aside ? lastEvent : thread.lastEvent;
  }

  #fail(child: ThreadRun, { error, cause }: { error?: string; cause?: string }): void {
    this.#failures++;
    if (this.#failures <= this.phase.tolerated) return;
    this.run.thread.lastEvent = child.thread.lastEvent;
    if (this.phase.tolerated === 0) throw new StateError(error, cause);
    throw new StateError(
      'States.ExceedToleratedFailureThreshold',
      'The specified tolerated failure threshold was exceeded',
    );
  }
}

function descendants(run: ThreadRun): string[] {
  const prefix = `${run.thread.id}.`;
  for (const id of run.host.stored.keys()) if (id.startsWith(prefix)) run.host.stored.delete(id);
  return [...run.host.threads.keys()].filter((id) => id.startsWith(prefix));
}

/** Notes which children the failure cut short. */
function noteAborted(run: ThreadRun, { type }: Fan): void {
  const ids = descendants(run);
  for (const id of ids) {
    const child = run.host.threads.get(id);
    if (
      child === undefined ||
      child.thread.phase.at === 'done' ||
      child.thread.phase.at === 'failed'
    )
      continue;
    const { Type } = child.state;
    if (Type === 'Task' || Type === 'Wait' || Type === 'Map' || Type === 'Parallel')
      run.draft(`${Type}StateAborted`, {}, { after: child.thread.lastEvent, aside: true });
    if (type === 'Map' && child.parent === run)
      run.draft(
        'MapIterationAborted',
        { name: run.thread.state, index: child.thread.index },
        { after: child.thread.lastEvent, aside: true },
      );
  }
  run.remove(ids);
}
