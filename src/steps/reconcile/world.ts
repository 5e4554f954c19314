// Reads what a controller needs, as stored now.
import type { Controller, Refused, World } from '../../controllers/controller.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { storedResource } from '../../kinds/resources.ts';
import type { Ports } from '../../ports/ports.ts';
import { present } from '../../present.ts';

/** Reads the world of an object. */
export async function readWorld(
  { store }: Pick<Ports, 'store'>,
  { reads, readsFor }: Controller,
  object: KubeObject,
  refused: readonly Refused[] = [],
): Promise<World> {
  const lists = new Map<string, readonly KubeObject[]>();
  const { namespace = '' } = object.metadata;
  for (const resource of readsFor?.(object) ?? reads) {
    const within = storedResource(resource)?.namespaced === false ? '' : namespace;
    const { objects } = await store.listObjects({
      resource,
      ...present({ namespace: within || undefined }),
    });
    lists.set(resource, objects);
  }
  return {
    refused,
    list: (resource) => {
      const objects = lists.get(resource);
      if (objects === undefined) throw new Error(`${resource} is not among what is read`);
      return objects;
    },
  };
}
