// Carries out a controller's writes one by one. A conflict ends the pass; a refusal is kept for the controller's second call.
import type { Announcement, Controller, Refused, Write } from '../../controllers/controller.ts';
import { ApiError } from '../../errors.ts';
import { recordObjectEvent } from '../../events/object-event.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import type { Objects } from '../../ports/objects.ts';
import type { Ports } from '../../ports/ports.ts';
import { present } from '../../present.ts';
import { childOf } from './child.ts';
import { workWrite } from './work.ts';
import type { Work } from './work.ts';

/** One pass over one object; each write updates `work`. */
export interface Pass {
  ports: Pick<Ports, 'store' | 'clock' | 'ids' | 'dueTimes'>;
  objects: Objects;
  controller: Controller;
  object: KubeObject;
  work: Work;
  refused: Refused[];
  /** What this pass has written, by uid: a later write to the same object starts from there. */
  written: Map<string, KubeObject>;
}

type Stored = Exclude<Write, { verb: 'event' }>;

/** How often a generated name may already be taken (kube-apiserver tries eight names too). */
const NAME_ATTEMPTS = 8;

/** Carries out the writes in order. Throws ApiError Conflict if the world has changed since it was read. */
export async function carryOut(pass: Pass, writes: readonly Write[]): Promise<void> {
  for (const write of writes) {
    if (write.verb === 'event') await announce(pass, write, write);
    // After a refusal the next creations would be refused too (slow start).
    else if (
      write.verb !== 'create' ||
      !pass.refused.some(({ write: { verb } }) => verb === 'create')
    ) {
      const stored = await carryOutOne(pass, write);
      if (stored !== undefined && write.verb === 'create' && write.follow)
        await carryOut(pass, [write.follow(stored)]);
    }
  }
}

/** The stored object; undefined: nothing was done, or the API refused it. */
async function carryOutOne(pass: Pass, write: Stored): Promise<KubeObject | undefined> {
  try {
    const stored = await perform(pass, write);
    if (stored !== undefined && write.done)
      await announce(pass, write.done, { ...write, object: stored });
    return stored;
  } catch (error) {
    if (!(error instanceof ApiError) || isPassing(error, write)) throw error;
    const { reason, message, details } = error;
    pass.refused.push({ write, reason, message, details });
    const ending = details.causes?.some((cause) => cause.reason === 'NamespaceTerminating');
    if (write.refused && !ending && !isThere(error, write))
      await announce(pass, write.refused, write, message);
    return undefined;
  }
}

/** The pass was based on outdated objects and starts again. */
const isPassing = ({ reason }: ApiError, { verb }: Stored): boolean =>
  reason === 'Conflict' || (reason === 'NotFound' && verb !== 'create');

/** A child whose name is taken: Kubernetes' controllers say nothing about it, and look again. */
const isThere = ({ reason }: ApiError, { object }: Stored): boolean =>
  reason === 'AlreadyExists' && Boolean(object.metadata.name);

/** The stored object after the write; undefined: there was nothing to do. */
async function perform(pass: Pass, write: Stored): Promise<KubeObject | undefined> {
  const { object } = write;
  const newest = pass.written.get(object.metadata.uid ?? '');
  switch (write.verb) {
    case 'create':
      return createChild(pass, write);
    case 'update':
      return updateObject(pass, write, newest ? underVersionOf(newest, object) : object);
    case 'updateStatus':
      return updateObject(pass, write, newest ? { ...newest, status: object['status'] } : object);
    case 'delete':
      return (await removeChild(pass, write)) ? object : undefined;
  }
}

/** Of two overlapping passes only one updates: the other based its decision on the earlier state. */
async function updateObject(
  pass: Pass,
  { verb, resource }: Stored,
  object: KubeObject,
): Promise<KubeObject> {
  const { objects, work, written } = pass;
  const fence = { records: [workWrite(work, work)] };
  const stored =
    verb === 'update'
      ? await objects.update(resource, object, fence)
      : await objects.updateStatus(resource, object, fence);
  if (stored.metadata.resourceVersion !== object.metadata.resourceVersion)
    pass.work = { ...work, revision: work.revision + 1 };
  written.set(object.metadata.uid ?? '', stored);
  return stored;
}

const underVersionOf = (
  { metadata: { resourceVersion } }: KubeObject,
  object: KubeObject,
): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, ...present({ resourceVersion }) },
});

async function createChild(pass: Pass, { resource, object }: Stored): Promise<KubeObject> {
  const { work, objects, controller } = pass;
  const { uid } = work;
  for (let attempt = 1; ; attempt++) {
    const count = work.count + attempt - 1;
    const child = childOf({ controller: controller.name, uid, count }, object);
    const next = { ...work, count: count + 1 };
    try {
      const stored = await objects.create(resource, child.object, {
        uid: child.uid,
        records: [workWrite(work, next)],
      });
      pass.work = { ...next, revision: work.revision + 1 };
      return stored;
    } catch (error) {
      const taken = error instanceof ApiError && error.reason === 'AlreadyExists';
      if (!taken || object.metadata.name || attempt === NAME_ATTEMPTS) throw error;
    }
  }
}

/** Whether anything was deleted; an object that is gone or being deleted already counts as success. */
async function removeChild(
  pass: Pass,
  { resource, object, ...write }: Extract<Write, { verb: 'delete' }>,
): Promise<boolean> {
  const { work, objects } = pass;
  try {
    const { written } = await objects.remove(resource, object, {
      records: [workWrite(work, work)],
      ...present({ propagationPolicy: write.propagationPolicy }),
    });
    if (written) pass.work = { ...work, revision: work.revision + 1 };
    return written;
  } catch (error) {
    if (error instanceof ApiError && error.reason === 'NotFound') return false;
    throw error;
  }
}

async function announce(
  { ports, controller, object }: Pass,
  { type, reason, message }: Announcement,
  write: Write,
  error = '',
): Promise<void> {
  const name = 'object' in write ? (write.object.metadata.name ?? '') : '';
  await recordObjectEvent(ports, controller.resource, object, {
    component: controller.eventSource ?? controller.name,
    type,
    reason,
    message: message.replaceAll('%name', () => name).replaceAll('%error', () => error),
  });
}
