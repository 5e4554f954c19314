// The newest state of an object: its item, or the marker that a deletion left.
import type { KubeObject } from '../kinds/pod.ts';
import type { ObjectKey } from '../ports.ts';
import { bodyOf, toObject, unpack } from './body.ts';
import type { Body } from './body.ts';
import { objectItem } from './layout.ts';
import type { Item, Table } from './table.ts';

export interface Head {
  /** Number of the last write, a deletion's too. */
  number: number;
  /** undefined: deleted. */
  body: Body | undefined;
}

/** Parts vanish only hours after they were replaced, so one second look is enough. */
const LOOKS = 3;

/** The item as a head. */
export const headOf = (item: Item): Head => ({ number: Number(item.ver), body: bodyOf(item.body) });

/** The object's head; undefined: never there, or its marker has expired. */
export async function readHead(table: Pick<Table, 'get'>, key: ObjectKey): Promise<Head | undefined> {
  const item = await table.get(objectItem(key));
  return item && headOf(item);
}

/** The newest object. */
export async function readObject(table: Pick<Table, 'get' | 'batchGet'>, key: ObjectKey): Promise<KubeObject | undefined> {
  for (let look = 0; look < LOOKS; look++) {
    const head = await readHead(table, key);
    if (head?.body === undefined) return undefined;
    const text = await unpack(table, head.body);
    if (text !== undefined) return toObject(text, head.number);
  }
  throw new Error(`the parts of ${key.resource} ${key.namespace}/${key.name} are missing`);
}
