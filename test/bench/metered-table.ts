// The store's table in memory, and the units that DynamoDB would bill for each operation (on demand, strongly consistent reads).
import type {
  Attribute,
  Condition,
  Item,
  ItemKey,
  Table,
  TableWrite,
  WriteReason,
} from '../../src/store/table.ts';
import { present } from '../../src/present.ts';

const READ_BYTES = 4_096;
const WRITE_BYTES = 1_024;

export interface Units {
  read: number;
  write: number;
  /** Round trips. */
  calls: number;
}

/** Bytes of an item as DynamoDB counts them: names and values, 3 bytes for a map or list. */
const itemBytes = (item: Item): number =>
  Object.entries(item).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value),
    0,
  );

function valueBytes(value: Attribute | undefined): number {
  if (value === undefined) return 0;
  if (value === null || typeof value === 'boolean') return 1;
  if (typeof value === 'number') return Math.ceil(String(value).length / 2) + 1;
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (value instanceof Uint8Array) return value.byteLength;
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + valueBytes(one), 3);
  return Object.entries(value).reduce(
    (sum, [name, one]) => sum + Buffer.byteLength(name) + valueBytes(one) + 1,
    3,
  );
}

const readUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / READ_BYTES));
const writeUnits = (...items: (Item | undefined)[]): number =>
  Math.max(1, ...items.map((item) => Math.ceil((item ? itemBytes(item) : 0) / WRITE_BYTES)));

type Values = { [name: `:${string}`]: Attribute };

type Bill = (read: number, write: number) => void;
type Partitions = Map<string, Map<string, Item>>;

/** A table, what its use has cost so far, and `free`: the same items, read without being counted. `onCall` runs at each round trip. */
export function meteredTable(onCall: () => void = () => undefined): {
  table: Table;
  free: Table;
  units: Units;
} {
  const partitions: Partitions = new Map();
  const units: Units = { read: 0, write: 0, calls: 0 };
  const bill: Bill = (read, write) => {
    units.read += read;
    units.write += write;
    units.calls += 1;
    onCall();
  };
  return {
    table: tableOn(partitions, bill),
    free: tableOn(partitions, () => undefined),
    units,
  };
}

function tableOn(partitions: Partitions, bill: Bill): Table {
  const at = ({ pk, sk }: ItemKey): Item | undefined => partitions.get(pk)?.get(sk);
  const put = (item: Item): void => {
    const partition = partitions.get(item.pk) ?? new Map<string, Item>();
    partitions.set(item.pk, partition.set(item.sk, item));
  };
  return {
    get: async (key) => {
      const item = at(key);
      bill(readUnits(item ? itemBytes(item) : 0), 0);
      return item;
    },
    batchGet: async (keys) => {
      const items = keys.map(at);
      const read = items.reduce((sum, item) => sum + readUnits(item ? itemBytes(item) : 0), 0);
      if (keys.length > 0) bill(read, 0);
      return items.filter((item) => item !== undefined);
    },
    query: async ({ pk, from, to, limit = Infinity }) => {
      const keys = [...(partitions.get(pk)?.keys() ?? [])]
        .filter((sk) => sk >= from && sk <= to)
        .sort();
      const items = keys.slice(0, limit).flatMap((sk) => at({ pk, sk }) ?? []);
      bill(readUnits(items.reduce((sum, item) => sum + itemBytes(item), 0)), 0);
      const next = keys[limit];
      return { items, ...present({ next }) };
    },
    transact: async (writes) => {
      const next = writes.map((write) => after(at(keyOf(write)), write));
      // A transaction costs each unit twice, and a refused write is billed too.
      const times = writes.length > 1 ? 2 : 1;
      const sum = writes.reduce(
        (all, write, index) => all + writeUnits(at(keyOf(write)), next[index]),
        0,
      );
      bill(0, times * sum);
      const reasons = writes.map(({ condition, ...write }): WriteReason =>
        holds(at(keyOf(write as TableWrite)), condition, valuesOf(write as TableWrite))
          ? 'None'
          : 'ConditionalCheckFailed',
      );
      if (reasons.some((reason) => reason !== 'None')) return reasons;
      for (const [index, write] of writes.entries()) {
        const item = next[index];
        if (item) put(item);
        else partitions.get(keyOf(write).pk)?.delete(keyOf(write).sk);
      }
      return 'written';
    },
    update: async (key, expression, values) => {
      const item = updated(at(key) ?? { ...key }, expression, values);
      bill(0, writeUnits(at(key), item));
      put(item);
      return item;
    },
  };
}

const keyOf = (write: TableWrite): ItemKey =>
  'put' in write ? write.put : 'update' in write ? write.update : write.remove;

const valuesOf = (write: TableWrite): Values => ('update' in write ? write.values : {});

function after(before: Item | undefined, write: TableWrite): Item | undefined {
  if ('put' in write) return write.put;
  return 'update' in write
    ? updated(before ?? { ...write.update }, write.expression, write.values)
    : undefined;
}

/** Only the forms that the store uses. */
function updated(before: Item, expression: string, values: Values): Item {
  const item: Item = { ...before };
  const [, set = '', add = ''] = /^(?:SET (.*?))?(?: ?ADD (.*))?$/.exec(expression) ?? [];
  for (const part of set === '' ? [] : set.split(', ')) {
    const [name = '', value = ''] = part.split(' = ');
    item[name] = valueIn(values, value);
  }
  for (const part of add === '' ? [] : add.split(', ')) {
    const [name = '', value = ''] = part.split(' ');
    item[name] = Number(item[name] ?? 0) + Number(valueIn(values, value));
  }
  return item;
}

function valueIn(values: Values, name: string): Attribute {
  const value = values[name as `:${string}`];
  if (value === undefined) throw new Error(`no value ${name}`);
  return value;
}

function holds(item: Item | undefined, condition: Condition | undefined, own: Values): boolean {
  if (condition === undefined) return true;
  const values = { ...own, ...condition.values };
  return condition.expression.split(' OR ').some((any) =>
    any
      .replace(/^\((.* AND .*)\)$/, '$1')
      .split(' AND ')
      .every((one) => isTrue(item, one, values)),
  );
}

function isTrue(item: Item | undefined, text: string, values: Values): boolean {
  const [, negated, name = ''] = /^attribute_(not_)?exists\((\w+)\)$/.exec(text) ?? [];
  if (name !== '') return (item?.[name] === undefined) === (negated !== undefined);
  const [, left = '', operator, right = ''] = /^(\w+) (=|<|<=) (:\w+)$/.exec(text) ?? [];
  if (operator === undefined) throw new Error(`condition ${text} is not known here`);
  const [a, b] = [item?.[left], valueIn(values, right)];
  if (operator === '=') return a === b;
  if (a === undefined) return false;
  return operator === '<' ? Number(a) < Number(b) : Number(a) <= Number(b);
}
