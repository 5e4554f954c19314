// Which objects a change concerns: the changed one, its controller, and those that a controller names.
import type { Controller } from '../../controllers/controller.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { storedResource } from '../../kinds/resources.ts';
import type { Ports } from '../../ports/ports.ts';
import { present } from '../../present.ts';
import type { Change } from './watcher.ts';
import type { WorkKey } from './work.ts';

/** The objects of a resource in a namespace ('': in all). */
export type Lists = (resource: string, namespace: string) => Promise<readonly KubeObject[]>;

/** As they are stored at each call. */
export const freshLists =
  ({ store }: Pick<Ports, 'store'>): Lists =>
  async (resource, namespace) =>
    (await store.listObjects({ resource, ...present({ namespace: namespace || undefined }) }))
      .objects;

/**
 * As they were stored at the first call: a batch of changes reads them once. Objects that come or change in the meantime wake their
 * controllers by changes of their own.
 */
export function listsOnce(ports: Pick<Ports, 'store'>): Lists {
  const fresh = freshLists(ports);
  const known = new Map<string, ReturnType<Lists>>();
  return (resource, namespace) => {
    const key = `${resource}/${namespace}`;
    const lists = known.get(key) ?? fresh(resource, namespace);
    known.set(key, lists);
    return lists;
  };
}

/** The objects to look at after a change. Late, repeated and lost changes make no difference to them. */
export async function concerned(
  list: Lists,
  controllers: readonly Controller[],
  change: Change,
): Promise<WorkKey[]> {
  const keys: WorkKey[] = [];
  for (const controller of controllers) {
    if (!looksAt(controller, change)) continue;
    const namespace = namespaceOf(controller, change);
    const named = namedBy(controller, change);
    const { concerns, mayConcern } = controller;
    const states = statesOf(change).filter((state) => mayConcern?.(state) ?? true);
    const reads = mayRead(controller, change) && concerns !== undefined && states.length > 0;
    const all = reads ? await list(controller.resource, namespace) : [];
    // Most controllers have nothing in the namespace.
    if (named.length === 0 && all.length === 0) continue;
    const found = new Map([[namespace, new Set(named)]]);
    if (reads) {
      const objects = all.filter(
        (object) => controller.readsFor?.(object).includes(change.key.resource) ?? true,
      );
      // A change of a cluster-wide object may concern objects of every namespace.
      for (const place of new Set(objects.map(namespaceIn))) {
        const some = objects.filter((object) => namespaceIn(object) === place);
        const names = found.get(place) ?? new Set();
        for (const state of states) for (const name of concerns(state, some)) names.add(name);
        found.set(place, names);
      }
    }
    for (const [place, names] of found)
      for (const name of names) keys.push({ controller: controller.name, namespace: place, name });
  }
  return keys;
}

/** Nothing that another kind's change can mean for the controller. */
const looksAt = (controller: Controller, change: Change): boolean =>
  controller.resource === change.key.resource || mayRead(controller, change);

/** What a controller reads is known beforehand, or differs by object. */
const mayRead = ({ reads, readsFor }: Controller, { key }: Change): boolean =>
  readsFor !== undefined || reads.includes(key.resource);

const namespaceIn = ({ metadata }: KubeObject): string => metadata.namespace ?? '';

/** Every object that a controller reconciles. */
export async function everyObject(
  { store }: Pick<Ports, 'store'>,
  controllers: readonly Controller[],
): Promise<WorkKey[]> {
  const keys: WorkKey[] = [];
  for (const { name: controller, resource } of controllers) {
    const { objects } = await store.listObjects({ resource });
    for (const { metadata } of objects)
      keys.push({ controller, namespace: metadata.namespace ?? '', name: metadata.name ?? '' });
  }
  return keys;
}

/** Before and after: objects that it no longer matches or owns must be looked at too. */
const statesOf = ({ object, previous }: Change): KubeObject[] =>
  previous === undefined ? [object] : [object, previous];

const namespaceOf = ({ resource }: Controller, { key }: Change): string =>
  storedResource(resource)?.namespaced === false ? '' : key.namespace;

function namedBy(controller: Controller, change: Change): string[] {
  if (change.key.resource === controller.resource) {
    const own = controller.applies?.(change.object) === false ? [] : [change.key.name];
    return [...own, ...owners(controller, change)];
  }
  return controller.reads.includes(change.key.resource) ? owners(controller, change) : [];
}

const owners = (controller: Controller, change: Change): string[] =>
  statesOf(change).flatMap((state) => ownerIn(controller, state) ?? []);

/** The name of the object of the controller's kind that controls this one. */
function ownerIn({ resource }: Controller, { metadata }: KubeObject): string | undefined {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  const kind = storedResource(resource);
  if (owner === undefined || kind === undefined || owner.kind !== kind.kind) return undefined;
  const group = owner.apiVersion.includes('/') ? owner.apiVersion.split('/')[0] : '';
  return group === kind.group ? owner.name : undefined;
}
