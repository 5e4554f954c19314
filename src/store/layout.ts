// The table's layout. It needs no index: a list is a Query of one partition, a log entry is a Get.
// See docs/design/store.md.
import type { ObjectKey } from '../ports/store.ts';
import { objectName } from './limits.ts';
import type { ItemKey } from './table.ts';

/** Sort key of items that are alone in their partition. */
const ALONE = '-';

/** Greater than every name. */
const LAST = '\uffff';

/** Holds the counter, the mark up to which the log is settled, and the log's horizon. */
export const COUNTER: ItemKey = { pk: 'counter', sk: ALONE };

/** One partition per resource, in list order. DynamoDB splits a hot one by sort key, because the table has no local index. */
export const objectItem = (key: ObjectKey): ItemKey => ({
  pk: objectPartition(key.resource),
  sk: objectName(key),
});

export const objectPartition = (resource: string): string => `o/${resource}`;

/** Bounds of a list's Query. */
export function objectRange(
  namespace: string | undefined,
  after: { namespace: string; name: string } | undefined,
): { from: string; to: string } {
  const prefix = namespace === undefined ? '' : `${namespace}/`;
  // A key value may not be empty; a space sorts before every name.
  return { from: after ? `${objectName(after)}\u0000` : prefix || ' ', to: prefix + LAST };
}

/** One partition per number, so that the log has no hot end. */
export const logItem = (number: number): ItemKey => ({ pk: `l/${number}`, sk: ALONE });

/** A part of a body too large for its item, named by the number that wrote it. */
export const partItem = (number: number, part: number, sealed: boolean): ItemKey => ({
  pk: `${sealed ? 's' : 'b'}/${number}`,
  sk: String(part),
});

/** What a log entry of a sealed resource refers to, in a partition that only some functions may read. */
export const sealedItem = (number: number, which: 'body' | 'previous'): ItemKey => ({
  pk: `s/${number}`,
  sk: which,
});

/** What is known of an image, by a hash of its name: names may be longer than keys. */
export const imageItem = (hash: string): ItemKey => ({ pk: `i/${hash}`, sk: ALONE });

/** Resources whose bodies stay out of the log's entries, which every function reads. */
const SEALED: ReadonlySet<string> = new Set(['secrets']);

/** Whether bodies of a resource are sealed. */
export const isSealed = (resource: string): boolean => SEALED.has(resource);

/** Records of one kind (the part before the first `/`) share a partition, so that a prefix is a Query. */
export const recordItem = (key: string): ItemKey => ({ pk: `r/${kindOf(key)}`, sk: key });

/** Bounds of a prefix's Query; `prefix` is at least the kind and its `/`, or exactly the kind. */
export const recordRange = (prefix: string): { pk: string; from: string; to: string } => ({
  pk: `r/${kindOf(prefix)}`,
  from: prefix,
  to: prefix + LAST,
});

const kindOf = (key: string): string => key.split('/', 1)[0] ?? key;
