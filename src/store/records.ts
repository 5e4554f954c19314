// Records: droppod's own memory beside the objects, each with its own revision.
import { gunzipSync } from 'node:zlib';
import { ApiError } from '../errors.ts';
import type { Json } from '../ports/json.ts';
import type { RecordWrite, StoredRecord } from '../ports/store.ts';
import { present } from '../present.ts';
import { bodyOf, pack } from './body.ts';
import type { Body } from './body.ts';
import { recordItem, recordRange } from './layout.ts';
import type { Item, Table, TableWrite } from './table.ts';

/** The record under `key`. */
export async function getRecord(table: Table, key: string): Promise<StoredRecord | undefined> {
  const item = await table.get(recordItem(key));
  return item && toRecord(item);
}

/** All records under a prefix, which contains at least the kind. */
export async function listRecords(table: Table, prefix: string): Promise<StoredRecord[]> {
  const range = recordRange(prefix);
  const records: StoredRecord[] = [];
  for (let from: string | undefined = range.from; from !== undefined;) {
    const page: { items: Item[]; next?: string } = await table.query({ ...range, from });
    records.push(...page.items.map(toRecord));
    from = page.next;
  }
  return records;
}

function toRecord(item: Item): StoredRecord {
  const body = bodyOf(item.val);
  const text = body === undefined ? undefined : textOf(body);
  return { key: item.sk, value: JSON.parse(text ?? 'null') as Json, revision: Number(item.rev) };
}

/** A record is always in its item. */
const textOf = (body: Body): string | undefined =>
  'json' in body ? body.json : 'gz' in body ? gunzipSync(body.gz).toString() : undefined;

/** The table write of a record; its condition fails where the expectation does not hold. */
export function recordWrite({ key, value, expected }: RecordWrite, writeId: string): TableWrite {
  const at = recordItem(key);
  const condition =
    expected === 'any'
      ? undefined
      : expected === 0
        ? { expression: 'attribute_not_exists(pk)' }
        : { expression: 'rev = :expected', values: { ':expected': expected } };
  if (value === null) return { remove: at, ...present({ condition }) };
  const val = pack(JSON.stringify(value)).inline;
  if (val === undefined) throw new ApiError('RequestEntityTooLarge', `record ${key} is too large`);
  if (condition === undefined)
    return {
      update: at,
      expression: 'SET val = :val, wid = :wid ADD rev :one',
      values: { ':val': val, ':wid': writeId, ':one': 1 },
    };
  return { put: { ...at, val, wid: writeId, rev: Number(expected) + 1 }, condition };
}
