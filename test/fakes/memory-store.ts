// The Store port in memory: passes the contract suite, and everything else is tested on it.
// Deterministic: time and randomness come only from the clock and the fault hook.
import { CompactedError, StoreConflict, Unavailable } from '../../src/errors.ts';
import type { KubeObject } from '../../src/kinds/pod.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { ResourceVersion } from '../../src/ports/identity.ts';
import type { Json } from '../../src/ports/json.ts';
import type {
  ChangesOptions,
  ListQuery,
  LogEntry,
  ObjectKey,
  ObjectWrite,
  RecordWrite,
  Store,
  StoredRecord,
} from '../../src/ports/store.ts';
import { present } from '../../src/present.ts';
import { checkObjectSize, compareKeys, objectName, toVersion } from '../../src/store/limits.ts';

/** `fail-before`: nothing happened, Unavailable is thrown; `fail-after`: it happened, but the caller sees Unavailable. */
export type Fault = 'ok' | 'fail-before' | 'fail-after';

export interface MemoryStoreOptions {
  clock: Pick<Clock, 'sleep'>;
  /** Awaited before each operation (`get`, `list`, `commit`, `changes`, `version`, `getRecord`, `listRecords`); may throw on its own. */
  fault?: (operation: string) => Fault | undefined | void | Promise<Fault | undefined | void>;
  /** The initial content. */
  objects?: { key: ObjectKey; object: KubeObject }[];
}

/** An object as JSON text, parsed once, when it is first asked for. */
class Body {
  readonly text: string;
  #object: KubeObject | undefined;

  constructor(text: string) {
    this.text = text;
  }

  /** Frozen: as real stores do, it is returned to several callers, and whoever changes it fails here. */
  get object(): KubeObject {
    return (this.#object ??= frozen(JSON.parse(this.text) as KubeObject));
  }
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) frozen(member);
  return Object.freeze(value);
}

interface StoredLine {
  number: number;
  type: LogEntry['type'];
  key: ObjectKey;
  object: Body;
  previous: Body | undefined;
  /** Made when it is first asked for. */
  entry?: LogEntry;
}

/** Holds objects as JSON text, so that no caller's object is the store's. */
export class MemoryStore implements Store {
  readonly #objects = new Map<string, Map<string, { version: number; body: Body }>>();
  readonly #records = new Map<string, { text: string; revision: number }>();
  readonly #log: StoredLine[] = [];
  readonly #waiting = new Set<AbortController>();
  readonly #options: MemoryStoreOptions;
  #counter = 0;
  #compactedTo = 0;

  constructor(options: MemoryStoreOptions) {
    this.#options = options;
    for (const { key, object } of options.objects ?? []) {
      const version = ++this.#counter;
      this.#objects.set(
        key.resource,
        new Map([
          [
            objectName(key),
            {
              version,
              body: new Body(
                JSON.stringify({
                  ...object,
                  metadata: { ...object.metadata, resourceVersion: String(version) },
                }),
              ),
            },
          ],
        ]),
      );
    }
  }

  get(key: ObjectKey): Promise<KubeObject | undefined> {
    return this.#run('get', () => {
      const stored = this.#objects.get(key.resource)?.get(objectName(key));
      return stored?.body.object;
    });
  }

  list(query: ListQuery): ReturnType<Store['list']> {
    return this.#list(query);
  }

  async listObjects(query: ListQuery): ReturnType<Store['listObjects']> {
    const { objects, more } = await this.#list(query);
    return { objects, more };
  }

  #list(query: ListQuery): ReturnType<Store['list']> {
    return this.#run('list', () => {
      const { resource, namespace, after, limit } = query;
      const names = [...(this.#objects.get(resource) ?? [])]
        .filter(
          ([name]) =>
            (namespace === undefined || name.startsWith(`${namespace}/`)) &&
            (!after || name > objectName(after)),
        )
        .sort(([a], [b]) => compareKeys(a, b));
      const cut = names.slice(0, limit ?? names.length);
      return {
        objects: cut.map(([, { body }]) => body.object),
        version: toVersion(this.#counter),
        more: cut.length < names.length,
      };
    });
  }

  async listTexts(query: ListQuery): ReturnType<Store['listTexts']> {
    const { objects, ...rest } = await this.#list(query);
    return {
      ...rest,
      objects: objects.map((object) => ({
        namespace: object.metadata.namespace ?? '',
        name: object.metadata.name ?? '',
        json: () => JSON.stringify(object),
      })),
    };
  }

  commit(write: {
    object?: ObjectWrite;
    records?: RecordWrite[];
  }): Promise<{ version: ResourceVersion | undefined }> {
    return this.#run('commit', () => {
      for (const record of write.records ?? []) this.#expectRecord(record);
      const line = write.object && this.#line(write.object);
      for (const record of write.records ?? []) this.#writeRecord(record);
      if (!write.object || !line) return { version: undefined };
      this.#append(write.object, line);
      if (write.object.object) takeOver(write.object.object);
      return { version: toVersion(line.number) };
    });
  }

  async changes(
    after: ResourceVersion,
    { waitMs, signal, only = () => true }: ChangesOptions,
  ): ReturnType<Store['changes']> {
    await this.#run('changes', () => undefined);
    if (Number(after) < this.#compactedTo)
      throw new CompactedError(`version ${after} is older than ${this.#compactedTo}`);
    if (Number(after) >= this.#counter && waitMs > 0 && !signal?.aborted)
      await this.#wait(waitMs, signal);
    if (Number(after) < this.#compactedTo)
      throw new CompactedError(`version ${after} is older than ${this.#compactedTo}`);
    const entries = this.#log
      .filter(({ number, key }) => number > Number(after) && only(key))
      .map(toEntry);
    return { entries, upTo: toVersion(Math.max(this.#counter, Number(after))) };
  }

  olderVersion(): Promise<ResourceVersion> {
    return this.version();
  }

  version(): Promise<ResourceVersion> {
    return this.#run('version', () => toVersion(this.#counter));
  }

  getRecord(key: string): Promise<StoredRecord | undefined> {
    return this.#run('getRecord', () => this.#record(key));
  }

  listRecords(prefix: string): Promise<StoredRecord[]> {
    return this.#run('listRecords', () =>
      [...this.#records.keys()]
        .filter((key) => key.startsWith(prefix))
        .sort(compareKeys)
        .map((key) => this.#record(key)!),
    );
  }

  /** Forgets the log up to `version`: `changes` below it throws CompactedError. */
  async compact(version: ResourceVersion): Promise<void> {
    this.#compactedTo = Math.max(this.#compactedTo, Number(version));
    this.#log.splice(0, this.#log.filter(({ number }) => number <= this.#compactedTo).length);
  }

  async #run<T>(operation: string, act: () => T): Promise<T> {
    const fault = (await this.#options.fault?.(operation)) ?? 'ok';
    if (fault === 'fail-before') throw new Unavailable(`${operation} failed before it happened`);
    const answer = act();
    if (fault === 'fail-after') throw new Unavailable(`${operation} happened, its answer was lost`);
    return answer;
  }

  #line({ key, object, expected, lastState }: ObjectWrite): StoredLine {
    const stored = this.#objects.get(key.resource)?.get(objectName(key));
    const now = stored ? String(stored.version) : 'absent';
    if (now !== expected)
      throw new StoreConflict(
        `${key.resource} ${objectName(key)} is at ${now}, expected ${expected}`,
      );
    if (!object && !stored)
      throw new StoreConflict(`${key.resource} ${objectName(key)} is not there`);
    const number = this.#counter + 1;
    const shown = object ?? lastState ?? stored!.body.object;
    const text = JSON.stringify({
      ...shown,
      metadata: { ...shown.metadata, resourceVersion: String(number) },
    });
    checkObjectSize(text);
    const type = !object ? 'DELETED' : stored ? 'MODIFIED' : 'ADDED';
    return { number, type, key: { ...key }, object: new Body(text), previous: stored?.body };
  }

  #append({ key, object }: ObjectWrite, line: StoredLine): void {
    const objects =
      this.#objects.get(key.resource) ?? new Map<string, { version: number; body: Body }>();
    this.#objects.set(key.resource, objects);
    if (object) objects.set(objectName(key), { version: line.number, body: line.object });
    else objects.delete(objectName(key));
    this.#counter = line.number;
    this.#log.push(line);
    for (const waiting of [...this.#waiting]) waiting.abort();
  }

  #record(key: string): StoredRecord | undefined {
    const stored = this.#records.get(key);
    return stored && { key, value: JSON.parse(stored.text) as Json, revision: stored.revision };
  }

  #expectRecord({ key, expected }: RecordWrite): void {
    const revision = this.#records.get(key)?.revision ?? 0;
    if (expected !== 'any' && expected !== revision)
      throw new StoreConflict(`record ${key} is at ${revision}, expected ${expected}`);
  }

  #writeRecord({ key, value }: RecordWrite): void {
    const revision = this.#records.get(key)?.revision ?? 0;
    if (value === null) this.#records.delete(key);
    else this.#records.set(key, { text: JSON.stringify(value), revision: revision + 1 });
  }

  async #wait(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
    const waiting = new AbortController();
    const abort = (): void => waiting.abort();
    signal?.addEventListener('abort', abort);
    this.#waiting.add(waiting);
    await this.#options.clock.sleep(waitMs, waiting.signal);
    this.#waiting.delete(waiting);
    signal?.removeEventListener('abort', abort);
  }
}

// Real stores share an entry between all watchers.
const toEntry = (line: StoredLine): LogEntry =>
  (line.entry ??= {
    version: toVersion(line.number),
    type: line.type,
    key: Object.freeze({ ...line.key }),
    object: line.object.object,
    ...present({ previous: line.previous?.object }),
  });

/** A store may hand on the written object itself: it must be what its text says, and nobody may change it any more. */
function takeOver(value: unknown, path = 'object'): void {
  if (typeof value === 'object' && value !== null) {
    if (Object.isFrozen(value)) return;
    const kind: unknown = Object.getPrototypeOf(value);
    if (kind !== null && kind !== Object.prototype && kind !== Array.prototype)
      throw new Error(`${path} of a written object is no JSON`);
    Object.freeze(value);
    for (const [name, member] of Object.entries(value)) takeOver(member, `${path}.${name}`);
  } else if (!JSON_TYPES.has(typeof value) || (typeof value === 'number' && !isJson(value)))
    throw new Error(`${path} of a written object is ${String(value)}`);
}

/** null is an object. */
const JSON_TYPES = new Set(['object', 'string', 'number', 'boolean']);

const isJson = (value: number): boolean => Number.isFinite(value) && !Object.is(value, -0);
