// Entries of the log as items: what was written under a number, or the tombstone of an unused number.
import type { LogEntry, ObjectKey } from '../ports/store.ts';
import { present } from '../present.ts';
import type { Body } from './body.ts';
import { bodyOf, unpack } from './body.ts';
import { logItem } from './layout.ts';
import { toVersion } from './limits.ts';
import { parsed } from './parsed.ts';
import type { Item, Table, TableWrite } from './table.ts';

/** A number's content; without `entry` it is a tombstone. */
export interface Line {
  number: number;
  writeId?: string;
  entry?: {
    type: LogEntry['type'];
    key: ObjectKey;
    body: Body;
    previous?: Body;
    previousNumber?: number;
    /** Somebody is to be woken at once. */
    wakes?: boolean;
  };
}

const UNUSED = { expression: 'attribute_not_exists(pk)' };

/** The write of a line; it fails where the number is used or buried. `expires` is in epoch seconds. */
export function lineWrite(line: Line, expires: number): TableWrite {
  const { number, writeId, entry } = line;
  const content =
    entry === undefined
      ? { gone: true }
      : {
          type: entry.type,
          resource: entry.key.resource,
          namespace: entry.key.namespace,
          name: entry.key.name,
          body: entry.body,
          ...(entry.previous ? { prev: entry.previous, prevVer: entry.previousNumber } : {}),
          // The stream's filter (cdk/constructs/stream.ts).
          ...present({ wakes: entry.wakes ? true : undefined }),
        };
  return {
    put: {
      ...logItem(number),
      num: number,
      expires,
      ...present({ wid: writeId }),
      ...content,
    },
    condition: UNUSED,
  };
}

/** The existing lines of `numbers`, in any order. */
export async function readLines(
  table: Pick<Table, 'batchGet'>,
  numbers: number[],
): Promise<Line[]> {
  return numbers.length === 0 ? [] : (await table.batchGet(numbers.map(logItem))).map(toLine);
}

/** The numbers from `from` to `to`, both included. */
export const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);

/** One line; undefined for a hole. */
export async function readLine(
  table: Pick<Table, 'get'>,
  number: number,
): Promise<Line | undefined> {
  const item = await table.get(logItem(number));
  return item && toLine(item);
}

function toLine(item: Item): Line {
  const body = bodyOf(item.body);
  const line: Line = {
    number: Number(item.num),
    ...present({ writeId: typeof item.wid === 'string' ? item.wid : undefined }),
  };
  if (item.gone === true || body === undefined) return line;
  const previous = bodyOf(item.prev);
  const type = item.type === 'ADDED' || item.type === 'DELETED' ? item.type : 'MODIFIED';
  const key = {
    resource: String(item.resource),
    namespace: String(item.namespace),
    name: String(item.name),
  };
  return {
    ...line,
    entry: {
      type,
      key,
      body,
      ...(previous ? { previous, previousNumber: Number(item.prevVer) } : {}),
    },
  };
}

/** An item of the log in the port's form; undefined for a tombstone. */
export const readEntry = (
  table: Pick<Table, 'batchGet'>,
  item: Item,
): Promise<LogEntry | undefined> => toEntry(table, toLine(item));

/** The line in the port's form; undefined for a tombstone. */
export async function toEntry(
  table: Pick<Table, 'batchGet'>,
  { number, entry }: Line,
): Promise<LogEntry | undefined> {
  if (entry === undefined) return undefined;
  const text = await unpack(table, entry.body);
  if (text === undefined) throw new Error(`the parts of log entry ${number} are missing`);
  const before = entry.previous && (await unpack(table, entry.previous));
  return {
    version: toVersion(number),
    type: entry.type,
    key: entry.key,
    object: parsed(text, number, entry.body),
    ...present({
      previous:
        before === undefined
          ? undefined
          : parsed(before, entry.previousNumber ?? 0, entry.previous),
    }),
  };
}
