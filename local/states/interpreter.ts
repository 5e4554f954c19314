// All executions of one journal: starts them, resumes them after a restart, routes task tokens.
// See docs/design/local.md.
import { createHash } from 'node:crypto';
import { present } from '../../src/present.ts';
import type { HistoryEvent } from './history.ts';
import type { Json } from './json.ts';
import type { ExecutionRecord } from './execution.ts';
import { Execution, changeOf, keys } from './execution.ts';
import type { Machine } from './machine.ts';
import type { ExecutionChange, StatesPorts } from './ports.ts';
import { Evaluator } from './template.ts';
import type { Answer, Thread } from './thread.ts';
import { texts } from './task-events.ts';
import { readToken } from './token.ts';

/** The parameters of StartExecution. */
export interface StartRequest {
  machine: { arn: string; name: string; roleArn: string };
  /** Already validated; the same object may be started many times. */
  definition: Machine;
  arn: string;
  name: string;
  input: Json;
}

/** 'unknown': no execution here issued it; 'gone': its task no longer waits. */
export type TokenAnswer = 'answered' | 'gone' | 'unknown' | 'invalid';

export class Interpreter {
  readonly #ports: StatesPorts;
  readonly #evaluator: Evaluator;
  readonly #executions = new Map<string, Execution>();
  readonly #machines = new Map<string, Machine>();
  readonly #hashes = new WeakMap<Machine, string>();
  readonly #faulty = (error: unknown): void => this.#ports.onFault?.(error);

  constructor(ports: StatesPorts) {
    this.#ports = ports;
    this.#evaluator = new Evaluator(ports);
  }

  /** Resumes every execution of the journal that has not ended, and publishes unpublished ends. Call once, before anything else. */
  async load(): Promise<void> {
    const { journal } = this.#ports;
    for (const { key, value } of await journal.list('ended/'))
      this.#publishEnd(key.slice('ended/'.length), fromJournal<ExecutionChange>(value)).catch(
        this.#faulty,
      );
    const threads = new Map<string, Thread[]>();
    for (const { key, value } of await journal.list('thread/')) {
      const execution = key.slice('thread/'.length, key.lastIndexOf('/'));
      const known = threads.get(execution);
      if (known === undefined) threads.set(execution, [fromJournal<Thread>(value)]);
      else known.push(fromJournal<Thread>(value));
    }
    await Promise.all([...threads].map(([key, all]) => this.#resume(key, all)));
  }

  /**
   * Starts an execution under a name that no closed one has (the caller checks); resolves when its start is journaled.
   * Returns the running execution if one of that name exists.
   */
  async start({ machine, definition, arn, name, input }: StartRequest): Promise<Execution> {
    const startedAt = this.#ports.clock.now().getTime();
    const hash = await this.#define(definition);
    const record: ExecutionRecord = {
      arn,
      name,
      machineArn: machine.arn,
      machineName: machine.name,
      definition: hash,
      roleArn: machine.roleArn,
      input,
      startedAt,
      ...present({
        deadline:
          definition.TimeoutSeconds === undefined
            ? undefined
            : startedAt + definition.TimeoutSeconds * 1000,
      }),
      status: 'RUNNING',
    };
    const execution = new Execution(
      this.#ports,
      this.#evaluator,
      this.#machines.get(hash) ?? definition,
      record,
    );
    const running = this.#executions.get(execution.key);
    if (running !== undefined) return running.begun.then(() => running);
    this.#executions.set(execution.key, execution);
    await this.#begin(execution);
    return execution;
  }

  /** A running execution by its key `<machine>/<name>`. */
  running(key: string): Execution | undefined {
    return this.#executions.get(key);
  }

  /** The record of an execution, running or closed. */
  async describe(key: string): Promise<ExecutionRecord | undefined> {
    const running = this.#executions.get(key);
    if (running !== undefined) return running.record;
    const value = await this.#ports.journal.read(keys.execution(key));
    return value === undefined ? undefined : fromJournal<ExecutionRecord>(value);
  }

  /** All records of a machine, or of all. */
  async list(machineName?: string): Promise<ExecutionRecord[]> {
    const entries = await this.#ports.journal.list(
      keys.execution(machineName === undefined ? '' : `${machineName}/`),
    );
    return entries.map(({ value }) => fromJournal<ExecutionRecord>(value));
  }

  /** The whole history, by id. */
  async history(key: string): Promise<HistoryEvent[]> {
    const entries = await this.#ports.journal.list(`history/${key}/`);
    return entries.flatMap(({ value }) => fromJournal<HistoryEvent[]>(value));
  }

  /** Removes executions that closed before the given time, with their histories. */
  async forget(before: number): Promise<void> {
    const { journal } = this.#ports;
    for (const { machineName, name, stoppedAt } of await this.list()) {
      if (stoppedAt === undefined || stoppedAt >= before) continue;
      const key = `${machineName}/${name}`;
      const events = await journal.list(`history/${key}/`);
      await journal.write(
        [keys.execution(key), ...events.map((event) => event.key)].map((gone) => ({
          key: gone,
          value: null,
        })),
      );
    }
  }

  /** Aborts a running execution; false: none runs under that key. */
  async stop(key: string, why: { error?: string; cause?: string } = {}): Promise<boolean> {
    const execution = this.#executions.get(key);
    return (
      (await execution?.end(
        { status: 'ABORTED', ...why },
        {
          type: 'ExecutionAborted',
          details: texts({ error: why.error, cause: why.cause }),
          after: 0,
        },
      )) ?? false
    );
  }

  /** SendTaskSuccess and SendTaskFailure; 'answered' only once the journal has it. */
  async answer(token: string, answer: Answer): Promise<TokenAnswer> {
    const place = readToken(token);
    if (place === undefined) return 'invalid';
    const execution = this.#executions.get(place.execution);
    if (execution !== undefined) return execution.answer(place.thread, token, answer);
    return (await this.describe(place.execution)) === undefined ? 'unknown' : 'gone';
  }

  /** SendTaskHeartbeat. */
  async heartbeat(token: string): Promise<TokenAnswer> {
    const place = readToken(token);
    if (place === undefined) return 'invalid';
    const execution = this.#executions.get(place.execution);
    if (execution !== undefined) return execution.heartbeat(place.thread, token);
    return (await this.describe(place.execution)) === undefined ? 'unknown' : 'gone';
  }

  /** Stops everything where it is; the journal stays open and complete. */
  close(): void {
    for (const execution of this.#executions.values()) execution.close();
    this.#executions.clear();
  }

  async #resume(key: string, threads: Thread[]): Promise<void> {
    const record = await this.describe(key);
    const machine = record && (await this.#machine(record.definition));
    if (record === undefined || machine === undefined || record.status !== 'RUNNING') return;
    const execution = new Execution(this.#ports, this.#evaluator, machine, record);
    execution.restore(threads);
    this.#drive(execution);
  }

  async #begin(execution: Execution): Promise<void> {
    try {
      await execution.begin();
    } catch (error) {
      this.#executions.delete(execution.key);
      throw error;
    }
    this.#drive(execution);
  }

  #drive(execution: Execution): void {
    this.#executions.set(execution.key, execution);
    execution.run().catch(this.#faulty);
    execution.closed
      .then((record) => {
        this.#executions.delete(execution.key);
        return this.#publishEnd(execution.key, changeOf(record));
      })
      .catch(this.#faulty);
  }

  /** At least once: the notice leaves the journal only when the listener has taken it. */
  async #publishEnd(key: string, change: ExecutionChange): Promise<void> {
    try {
      await this.#ports.onExecutionEnd?.(change);
      await this.#ports.journal.write([{ key: keys.ended(key), value: null }]);
    } catch (error) {
      this.#ports.onFault?.(error);
    }
  }

  /** The definition's hash, which is its key in the journal. */
  async #define(definition: Machine): Promise<string> {
    const known = this.#hashes.get(definition);
    if (known !== undefined) return known;
    const text = JSON.stringify(definition);
    const hash = createHash('sha256').update(text).digest('hex');
    await this.#ports.journal.write([{ key: keys.definition(hash), value: text }]);
    this.#hashes.set(definition, hash);
    if (!this.#machines.has(hash)) this.#machines.set(hash, definition);
    return hash;
  }

  async #machine(hash: string): Promise<Machine | undefined> {
    const known = this.#machines.get(hash);
    if (known !== undefined) return known;
    const text = await this.#ports.journal.read(keys.definition(hash));
    if (typeof text !== 'string') return undefined;
    const machine: Machine = JSON.parse(text);
    this.#machines.set(hash, machine);
    return machine;
  }
}

/** Journal values have the type with which they were written. */
function fromJournal<T>(value: Json): T {
  return value as T;
}
