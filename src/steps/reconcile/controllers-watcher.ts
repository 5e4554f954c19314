// The controllers as watchers of the log: which objects a change concerns, and a pass over each.
import type { Controller } from '../../controllers/controller.ts';
import type { ObjectsAs } from '../../ports/objects.ts';
import { present } from '../../present.ts';
import { reconcileObject } from './reconcile-object.ts';
import type { ReconcilePorts } from './reconcile-object.ts';
import { concerned, everyObject, freshLists } from './wake.ts';
import type { Lists } from './wake.ts';
import type { Look, Watcher } from './watcher.ts';
import { dueId, listWork } from './work.ts';
import type { WorkKey } from './work.ts';

/** The scheduler is precise to a minute. */
const LATE_MS = 90_000;

export interface ControllersWatcher extends Watcher {
  /** The look at one object; undefined: no such controller. */
  look(key: WorkKey): Look | undefined;
}

/** `lists`: how it reads the objects that a change may concern. */
export function controllersWatcher(
  ports: ReconcilePorts,
  objectsAs: ObjectsAs,
  controllers: readonly Controller[],
  lists: Lists = freshLists(ports),
): ControllersWatcher {
  const { dueTimes } = ports;
  const byName = new Map(controllers.map((controller) => [controller.name, controller]));
  const look = (key: WorkKey): Look | undefined => {
    const controller = byName.get(key.controller);
    if (controller === undefined) return undefined;
    return {
      id: `${key.controller}/${key.namespace}/${key.name}`,
      ...present({ backOff: controller.backOff }),
      ...(dueTimes && {
        later: (at: Date, tries: number) =>
          dueTimes.wakeAt(dueId(key), at, { ...key, tries: String(tries) }),
      }),
      run: async () => {
        const { refused, dueAt } = await reconcileObject(ports, objectsAs, controller, key);
        return { failed: refused !== undefined, ...present({ dueAt }) };
      },
    };
  };
  const looks = (keys: readonly WorkKey[]): Look[] => keys.flatMap((key) => look(key) ?? []);
  return {
    look,
    after: async (change) => looks(await concerned(lists, controllers, change)),
    overdue: async (now) => {
      const late = (await listWork(ports)).filter(
        ({ dueAt }) => dueAt !== undefined && Date.parse(dueAt) + LATE_MS < now.getTime(),
      );
      return looks(late.map(({ key }) => key));
    },
    // What is remembered of an object that is gone is to be forgotten: who saw it go may have died.
    all: async () => [
      ...looks(await everyObject(ports, controllers)),
      ...looks((await listWork(ports)).map(({ key }) => key)),
    ],
  };
}
