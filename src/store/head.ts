// The newest state of an object: its item, or the marker that a deletion left.
import type { KubeObject } from '../kinds/pod.ts';
import type { Clock } from '../ports/clock.ts';
import type { ObjectKey } from '../ports/store.ts';
import { bodyOf, unpack } from './body.ts';
import { parsed } from './parsed.ts';
import type { Body } from './body.ts';
import { objectItem } from './layout.ts';
import type { Attribute, Item, Table } from './table.ts';

export interface Head {
  /** Number of the last write, deletions included. */
  number: number;
  /** undefined: deleted. */
  body: Body | undefined;
}

/** Asked only where something can have expired: reading the clock takes as long as reading an item from memory. */
export type Now = Pick<Clock, 'now'>;

/** Parts expire only hours after they were replaced, so a single second look is enough. */
const LOOKS = 3;

/** The item as a head. DynamoDB deletes expired items within days: until then they are treated as gone. */
export function headOf({ ver, body, expires }: Item, clock: Now): Head {
  const expired = expires !== undefined && Number(expires) * 1000 <= clock.now().getTime();
  return { number: Number(ver), body: expired ? undefined : bodyOf(body) };
}

/** The object's head; undefined where it never existed or its marker has expired. */
export async function readHead(
  table: Pick<Table, 'get'>,
  key: ObjectKey,
  clock: Now,
): Promise<Head | undefined> {
  const item = await table.get(objectItem(key));
  return item && headOf(item, clock);
}

/** The newest object. */
export const readObject = (
  table: Pick<Table, 'get' | 'batchGet'>,
  key: ObjectKey,
  clock: Now,
): Promise<KubeObject | undefined> => readAs(table, key, clock, parsed);

/** What a reader makes of the text and number of a stored body. `stored` is the attribute itself. */
export type Form<T> = (text: string, number: number, stored: Attribute | undefined) => T;

/** The newest object, in the form that `form` makes of its text and number. */
export async function readAs<T>(
  table: Pick<Table, 'get' | 'batchGet'>,
  key: ObjectKey,
  clock: Now,
  form: Form<T>,
): Promise<T | undefined> {
  for (let look = 0; look < LOOKS; look++) {
    const item = await table.get(objectItem(key));
    const head = item && headOf(item, clock);
    if (head?.body === undefined) return undefined;
    const text = await unpack(table, head.body);
    if (item !== undefined && text !== undefined) return form(text, head.number, item.body);
  }
  throw new Error(`the parts of ${key.resource} ${key.namespace}/${key.name} are missing`);
}
