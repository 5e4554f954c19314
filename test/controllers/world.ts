// The test world for pure controllers: objects in a map, writes applied as by the API, passes in whatever order a test wants.
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
  /** The API's refusal of a write; undefined: it succeeds. */
  refuses?: (write: Write, world: TestWorld) => Refusal | undefined;
  /** What the API fills into a created object, e.g. defaults. */
  created?: (resource: string, object: KubeObject) => KubeObject;
}

/** What a pass saw: later writes by others make it stale. */
export interface Snapshot {
  objects: Map<string, KubeObject>;
  works: Map<string, Work>;
}

/** The loop's record of an object: each write of a pass raises its revision, so that only one of two overlapping passes continues. */
interface Work {
  count: number;
  revision: number;
}

interface Pass {
  owner: KubeObject;
  work: Work;
  refused: Refused[];
  /** What the pass has written, by uid: later writes start from there. */
  newest: Map<string, KubeObject>;
}

const keyOf = (resource: string, name: string): string => `${resource}/${name}`;
const nameOf = ({ metadata }: KubeObject): string => metadata.name ?? '';

/** All objects are in one namespace. */
export class TestWorld {
  now = new Date('2026-01-01T00:00:00Z');
  events: SaidEvent[] = [];
  /** Times at which passes asked to be called again. */
  requeues: Date[] = [];
  /** Writes that changed something, as `verb resource/name`. */
  written: string[] = [];
  passes = 0;
  readonly #options: WorldOptions;
  #objects = new Map<string, KubeObject>();
  #works = new Map<string, Work>();
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
    const stored = this.#put(resource, { ...next, metadata: { ...next.metadata, generation } });
    // The last step of a deletion: the end of a pod, or the last finalizer.
    const waits = old.metadata.deletionTimestamp !== undefined && !isGone(resource, old);
    if (waits && isGone(resource, stored)) this.remove(resource, name);
    return stored;
  }

  /** Removes an object for good. */
  remove(resource: string, name: string): void {
    this.#objects.delete(keyOf(resource, name));
  }

  snapshot(): Snapshot {
    return { objects: new Map(this.#objects), works: new Map(this.#works) };
  }

  /** One pass over one object, based on `seen`; returns whether it wrote anything. */
  reconcile(controller: Controller, name: string, seen = this.snapshot()): boolean {
    const object = seen.objects.get(keyOf(controller.resource, name));
    if (object === undefined) return false;
    this.passes += 1;
    const before = this.#version;
    const work = seen.works.get(object.metadata.uid ?? '') ?? { count: 0, revision: 0 };
    const pass: Pass = { owner: object, work, refused: [], newest: new Map() };
    if (!this.#carryOut(controller, pass, seen) && pass.refused.length > 0) {
      const now = this.snapshot();
      const again = now.objects.get(keyOf(controller.resource, name));
      if (again !== undefined)
        this.#carryOut(controller, { ...pass, owner: again, newest: new Map() }, now);
    }
    return this.#version !== before;
  }

  /** Runs passes over everything until nothing is written any more. */
  settle(most = 100): void {
    for (let round = 0; round < most; round++) {
      const wrote = this.#options.controllers.map((controller) =>
        this.list(controller.resource).map((object) => this.reconcile(controller, nameOf(object))),
      );
      if (!wrote.flat().includes(true)) return;
    }
    throw new Error(`still writing after ${most} rounds`);
  }

  /** Carries out one outcome; true: a conflict ended it. */
  #carryOut(controller: Controller, pass: Pass, { objects }: Snapshot): boolean {
    const world: World = {
      list: (resource) => listed(objects, resource),
      refused: [...pass.refused],
    };
    const { writes, requeueAt } = controller.reconcile(pass.owner, world, this.now);
    if (requeueAt !== undefined) this.requeues.push(requeueAt);
    for (const write of writes) {
      const refusedBefore = pass.refused.some(({ write: { verb } }) => verb === 'create');
      if (write.verb === 'create' && refusedBefore) continue;
      if (this.#apply(pass, write) === 'conflict') return true;
    }
    return false;
  }

  #apply(pass: Pass, write: Write): 'done' | 'conflict' {
    const { owner } = pass;
    if (write.verb === 'event') {
      this.#say(owner, write, '');
      return 'done';
    }
    const refusal = this.#options.refuses?.(write, this);
    if (refusal !== undefined) {
      pass.refused.push({ write, ...refusal });
      if (write.refused) this.#say(owner, write.refused, nameOf(write.object), refusal.message);
      return 'done';
    }
    const name = this.#write(pass, write);
    if (name === 'conflict') return name;
    if (name === 'nothing') return 'done';
    this.written.push(`${write.verb} ${write.resource}/${name}`);
    if (write.done) this.#say(owner, write.done, name);
    const stored = this.get(write.resource, name);
    return write.verb === 'create' && write.follow && stored
      ? this.#apply(pass, write.follow(stored))
      : 'done';
  }

  #write(pass: Pass, write: Exclude<Write, { verb: 'event' }>): string {
    const { resource, object } = write;
    if (write.verb === 'create') return this.#create(pass, resource, object);
    const name = nameOf(object);
    const old = this.get(resource, name);
    if (write.verb === 'delete') {
      if (old === undefined || old.metadata.deletionTimestamp !== undefined) return 'nothing';
      if (!this.#goesOn(pass)) return 'conflict';
      this.#delete(resource, old);
      return name;
    }
    const newest = pass.newest.get(object.metadata.uid ?? '');
    const read = newest ?? object;
    if (old === undefined || old.metadata.resourceVersion !== read.metadata.resourceVersion)
      return 'conflict';
    const status = newest ? { ...newest, status: object['status'] } : object;
    const next = write.verb === 'update' ? keepStatus(object, old) : keepSpec(status, old);
    if (isDeepStrictEqual(withoutVersion(next), withoutVersion(old))) return 'nothing';
    if (!this.#goesOn(pass)) return 'conflict';
    pass.newest.set(
      object.metadata.uid ?? '',
      this.edit(resource, name, () => next),
    );
    return name;
  }

  /** Whether no other pass over the owner has written anything since this one read it. */
  #goesOn(pass: Pass, count = pass.work.count): boolean {
    const uid = pass.owner.metadata.uid ?? '';
    if ((this.#works.get(uid)?.revision ?? 0) !== pass.work.revision) return false;
    pass.work = { count, revision: pass.work.revision + 1 };
    this.#works.set(uid, pass.work);
    return true;
  }

  #create(pass: Pass, resource: string, object: KubeObject): string {
    const number = pass.work.count + 1;
    const name = object.metadata.name ?? `${object.metadata.generateName ?? ''}${number}`;
    if (this.get(resource, name) !== undefined || !this.#goesOn(pass, number)) return 'conflict';
    this.add(resource, { ...object, metadata: { ...object.metadata, name } });
    return name;
  }

  /** A scheduled pod ends only when a test ends it, and finalizers keep any object; everything else is gone at once. */
  #delete(resource: string, object: KubeObject): void {
    const deletionTimestamp = this.now.toISOString();
    const marked = { ...object, metadata: { ...object.metadata, deletionTimestamp } };
    if (isGone(resource, marked)) this.remove(resource, nameOf(object));
    else this.#put(resource, marked);
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

const withoutVersion = ({ metadata, ...object }: KubeObject): unknown => ({
  ...object,
  metadata: { ...metadata, resourceVersion: '' },
});

/** Deleted, without finalizers, and, for a pod, with nothing running. */
function isGone(resource: string, object: KubeObject): boolean {
  const { deletionTimestamp, finalizers = [] } = object.metadata;
  if (deletionTimestamp === undefined || finalizers.length > 0) return false;
  const { nodeName } = (object['spec'] ?? {}) as { nodeName?: string };
  const { phase = '' } = (object['status'] ?? {}) as { phase?: string };
  return resource !== 'pods' || !nodeName || ['Succeeded', 'Failed'].includes(phase);
}

const keepStatus = (next: KubeObject, old: KubeObject): KubeObject => {
  const { status: _status, ...rest } = next;
  return { ...rest, metadata: next.metadata, ...present({ status: old['status'] }) };
};

const keepSpec = (next: KubeObject, old: KubeObject): KubeObject => ({
  ...old,
  metadata: { ...old.metadata, ...present({ annotations: next.metadata.annotations }) },
  ...present({ status: next['status'] }),
});
