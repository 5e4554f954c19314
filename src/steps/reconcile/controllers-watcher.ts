// The controllers as watchers of the log: which objects a change concerns, and a pass over each.
import type { Controller } from '../../controllers/controller.ts';
import type { ObjectsAs } from '../../ports/objects.ts';
import { present } from '../../present.ts';
import { reconcileObject } from './reconcile-object.ts';
import type { ReconcilePorts } from './reconcile-object.ts';
import { concerned, everyObject } from './wake.ts';
import type { Look, Watcher } from './watcher.ts';
import type { WorkKey } from './work.ts';

export interface ControllersWatcher extends Watcher {
  /** The look at one object; undefined: no such controller. */
  look(key: WorkKey): Look | undefined;
}

export function controllersWatcher(
  ports: ReconcilePorts,
  objectsAs: ObjectsAs,
  controllers: readonly Controller[],
): ControllersWatcher {
  const byName = new Map(controllers.map((controller) => [controller.name, controller]));
  const look = (key: WorkKey): Look | undefined => {
    const controller = byName.get(key.controller);
    if (controller === undefined) return undefined;
    return {
      id: `${key.controller}/${key.namespace}/${key.name}`,
      ...present({ backOff: controller.backOff }),
      run: async () => {
        const { refused, dueAt } = await reconcileObject(ports, objectsAs, controller, key);
        return { failed: refused !== undefined, ...present({ dueAt }) };
      },
    };
  };
  const looks = (keys: readonly WorkKey[]): Look[] => keys.flatMap((key) => look(key) ?? []);
  return {
    look,
    after: async (change) => looks(await concerned(ports, controllers, change)),
    all: async () => looks(await everyObject(ports, controllers)),
  };
}
