// The DynamoDB endpoint through the real SDK: what dynalite lacks and droppod needs.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConditionalCheckFailedException,
  CreateTableCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactGetItemsCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Dynamo } from '../../local/aws/dynamodb/create-dynamo.ts';
import { createDynamo } from '../../local/aws/dynamodb/create-dynamo.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';

const TableName = 'contract';
const key = (pk: string, sk = '-') => ({ pk: { S: pk }, sk: { S: sk } });
const put = (pk: string, n: number, more: object = {}): TransactWriteItem => ({
  Put: { TableName, Item: { ...key(pk), n: { N: String(n) } }, ...more },
});
const IF_ABSENT = { ConditionExpression: 'attribute_not_exists(pk)' };

const clientOf = ({ requestHandler }: Dynamo): DynamoDBClient =>
  new DynamoDBClient({
    region: 'us-east-1',
    endpoint: 'http://127.0.0.1:1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    requestHandler,
  });

const createTable = (client: DynamoDBClient) =>
  client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );

async function isActive(client: DynamoDBClient): Promise<boolean> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  return Table?.TableStatus === 'ACTIVE';
}

let dynamo: Dynamo;
let client: DynamoDBClient;
const clock = new VirtualClock();
const read = async (pk: string) =>
  (await client.send(new GetItemCommand({ TableName, Key: key(pk), ConsistentRead: true }))).Item;
const transact = (...TransactItems: TransactWriteItem[]) =>
  client.send(new TransactWriteItemsCommand({ TransactItems }));

beforeAll(async () => {
  dynamo = await createDynamo({ clock });
  client = clientOf(dynamo);
  await createTable(client);
  await vi.waitUntil(() => isActive(client), { timeout: 60_000 });
});
afterAll(() => dynamo.close());

describe('DynamoDB in this process', () => {
  it('a table is ACTIVE soon after it was created', async () => {
    expect(await isActive(client)).toBe(true);
  });

  it('a transaction writes all its items', async () => {
    await transact(put('a', 1), put('b', 2), {
      Update: {
        TableName,
        Key: key('c'),
        UpdateExpression: 'ADD n :one',
        ExpressionAttributeValues: { ':one': { N: '1' } },
      },
    });
    expect([await read('a'), await read('b'), await read('c')].map((item) => item?.n?.N)).toEqual([
      '1',
      '2',
      '1',
    ]);
    await transact(
      { Delete: { TableName, Key: key('b') } },
      {
        ConditionCheck: {
          TableName,
          Key: key('a'),
          ConditionExpression: 'n = :one',
          ExpressionAttributeValues: { ':one': { N: '1' } },
        },
      },
    );
    expect(await read('b')).toBeUndefined();
  });

  it('a failed condition cancels the whole transaction and names the reason of each action', async () => {
    await transact(put('there', 1));
    const error = await transact(
      put('d', 1),
      put('there', 9, { ...IF_ABSENT, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
    ).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TransactionCanceledException);
    const reasons = (error as TransactionCanceledException).CancellationReasons;
    expect(reasons?.map(({ Code }) => Code)).toEqual(['None', 'ConditionalCheckFailed']);
    expect(reasons?.[1]?.Item?.n).toEqual({ N: '1' });
    expect(await read('d')).toBeUndefined();
  });

  it.each([
    [
      'two actions on one item',
      [put('e', 1), put('e', 2)],
      'Transaction request cannot include multiple operations on one item',
    ],
    ['no action', [], 'greater than or equal to 1'],
    [
      '101 actions',
      Array.from({ length: 101 }, (_, i) => put(`x${i}`, i)),
      'less than or equal to 100',
    ],
  ])('%s are refused', async (_name, items, message) => {
    await expect(transact(...items)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(message) as string,
    });
  });

  it('an unknown table is named', async () => {
    await expect(transact({ Put: { TableName: 'nowhere', Item: key('a') } })).rejects.toMatchObject(
      { name: 'ResourceNotFoundException' },
    );
  });
});

describe('DynamoDB: repetitions, contention, TTL', () => {
  it('a repeated ClientRequestToken writes once; another content under it is refused', async () => {
    const add = (n: string) =>
      new TransactWriteItemsCommand({
        ClientRequestToken: 'token',
        TransactItems: [
          {
            Update: {
              TableName,
              Key: key('t'),
              UpdateExpression: 'ADD n :n',
              ExpressionAttributeValues: { ':n': { N: n } },
            },
          },
        ],
      });
    await client.send(add('1'));
    await client.send(add('1'));
    expect((await read('t'))?.n).toEqual({ N: '1' });
    await expect(client.send(add('2'))).rejects.toMatchObject({
      name: 'IdempotentParameterMismatchException',
    });
    await clock.advance(11 * 60_000);
    await client.send(add('2'));
    expect((await read('t'))?.n).toEqual({ N: '3' });
  });

  it('TransactGetItems answers in order, absent items without Item', async () => {
    await transact(put('first', 1));
    const got = await client.send(
      new TransactGetItemsCommand({
        TransactItems: ['first', 'none'].map((pk) => ({ Get: { TableName, Key: key(pk) } })),
      }),
    );
    expect(got.Responses?.map(({ Item }) => Item?.n?.N)).toEqual(['1', undefined]);
  });

  it('a failed PutItem shows the item that was in the way', async () => {
    await transact(put('in the way', 1));
    const error = await client
      .send(
        new PutItemCommand({
          TableName,
          Item: key('in the way'),
          ...IF_ABSENT,
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      )
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConditionalCheckFailedException);
    expect((error as ConditionalCheckFailedException).Item?.n).toEqual({ N: '1' });
  });

  it('contended transactions keep their sums', async () => {
    const one = { ':one': { N: '1' } };
    const add = (pk: string): TransactWriteItem => ({
      Update: {
        TableName,
        Key: key(pk),
        UpdateExpression: 'ADD n :one',
        ExpressionAttributeValues: one,
      },
    });
    await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        transact(...(i % 2 ? [add('p'), add('q')] : [add('q'), add('p')])),
      ),
    );
    await client.send(
      new UpdateItemCommand({
        TableName,
        Key: key('p'),
        UpdateExpression: 'ADD n :one',
        ExpressionAttributeValues: one,
      }),
    );
    expect([(await read('p'))?.n?.N, (await read('q'))?.n?.N]).toEqual(['101', '100']);
  });

  it('TTL: expired items go with a sweep, others stay', async () => {
    await client.send(
      new UpdateTimeToLiveCommand({
        TableName,
        TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
      }),
    );
    expect(
      (await client.send(new DescribeTimeToLiveCommand({ TableName }))).TimeToLiveDescription,
    ).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expires' });
    const seconds = Math.floor(clock.now().getTime() / 1000);
    for (const [pk, expires] of [
      ['old', seconds - 1],
      ['young', seconds + 3600],
    ] as const) {
      await client.send(
        new PutItemCommand({
          TableName,
          Item: { ...key('ttl', pk), expires: { N: String(expires) } },
        }),
      );
    }
    expect(await dynamo.sweep()).toBe(1);
    const left = await client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: 'ttl' } },
      }),
    );
    expect(left.Items?.map(({ sk }) => sk?.S)).toEqual(['young']);
  });
});

it('data survives a close and a reopening from disk', async () => {
  const path = mkdtempSync(join(tmpdir(), 'droppod-dynamo-'));
  const clock = new VirtualClock();
  const killed = await createDynamo({ path, clock });
  await createTable(clientOf(killed));
  await killed.close();
  const first = await createDynamo({ path, clock });
  await clientOf(first).send(
    new TransactWriteItemsCommand({ TransactItems: [put('a', 1), put('b', 2)] }),
  );
  await first.close();
  const second = await createDynamo({ path, clock });
  await clientOf(second).send(new DeleteItemCommand({ TableName, Key: key('b') }));
  expect(
    (await clientOf(second).send(new GetItemCommand({ TableName, Key: key('a') }))).Item?.n,
  ).toEqual({ N: '1' });
  await second.close();
  rmSync(path, { recursive: true });
});

describe('a caller in this process', () => {
  it('is refused by content: sizes, expressions, values', async () => {
    const item = (value: string): object => ({ ...key('within'), value: { S: value } });
    const refused = (operation: string, input: object): Promise<string> =>
      dynamo.call(operation, { TableName, ...input }).then(
        () => 'taken',
        (error: unknown) => (error as Error).message,
      );
    expect(await refused('PutItem', { Item: item('x') })).toBe('taken');
    expect(await refused('PutItem', { Item: item('x'.repeat(410_000)) })).toBe(
      'Item size has exceeded the maximum allowed size',
    );
    expect(
      await refused('PutItem', { Item: item('y'), ConditionExpression: 'attribute_exists(' }),
    ).toMatch(/^Invalid ConditionExpression: Syntax error/);
    expect(
      await refused('TransactWriteItems', {
        TransactItems: [{ Put: { TableName, Item: item('y'), ...IF_ABSENT } }],
      }),
    ).toMatch(/\[ConditionalCheckFailed\]$/);
    expect(await refused('GetItem', { Key: { pk: { S: 'within' } } })).toBe(
      'The provided key element does not match the schema',
    );
  });
});
