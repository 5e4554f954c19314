// deletecollection: every object of a collection that the selectors match, one by one.
import { ApiError } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import type { Answer, Call } from '../call.ts';
import { listOptions } from '../wire/options.ts';
import { deleteObject, deleteOptions } from './delete.ts';
import type { DeleteOptions } from './delete.ts';
import { listObjects, selectionOf } from './list.ts';

const AT_ONCE = 4;

/** DELETE of a collection; returns what was deleted. */
export async function deleteCollection(call: Call): Promise<Answer> {
  const options = await deleteOptions(call);
  const list = listOptions(call.query);
  const found = await listObjects(call, list, selectionOf(call, list));
  return { code: 200, list: { ...found, items: await deleteAll(call, found.items, options) } };
}

/** Deletes the objects, a few at a time; objects that are already gone are left out. */
export async function deleteAll(
  call: Call,
  objects: KubeObject[],
  options: DeleteOptions,
): Promise<KubeObject[]> {
  const deleted: KubeObject[] = [];
  for (let at = 0; at < objects.length; at += AT_ONCE) {
    const answers = await Promise.all(
      objects.slice(at, at + AT_ONCE).map((object) => deleteOne(call, object, options)),
    );
    deleted.push(...answers.filter((object) => object !== undefined));
  }
  return deleted;
}

async function deleteOne(
  call: Call,
  { metadata }: KubeObject,
  options: DeleteOptions,
): Promise<KubeObject | undefined> {
  try {
    const one = { ...call, name: metadata.name ?? '', namespace: metadata.namespace ?? '' };
    return (await deleteObject(one, options)).object;
  } catch (error) {
    if (error instanceof ApiError && error.reason === 'NotFound') return undefined;
    throw error;
  }
}
