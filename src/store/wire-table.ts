// The store's table on DynamoDB's operations, whatever carries them: the SDK, or the engine in the same process.
import { own } from '../own.ts';
import { present } from '../present.ts';
import type {
  Attribute,
  Condition,
  Item,
  ItemKey,
  Table,
  TableWrite,
  WriteReason,
} from './table.ts';

/** A value in DynamoDB's form: `{ S: 'text' }`. Bytes have the carrier's type. */
type WireValue = { readonly [type: string]: unknown };

export type WireItem = Record<string, WireValue>;

interface Keys {
  Keys: WireItem[];
  ConsistentRead: boolean;
}

/** Arguments and results of the operations that a table needs. */
export interface Operations {
  GetItem: [
    input: { TableName: string; Key: WireItem; ConsistentRead: boolean },
    { Item?: WireItem },
  ];
  BatchGetItem: [
    input: { RequestItems: Record<string, Keys> },
    { Responses?: Record<string, WireItem[]>; UnprocessedKeys?: Record<string, Partial<Keys>> },
  ];
  Query: [
    input: {
      TableName: string;
      KeyConditionExpression: string;
      ExpressionAttributeValues: WireItem;
      ConsistentRead: boolean;
      Limit?: number;
    },
    { Items?: WireItem[]; LastEvaluatedKey?: WireItem },
  ];
  PutItem: [input: Put, object];
  UpdateItem: [input: Update & { ReturnValues?: 'ALL_NEW' }, { Attributes?: WireItem }];
  DeleteItem: [input: Delete, object];
  TransactWriteItems: [input: { TransactItems: TransactItem[] }, object];
}

interface Conditioned {
  TableName: string;
  ConditionExpression?: string;
  ExpressionAttributeValues?: WireItem;
}
type Put = Conditioned & { Item: WireItem };
type Update = Conditioned & { Key: WireItem; UpdateExpression: string };
type Delete = Conditioned & { Key: WireItem };
type TransactItem = { Put: Put } | { Update: Update } | { Delete: Delete };

/** Carries operations. Refusals are errors with AWS's names; that of a cancelled transaction has `CancellationReasons`. */
export interface Carrier {
  call<Name extends keyof Operations>(
    name: Name,
    input: Operations[Name][0],
  ): Promise<Operations[Name][1]>;
  toWire(values: { [name: string]: Attribute | undefined }): WireItem;
  fromWire(item: WireItem): { [name: string]: Attribute | undefined };
}

const BATCH = 100;

/** `name` is a table with string keys pk and sk, and TTL on `expires`. */
export function wireTable(carrier: Carrier, name: string): Table {
  const itemOf = (item: WireItem): Item => carrier.fromWire(item) as Item;
  return {
    async get(key) {
      const { Item: item } = await carrier.call('GetItem', {
        TableName: name,
        Key: keyOf(key),
        ConsistentRead: true,
      });
      return item && itemOf(item);
    },
    async batchGet(keys) {
      const batches = Array.from({ length: Math.ceil(keys.length / BATCH) }, (_, i) =>
        keys.slice(i * BATCH, (i + 1) * BATCH),
      );
      return (await Promise.all(batches.map((batch) => getBatch(carrier, name, batch)))).flat();
    },
    async query({ pk, from, to, limit }) {
      const page = await carrier.call('Query', {
        TableName: name,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: carrier.toWire({ ':pk': pk, ':from': from, ':to': to }),
        ConsistentRead: true,
        ...present({ Limit: limit }),
      });
      const last = page.LastEvaluatedKey?.sk?.['S'];
      return {
        items: (page.Items ?? []).map(itemOf),
        ...present({ next: typeof last === 'string' ? `${last}\u0000` : undefined }),
      };
    },
    transact: (writes) => transact(carrier, name, writes),
    async update(key, expression, values) {
      const { Attributes } = await carrier.call('UpdateItem', {
        TableName: name,
        Key: keyOf(key),
        UpdateExpression: expression,
        ExpressionAttributeValues: carrier.toWire(values),
        ReturnValues: 'ALL_NEW',
      });
      return itemOf(Attributes ?? {});
    },
  };
}

const keyOf = ({ pk, sk }: ItemKey): WireItem => ({ pk: { S: pk }, sk: { S: sk } });

async function getBatch(carrier: Carrier, name: string, keys: ItemKey[]): Promise<Item[]> {
  const items: Item[] = [];
  let left: WireItem[] = keys.map(keyOf);
  // DynamoDB answers at most 16 MB at once and returns the rest as unprocessed.
  while (left.length > 0) {
    const page = await carrier.call('BatchGetItem', {
      RequestItems: { [name]: { Keys: left, ConsistentRead: true } },
    });
    items.push(...(own(page.Responses, name) ?? []).map((item) => carrier.fromWire(item) as Item));
    left = own(page.UnprocessedKeys, name)?.Keys ?? [];
  }
  return items;
}

async function transact(
  carrier: Carrier,
  name: string,
  writes: TableWrite[],
): Promise<'written' | WriteReason[]> {
  const items = writes.map((write) => toTransactItem(carrier, name, write));
  try {
    const [only] = items;
    // A transaction costs twice the write units of a single conditional write.
    if (only && items.length === 1) await writeOne(carrier, only);
    else await carrier.call('TransactWriteItems', { TransactItems: items });
    return 'written';
  } catch (error) {
    return refusal(error);
  }
}

/** The reasons of a refusal by DynamoDB; rethrows any other error. */
function refusal(error: unknown): WriteReason[] {
  const { name, CancellationReasons } = error as Error & {
    CancellationReasons?: { Code?: string }[];
  };
  switch (name) {
    case 'ConditionalCheckFailedException':
      return ['ConditionalCheckFailed'];
    case 'TransactionConflictException':
      return ['TransactionConflict'];
    case 'TransactionCanceledException':
      return (CancellationReasons ?? []).map(({ Code }) => toReason(Code, error));
    default:
      throw error;
  }
}

function toReason(code: string | undefined, error: unknown): WriteReason {
  switch (code) {
    case undefined:
    case 'None':
      return 'None';
    case 'ConditionalCheckFailed':
      return 'ConditionalCheckFailed';
    case 'TransactionConflict':
      return 'TransactionConflict';
    case 'ThrottlingError':
    case 'ProvisionedThroughputExceeded':
      return 'Throttled';
    default:
      throw error;
  }
}

async function writeOne(carrier: Carrier, item: TransactItem): Promise<void> {
  if ('Put' in item) await carrier.call('PutItem', item.Put);
  else if ('Update' in item) await carrier.call('UpdateItem', item.Update);
  else await carrier.call('DeleteItem', item.Delete);
}

function toTransactItem(carrier: Carrier, TableName: string, write: TableWrite): TransactItem {
  const conditioned = (condition: Condition | undefined): Omit<Conditioned, 'TableName'> => ({
    ...present({
      ConditionExpression: condition ? condition.expression : undefined,
      ExpressionAttributeValues: condition?.values ? carrier.toWire(condition.values) : undefined,
    }),
  });
  if ('put' in write)
    return {
      Put: { TableName, Item: carrier.toWire(write.put), ...conditioned(write.condition) },
    };
  if ('remove' in write)
    return { Delete: { TableName, Key: keyOf(write.remove), ...conditioned(write.condition) } };
  const { update, expression, values, condition } = write;
  return {
    Update: {
      TableName,
      Key: keyOf(update),
      UpdateExpression: expression,
      ...conditioned(condition),
      ExpressionAttributeValues: carrier.toWire({ ...values, ...condition?.values }),
    },
  };
}
