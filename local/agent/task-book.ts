// All tasks and task definitions, in memory and in the store: each change is stored before it is published.
import type { Clock } from '../../src/ports/clock.ts';
import type { KeyValue } from './key-value.ts';
import type { Task } from './task.ts';
import type { TaskDefinition } from './task-definition.ts';

/** ECS keeps stopped tasks for at least an hour, and client tokens for one hour after the stop. */
const KEPT_STOPPED_MS = 3_600_000;

const STORE_RETRY_MS = 1_000;

/** A client token and its request. */
export interface TokenRecord {
  fingerprint: string;
  taskArns: string[];
}

export interface TaskBookOptions {
  store: KeyValue;
  clock: Clock;
  /** Called after the change is stored; calls with older versions may come later. */
  onChange: (task: Task) => void;
  log: (line: string) => void;
}

/** Call `load` once before anything else. */
export class TaskBook {
  readonly tasks = new Map<string, Task>();
  readonly definitions = new Map<string, TaskDefinition>();
  readonly clusters = new Map<string, { clusterName: string; clusterArn: string }>();
  readonly logGroups = new Map<string, { createdAt: number }>();
  private readonly tokens = new Map<string, TokenRecord>();
  private readonly writes = new Map<string, Promise<void>>();
  private readonly watchers = new Map<string, Set<() => void>>();
  private readonly closing = new AbortController();

  constructor(private readonly options: TaskBookOptions) {}

  async load(): Promise<void> {
    await this.fill('task/', this.tasks);
    await this.fill('definition/', this.definitions);
    await this.fill('cluster/', this.clusters);
    await this.fill('token/', this.tokens);
    await this.fill('log-group/', this.logGroups);
  }

  /** The id of this store's engine, created once with `make`. */
  async engineId(make: () => string): Promise<string> {
    const [found] = await this.options.store.list('engine');
    if (found) return found[1];
    const id = make();
    await this.options.store.write({ engine: id });
    return id;
  }

  token(cluster: string, clientToken: string): TokenRecord | undefined {
    return this.tokens.get(`${cluster}/${clientToken}`);
  }

  /** Stores new tasks and their client token in one write; nothing has been created for them yet. */
  async add(tasks: Task[], token?: { key: string; fingerprint: string }): Promise<void> {
    this.forgetOld();
    const record: TokenRecord | undefined = token && {
      fingerprint: token.fingerprint,
      taskArns: tasks.map(({ taskArn }) => taskArn),
    };
    for (const task of tasks) this.tasks.set(task.taskArn, task);
    if (token && record) this.tokens.set(token.key, record);
    try {
      await this.options.store.write({
        ...Object.fromEntries(tasks.map((task) => [`task/${task.taskArn}`, JSON.stringify(task)])),
        ...(token && record ? { [`token/${token.key}`]: JSON.stringify(record) } : {}),
      });
    } catch (error) {
      // If the token were kept, the next try would get tasks that nobody launches.
      for (const task of tasks) this.tasks.delete(task.taskArn);
      if (token) this.tokens.delete(token.key);
      throw error;
    }
  }

  /**
   * Changes a task, increments its version and stores it; then publishes it, unless `quiet`. Resolves once stored. A full store is
   * asked again until it has room, since the task itself has already changed and no one else would repeat the write.
   */
  update(
    task: Task,
    change: (task: Task) => void,
    { quiet = false }: { quiet?: boolean } = {},
  ): Promise<void> {
    change(task);
    if (!quiet) task.version += 1;
    this.wake(task.taskArn);
    const text = JSON.stringify(task);
    // One at a time per task: the store does not guarantee the order of concurrent writes.
    const write = (this.writes.get(task.taskArn) ?? Promise.resolve()).then(async () => {
      if (!(await this.stored(task, text)) || quiet) return;
      const published: Task = JSON.parse(text);
      this.options.onChange(published);
    });
    const settled = write.finally(() => {
      if (this.writes.get(task.taskArn) === settled) this.writes.delete(task.taskArn);
    });
    this.writes.set(task.taskArn, settled);
    return write;
  }

  /** Changes a task that is being launched; stored with its next `update`, since a launch after a crash finds the same again. */
  note(task: Task, change: (task: Task) => void): void {
    change(task);
    this.wake(task.taskArn);
  }

  /** False: the book was closed before the store accepted it. */
  private async stored(task: Task, text: string): Promise<boolean> {
    for (let attempt = 1; !this.closing.signal.aborted; attempt++) {
      try {
        await this.options.store.write({ [`task/${task.taskArn}`]: text });
        return true;
      } catch (error) {
        if (attempt === 1) this.options.log(`task ${task.id} is not stored yet: ${String(error)}`);
        await this.options.clock.sleep(STORE_RETRY_MS, this.closing.signal);
      }
    }
    return false;
  }

  /** Resolves once `ready` holds for the task, the task is gone or the signal aborts. */
  when(task: Task, ready: (task: Task) => boolean, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!ready(task) && !signal?.aborted && this.tasks.has(task.taskArn)) return;
        this.watchers.get(task.taskArn)?.delete(look);
        signal?.removeEventListener('abort', look);
        resolve();
      };
      const watchers = this.watchers.get(task.taskArn) ?? new Set();
      this.watchers.set(task.taskArn, watchers.add(look));
      signal?.addEventListener('abort', look);
      look();
    });
  }

  /** Publishes every task in its present state: receivers know by the version whether it is new to them. */
  publishAll(): void {
    for (const task of this.tasks.values()) this.options.onChange(structuredClone(task));
  }

  async putDefinition(definition: TaskDefinition): Promise<void> {
    this.definitions.set(definition.taskDefinitionArn, definition);
    await this.options.store.write({
      [`definition/${definition.taskDefinitionArn}`]: JSON.stringify(definition),
    });
  }

  async putCluster(cluster: { clusterName: string; clusterArn: string }): Promise<void> {
    this.clusters.set(cluster.clusterArn, cluster);
    await this.options.store.write({ [`cluster/${cluster.clusterArn}`]: JSON.stringify(cluster) });
  }

  async putLogGroup(name: string, createdAt: number): Promise<void> {
    this.logGroups.set(name, { createdAt });
    await this.options.store.write({ [`log-group/${name}`]: JSON.stringify({ createdAt }) });
  }

  /** The definition of a task, with the containers that have joined; throws if it is not stored, which only damaged data can cause. */
  definitionOf(task: Task): TaskDefinition {
    const definition = this.definitions.get(task.taskDefinitionArn);
    if (!definition) throw new Error(`task definition ${task.taskDefinitionArn} is not stored`);
    if (!task.added) return definition;
    const { containers, volumes } = task.added;
    return {
      ...definition,
      containerDefinitions: [...definition.containerDefinitions, ...containers],
      volumes: [...definition.volumes, ...volumes],
    };
  }

  /** Nothing is stored or published any more; resolves once current writes have ended. */
  async close(): Promise<void> {
    this.closing.abort();
    await Promise.all(this.writes.values());
  }

  private forgetOld(): void {
    const limit = this.options.clock.now().getTime() - KEPT_STOPPED_MS;
    const changes: Record<string, null> = {};
    for (const [arn, task] of this.tasks) {
      if (!task.cleaned || !task.stoppedAt || Date.parse(task.stoppedAt) > limit) continue;
      this.tasks.delete(arn);
      this.wake(arn);
      this.watchers.delete(arn);
      changes[`task/${arn}`] = null;
    }
    if (Object.keys(changes).length === 0) return;
    for (const [key, { taskArns }] of this.tokens) {
      if (taskArns.some((arn) => this.tasks.has(arn))) continue;
      this.tokens.delete(key);
      changes[`token/${key}`] = null;
    }
    this.options.store
      .write(changes)
      .catch((error: unknown) =>
        this.options.log(`old tasks could not be removed: ${String(error)}`),
      );
  }

  private wake(arn: string): void {
    for (const look of [...(this.watchers.get(arn) ?? [])]) look();
  }

  private async fill<T>(prefix: string, into: Map<string, T>): Promise<void> {
    for (const [key, value] of await this.options.store.list(prefix)) {
      const parsed: T = JSON.parse(value);
      into.set(key.slice(prefix.length), parsed);
    }
  }
}
