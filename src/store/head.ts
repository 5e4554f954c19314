// The newest state of an object: its item, or the marker that a deletion left.
import type { KubeObject } from '../kinds/pod.ts';
import type { ObjectKey } from '../ports/store.ts';
import { bodyOf, toObject, unpack } from './body.ts';
import type { Body } from './body.ts';
import { objectItem } from './layout.ts';
import type { Item, Table } from './table.ts';

export interface Head {
  /** Number of the last write, deletions included. */
  number: number;
  /** undefined: deleted. */
  body: Body | undefined;
}

/** Parts expire only hours after they were replaced, so a single second look is enough. */
const LOOKS = 3;

/** The item as a head. DynamoDB deletes expired items within days: until then they are treated as gone. */
export function headOf({ ver, body, expires }: Item, now: Date): Head {
  const expired = expires !== undefined && Number(expires) * 1000 <= now.getTime();
  return { number: Number(ver), body: expired ? undefined : bodyOf(body) };
}

/** The object's head; undefined where it never existed or its marker has expired. */
export async function readHead(
  table: Pick<Table, 'get'>,
  key: ObjectKey,
  now: Date,
): Promise<Head | undefined> {
  const item = await table.get(objectItem(key));
  return item && headOf(item, now);
}

/** The newest object. */
export const readObject = (
  table: Pick<Table, 'get' | 'batchGet'>,
  key: ObjectKey,
  now: Date,
): Promise<KubeObject | undefined> => readAs(table, key, now, parsed);

/** The most that is kept, and of how many characters each. */
const RECENT = 256;
const RECENT_CHARACTERS = 2 * 1024;

/** A table that keeps its items returns the same one until it changes, and each call's admission reads the same few. */
const recent = new Map<Item, KubeObject>();

/** The object of an item's text. It may be shared: readers must not change it. */
export function parsed(text: string, number: number, item: Item): KubeObject {
  if (text.length > RECENT_CHARACTERS) return toObject(text, number);
  const known = recent.get(item);
  if (known !== undefined) return known;
  const object = toObject(text, number);
  const [oldest] = recent.size < RECENT ? [] : recent.keys();
  if (oldest !== undefined) recent.delete(oldest);
  recent.set(item, object);
  return object;
}

/** What a reader makes of an item's text and number. */
export type Form<T> = (text: string, number: number, item: Item) => T;

/** The newest object, in the form that `form` makes of its text and number. */
export async function readAs<T>(
  table: Pick<Table, 'get' | 'batchGet'>,
  key: ObjectKey,
  now: Date,
  form: Form<T>,
): Promise<T | undefined> {
  for (let look = 0; look < LOOKS; look++) {
    const item = await table.get(objectItem(key));
    const head = item && headOf(item, now);
    if (head?.body === undefined) return undefined;
    const text = await unpack(table, head.body);
    if (item !== undefined && text !== undefined) return form(text, head.number, item);
  }
  throw new Error(`the parts of ${key.resource} ${key.namespace}/${key.name} are missing`);
}
