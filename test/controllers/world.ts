// A small world for pure controllers: objects in a map, writes applied as the API would, passes in whatever order a test wants.
import { isDeepStrictEqual } from 'node:util';
import type { Controller, Refused, World, Write } from '../../src/controllers/controller.ts';
import type { KubeObject } from '../../src/kinds/pod.ts';
import { present } from '../../src/present.ts';

export interface SaidEvent {
  object: string;
  type: string;
  reason: string;
  message: string;
}

type Refusal = Pick<Refused, 'reason' | 'message' | 'details'>;

export interface WorldOptions {
  controllers: Controller[];
  /** The API's refusal of a write; undefined: it is done. */
  refuses?: (write: Write, world: TestWorld) => Refusal | undefined;
  /** What the API fills into a created object, e.g. defaults. */
  created?: (resource: string, object: KubeObject) => KubeObject;
}

/** What a pass saw: later writes of others make it stale. */
export interface Snapshot {
  objects: Map<string, KubeObject>;
  counts: Map<string, number>;
}

const keyOf = (resource: string, name: string): string => `${resource}/${name}`;
const nameOf = ({ metadata }: KubeObject): string => metadata.name ?? '';

/** All objects are of one namespace. */
export class TestWorld {
  now = new Date('2026-01-01T00:00:00Z');
  events: SaidEvent[] = [];
  /** Moments at which a pass wanted to be asked again. */
  requeues: Date[] = [];
  /** Writes that changed something, as `verb resource/name`. */
  written: string[] = [];
  passes = 0;
  readonly #options: WorldOptions;
  #objects = new Map<string, KubeObject>();
  /** Children that an owner made: their names follow from it, so that doubled passes name the same child. */
  #counts = new Map<string, number>();
  #version = 1;
  #uids = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
  }

  /** The objects of a resource in the order of their creation. */
  list(resource: string): KubeObject[] {
    return listed(this.#objects, resource);
  }

  get(resource: string, name: string): KubeObject | undefined {
    return this.#objects.get(keyOf(resource, name));
  }

  /** Stores a new object as the API would. */
  add(resource: string, object: KubeObject): KubeObject {
    const filled = this.#options.created?.(resource, object) ?? object;
    return this.#put(resource, {
      ...filled,
      metadata: {
        uid: `uid-${(this.#uids += 1)}`,
        namespace: 'default',
        creationTimestamp: this.now.toISOString(),
        generation: 1,
        ...filled.metadata,
      },
    });
  }

  /** A client's change of an object; a changed spec counts as a generation. */
  edit(resource: string, name: string, change: (object: KubeObject) => KubeObject): KubeObject {
    const old = this.get(resource, name);
    if (old === undefined) throw new Error(`no ${resource} ${name}`);
    const next = change(structuredClone(old));
    const isNew = !isDeepStrictEqual(next['spec'], old['spec']);
    const generation = (old.metadata.generation ?? 0) + (isNew ? 1 : 0);
    return this.#put(resource, { ...next, metadata: { ...next.metadata, generation } });
  }

  /** Removes an object for good. */
  remove(resource: string, name: string): void {
    this.#objects.delete(keyOf(resource, name));
  }

  snapshot(): Snapshot {
    return { objects: new Map(this.#objects), counts: new Map(this.#counts) };
  }

  /** One pass over one object as `seen` shows it; answers whether it wrote anything. */
  reconcile(controller: Controller, name: string, seen = this.snapshot()): boolean {
    const object = seen.objects.get(keyOf(controller.resource, name));
    if (object === undefined) return false;
    this.passes += 1;
    const before = this.#version;
    const refused: Refused[] = [];
    for (const again of [false, true]) {
      const { writes, requeueAt } = controller.reconcile(
        object,
        this.#world(seen, refused),
        this.now,
      );
      if (requeueAt !== undefined) this.requeues.push(requeueAt);
      const children = { next: (seen.counts.get(object.metadata.uid ?? '') ?? 0) + 1 };
      for (const write of writes) {
        if (again && write.verb === 'create') continue;
        const done = this.#apply(object, write, children);
        if (done === 'conflict') return this.#version !== before;
        if (done !== 'done') {
          refused.push({ write, ...done });
          if (!again) break;
        }
      }
      if (refused.length === 0) break;
    }
    return this.#version !== before;
  }

  /** Passes over everything until nothing is written any more. */
  settle(most = 100): void {
    for (let round = 0; round < most; round++) {
      const wrote = this.#options.controllers.map((controller) =>
        this.list(controller.resource).map((object) => this.reconcile(controller, nameOf(object))),
      );
      if (!wrote.flat().includes(true)) return;
    }
    throw new Error(`still writing after ${most} rounds`);
  }

  #world({ objects }: Snapshot, refused: Refused[]): World {
    return { list: (resource) => listed(objects, resource), refused };
  }

  #apply(
    owner: KubeObject,
    write: Write,
    children: { next: number },
  ): 'done' | 'conflict' | Refusal {
    if (write.verb === 'event') {
      this.#say(owner, write, '');
      return 'done';
    }
    const refusal = this.#options.refuses?.(write, this);
    if (refusal !== undefined) {
      if (write.refused) this.#say(owner, write.refused, nameOf(write.object), refusal.message);
      return refusal;
    }
    const name = this.#write(owner, write, children);
    if (name === 'conflict' || name === 'nothing') return name === 'nothing' ? 'done' : name;
    this.written.push(`${write.verb} ${write.resource}/${name}`);
    if (write.done) this.#say(owner, write.done, name);
    return 'done';
  }

  #write(
    owner: KubeObject,
    write: Exclude<Write, { verb: 'event' }>,
    children: { next: number },
  ): string {
    const { resource, object } = write;
    if (write.verb === 'create') return this.#create(owner, resource, object, children);
    const name = nameOf(object);
    const old = this.get(resource, name);
    if (write.verb === 'delete') {
      if (old === undefined || old.metadata.deletionTimestamp !== undefined) return 'nothing';
      this.#delete(resource, old);
      return name;
    }
    if (old === undefined || old.metadata.resourceVersion !== object.metadata.resourceVersion)
      return 'conflict';
    const next = write.verb === 'update' ? keepStatus(object, old) : keepSpec(object, old);
    if (isDeepStrictEqual(next, old)) return 'nothing';
    this.edit(resource, name, () => next);
    return name;
  }

  #create(
    owner: KubeObject,
    resource: string,
    object: KubeObject,
    children: { next: number },
  ): string {
    const { generateName } = object.metadata;
    const number = children.next;
    const name = object.metadata.name ?? `${generateName ?? ''}${number}`;
    if (generateName) {
      children.next += 1;
      this.#counts.set(
        owner.metadata.uid ?? '',
        Math.max(number, this.#counts.get(owner.metadata.uid ?? '') ?? 0),
      );
    }
    if (this.get(resource, name) !== undefined) return 'nothing';
    this.add(resource, { ...object, metadata: { ...object.metadata, name } });
    return name;
  }

  /** A pod with a node ends by itself (a test removes it); everything else is gone at once. */
  #delete(resource: string, object: KubeObject): void {
    const placed = (object['spec'] as { nodeName?: string } | undefined)?.nodeName;
    if (resource !== 'pods' || !placed) return this.remove(resource, nameOf(object));
    const deletionTimestamp = this.now.toISOString();
    this.#put(resource, { ...object, metadata: { ...object.metadata, deletionTimestamp } });
  }

  #put(resource: string, object: KubeObject): KubeObject {
    const resourceVersion = String((this.#version += 1));
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion } };
    this.#objects.set(keyOf(resource, nameOf(object)), stored);
    return stored;
  }

  #say(
    owner: KubeObject,
    { type, reason, message }: { type: string; reason: string; message: string },
    name: string,
    error = '',
  ): void {
    const text = message.replaceAll('%name', name).replaceAll('%error', error);
    this.events.push({ object: nameOf(owner), type, reason, message: text });
  }
}

const listed = (objects: Map<string, KubeObject>, resource: string): KubeObject[] =>
  [...objects].flatMap(([key, object]) => (key.startsWith(`${resource}/`) ? [object] : []));

const keepStatus = (next: KubeObject, old: KubeObject): KubeObject => {
  const { status: _status, ...rest } = next;
  return { ...rest, metadata: next.metadata, ...present({ status: old['status'] }) };
};

const keepSpec = (next: KubeObject, old: KubeObject): KubeObject => ({
  ...old,
  metadata: { ...old.metadata, ...present({ annotations: next.metadata.annotations }) },
  ...present({ status: next['status'] }),
});
