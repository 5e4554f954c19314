// The store's table on DynamoDB's SDK.
import type { AttributeValue, DynamoDBClient, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactionConflictException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { own } from '../own.ts';
import type {
  Attribute,
  Condition,
  Item,
  ItemKey,
  Table,
  TableWrite,
  WriteReason,
} from '../store/table.ts';

type Wire = Record<string, AttributeValue>;

const BATCH = 100;

const toWire = (value: { [name: string]: Attribute | undefined }): Wire =>
  marshall(value, { removeUndefinedValues: true });
const fromWire = (item: Wire): Item => unmarshall(item) as Item;

/** `name` has string keys pk and sk, and TTL on `expires`. */
export function dynamoTable(client: DynamoDBClient, name: string): Table {
  return {
    async get({ pk, sk }) {
      const { Item: item } = await client.send(
        new GetItemCommand({
          TableName: name,
          Key: { pk: { S: pk }, sk: { S: sk } },
          ConsistentRead: true,
        }),
      );
      return item && fromWire(item);
    },
    async batchGet(keys) {
      const batches = Array.from({ length: Math.ceil(keys.length / BATCH) }, (_, i) =>
        keys.slice(i * BATCH, (i + 1) * BATCH),
      );
      return (await Promise.all(batches.map((batch) => getBatch(client, name, batch)))).flat();
    },
    query: (query) => queryPartition(client, name, query),
    transact: (writes) => transact(client, name, writes),
    async update({ pk, sk }, expression, values) {
      const { Attributes } = await client.send(
        new UpdateItemCommand({
          TableName: name,
          Key: { pk: { S: pk }, sk: { S: sk } },
          UpdateExpression: expression,
          ExpressionAttributeValues: toWire(values),
          ReturnValues: 'ALL_NEW',
        }),
      );
      return fromWire(Attributes ?? {});
    },
  };
}

async function getBatch(client: DynamoDBClient, name: string, keys: ItemKey[]): Promise<Item[]> {
  const items: Item[] = [];
  let left: Wire[] = keys.map(({ pk, sk }) => ({ pk: { S: pk }, sk: { S: sk } }));
  // DynamoDB answers at most 16 MB at once and leaves the rest as unprocessed.
  while (left.length > 0) {
    const page = await client.send(
      new BatchGetItemCommand({ RequestItems: { [name]: { Keys: left, ConsistentRead: true } } }),
    );
    items.push(...(own(page.Responses, name) ?? []).map(fromWire));
    left = own(page.UnprocessedKeys, name)?.Keys ?? [];
  }
  return items;
}

async function queryPartition(
  client: DynamoDBClient,
  name: string,
  { pk, from, to, limit }: Parameters<Table['query']>[0],
): ReturnType<Table['query']> {
  const page = await client.send(
    new QueryCommand({
      TableName: name,
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
      ExpressionAttributeValues: { ':pk': { S: pk }, ':from': { S: from }, ':to': { S: to } },
      ConsistentRead: true,
      ...(limit === undefined ? {} : { Limit: limit }),
    }),
  );
  const last = page.LastEvaluatedKey?.sk?.S;
  return {
    items: (page.Items ?? []).map(fromWire),
    ...(last === undefined ? {} : { next: `${last}\u0000` }),
  };
}

async function transact(
  client: DynamoDBClient,
  name: string,
  writes: TableWrite[],
): Promise<'written' | WriteReason[]> {
  try {
    const [only] = writes;
    // A transaction costs twice the write units of a single conditional write.
    if (only && writes.length === 1) await writeOne(client, name, only);
    else
      await client.send(
        new TransactWriteItemsCommand({
          TransactItems: writes.map((write) => toTransactItem(name, write)),
        }),
      );
    return 'written';
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return ['ConditionalCheckFailed'];
    if (error instanceof TransactionConflictException) return ['TransactionConflict'];
    if (error instanceof TransactionCanceledException)
      return (error.CancellationReasons ?? []).map(({ Code }) => toReason(Code, error));
    throw error;
  }
}

function toReason(code: string | undefined, error: Error): WriteReason {
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

async function writeOne(client: DynamoDBClient, name: string, write: TableWrite): Promise<void> {
  const { Put, Update, Delete } = toTransactItem(name, write);
  if (Put) await client.send(new PutItemCommand(Put));
  else if (Update) await client.send(new UpdateItemCommand(Update));
  else if (Delete) await client.send(new DeleteItemCommand(Delete));
}

function toTransactItem(TableName: string, write: TableWrite): TransactWriteItem {
  if ('put' in write)
    return { Put: { TableName, Item: toWire(write.put), ...conditioned(write.condition) } };
  if ('remove' in write)
    return {
      Delete: { TableName, Key: toWire({ ...write.remove }), ...conditioned(write.condition) },
    };
  const { update, expression, values, condition } = write;
  const all = { ...values, ...condition?.values };
  return {
    Update: {
      TableName,
      Key: toWire({ ...update }),
      UpdateExpression: expression,
      ExpressionAttributeValues: toWire(all),
      ...(condition ? { ConditionExpression: condition.expression } : {}),
    },
  };
}

const conditioned = (
  condition: Condition | undefined,
): { ConditionExpression?: string; ExpressionAttributeValues?: Wire } => ({
  ...(condition ? { ConditionExpression: condition.expression } : {}),
  ...(condition?.values ? { ExpressionAttributeValues: toWire(condition.values) } : {}),
});
