// One pass of a controller over one object: read what is stored, call the controller, write its result.
// See docs/design/controllers.md.
import type { Controller } from '../../controllers/controller.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { later } from '../../later.ts';
import type { ObjectsAs } from '../../ports/objects.ts';
import type { Ports } from '../../ports/ports.ts';
import type { ObjectKey } from '../../ports/store.ts';
import { carryOut } from './carry-out.ts';
import type { Pass } from './carry-out.ts';
import { dueId, forgetWork, readWork, workWrite } from './work.ts';
import type { Work, WorkKey } from './work.ts';
import { readWorld } from './world.ts';
import { present } from '../../present.ts';

/** How much later the second wake-up comes: Lambda has given up on the first by then, and a night's run is still the same night's. */
const AGAIN_SECONDS = 60 * 60;

export type ReconcilePorts = Pick<Ports, 'store' | 'clock' | 'ids' | 'dueTimes'>;

/** The result of a pass: when to look again, and whether the API refused a write, which is retried later. */
export interface PassEnd {
  dueAt?: Date;
  refused?: string;
}

/** One pass. May run at any time, repeatedly and concurrently: throws ApiError Conflict if another one was faster. */
export async function reconcileObject(
  ports: ReconcilePorts,
  objectsAs: ObjectsAs,
  controller: Controller,
  key: WorkKey,
): Promise<PassEnd> {
  // Read first: any later write by another pass raises its revision, and then nothing of this pass is carried out.
  const work = await readWork(ports, key);
  const object = await ports.store.get(keyOf(controller, key));
  if (object === undefined) {
    await forgetWork(ports, work);
    return {};
  }
  const pass: Pass = {
    ports,
    objects: objectsAs(controller.name),
    controller,
    object,
    work: ofObject(work, object),
    refused: [],
    written: new Map(),
  };
  const requeueAt = await carryOutAnswer(pass, object);
  if (pass.refused.length === 0) return end(pass, requeueAt);
  const newest = await ports.store.get(keyOf(controller, key));
  const again = newest && (await carryOutAnswer(pass, newest));
  return { ...(await end(pass, again)), refused: pass.refused[0]?.message ?? '' };
}

const keyOf = ({ resource }: Controller, { namespace, name }: WorkKey): ObjectKey => ({
  resource,
  namespace,
  name,
});

/** A later object with the same name has no children yet. */
const ofObject = (work: Work, { metadata: { uid = '' } }: KubeObject): Work =>
  work.uid === uid ? work : { key: work.key, revision: work.revision, uid, count: 0 };

async function carryOutAnswer(pass: Pass, object: KubeObject): Promise<Date | undefined> {
  const { ports, controller, refused } = pass;
  const world = await readWorld(ports, controller, object, [...refused]);
  const { writes, requeueAt } = controller.reconcile(object, world, ports.clock.now());
  pass.written.clear();
  await carryOut(pass, writes);
  return requeueAt;
}

/** The second wake-up of the next due time replaces this one's, so it only comes where the first was lost. */
async function wakeAt(
  { dueTimes }: ReconcilePorts,
  { waitsAlone }: Controller,
  key: WorkKey,
  at: Date,
): Promise<void> {
  const id = dueId(key);
  await dueTimes?.wakeAt(id, at, { ...key, tries: '0' });
  if (waitsAlone === true)
    await dueTimes?.wakeAt(`${id}/again`, later(at, AGAIN_SECONDS), { ...key, tries: '0' });
}

/** Stores when to look again, if that has changed. */
async function end({ ports, work, controller }: Pass, dueAt: Date | undefined): Promise<PassEnd> {
  const at = dueAt?.toISOString();
  if (at !== work.dueAt) {
    const { uid, count, key } = work;
    // First, so that no due time is stored without a wake-up for it.
    if (dueAt) await wakeAt(ports, controller, key, dueAt);
    await ports.store.commit({
      records: [workWrite(work, present({ uid, count, dueAt: at }))],
    });
  }
  return present({ dueAt });
}
