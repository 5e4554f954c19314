// A list: objects of one resource in storage order.
import type { KubeObject } from '../kinds/pod.ts';
import type { ListQuery, StoredText } from '../ports/store.ts';
import { jsonOf, unpack, versionedText } from './body.ts';
import { headOf, readAs } from './head.ts';
import type { Form, Now } from './head.ts';
import { parsed } from './parsed.ts';
import { objectPartition, objectRange } from './layout.ts';
import type { Item, Table } from './table.ts';

/** A page that brought too little was full of deletion markers: the next one is larger. */
const MAX_PAGE = 512;

/** Objects as they are now; the caller settles the version first, so that nothing up to it is missing. */
export function listObjects(table: Table, query: ListQuery, clock: Now): Promise<Page<KubeObject>> {
  return listItems(table, query, (item) => toListed(table, query.resource, item, clock, parsed));
}

/** The same as JSON texts that are not parsed. */
export function listTexts(table: Table, query: ListQuery, clock: Now): Promise<Page<StoredText>> {
  return listItems(table, query, (item) => toStored(table, query.resource, item, clock));
}

/** The texts of items; a table that keeps its items reads each text only once. */
const texts = new WeakMap<Item, StoredText>();

function toStored(
  table: Table,
  resource: string,
  item: Item,
  clock: Now,
): StoredText | undefined | Promise<StoredText | undefined> {
  const { body, number } = headOf(item, clock);
  if (body === undefined) return undefined;
  const known = texts.get(item);
  if (known) return known;
  const place = placeOf(item);
  const json = jsonOf(body, number);
  if (json === undefined)
    return toListed(table, resource, item, clock, (text, version) => ({
      ...place,
      json: () => versionedText(text, version),
    }));
  const stored = { ...place, json };
  texts.set(item, stored);
  return stored;
}

function placeOf({ sk }: Item): { namespace: string; name: string } {
  const [namespace = '', name = ''] = sk.split('/');
  return { namespace, name };
}

/** What was read of a list. */
export interface Page<T> {
  objects: T[];
  more: boolean;
  /** The number of the newest write that was read, deletions included. */
  newest: number;
}

async function listItems<T>(
  table: Table,
  query: ListQuery,
  read: (item: Item) => T | undefined | Promise<T | undefined>,
): Promise<Page<T>> {
  const pk = objectPartition(query.resource);
  const { from: first, to } = objectRange(query.namespace, query.after);
  const wanted = query.limit === undefined ? Infinity : query.limit + 1;
  const objects: T[] = [];
  let newest = 0;
  let size = wanted;
  for (
    let from: string | undefined = first;
    from !== undefined && objects.length < wanted;
    size = Math.min(2 * size, Math.max(MAX_PAGE, wanted))
  ) {
    const page: { items: Item[]; next?: string } = await table.query(
      wanted === Infinity ? { pk, from, to } : { pk, from, to, limit: size },
    );
    from = page.next;
    if (page.items.length === 0) continue;
    for (const { ver } of page.items) newest = Math.max(newest, Number(ver));
    const found = await Promise.all(page.items.map(read));
    objects.push(...found.filter((object) => object !== undefined));
  }
  const cut = query.limit === undefined ? objects : objects.slice(0, query.limit);
  return { objects: cut, more: cut.length < objects.length, newest };
}

async function toListed<T>(
  table: Table,
  resource: string,
  item: Item,
  clock: Now,
  form: Form<T>,
): Promise<T | undefined> {
  const { body, number } = headOf(item, clock);
  if (body === undefined) return undefined;
  const text = await unpack(table, body);
  if (text !== undefined) return form(text, number, item.body);
  return readAs(table, { resource, ...placeOf(item) }, clock, form);
}
