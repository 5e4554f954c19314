// The engine on a thread of its own: the same answers, refusals and errors as in the thread that calls it.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, expect, it } from 'vitest';
import { createDynamo, type Dynamo } from '../../../local/aws/dynamodb/create-dynamo.ts';
import { dynamoIn, openDynamoThread } from '../../../local/compose/dynamo-thread/dynamo-thread.ts';
import { bundledEntry } from '../../../local/bundled-entry.mjs';
import { systemClock } from '../../../src/system-clock.ts';

const opened: Dynamo[] = [];

const died = (error: Error): never => {
  throw error;
};

async function open(path?: string): Promise<Dynamo> {
  const dynamo = await openDynamoThread(path === undefined ? {} : { path }, died);
  opened.push(dynamo);
  return dynamo;
}

afterEach(async () => {
  for (const dynamo of opened.splice(0)) await dynamo.close().catch(() => undefined);
});

const directory = (): string => mkdtempSync(join(tmpdir(), 'dynamo-thread-'));

const TABLE = {
  TableName: 't',
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
  BillingMode: 'PAY_PER_REQUEST',
};
async function createTable(dynamo: Dynamo): Promise<void> {
  await dynamo.call('CreateTable', TABLE);
  await expect
    .poll(() => dynamo.call('DescribeTable', { TableName: 't' }))
    .toMatchObject({ Table: { TableStatus: 'ACTIVE' } });
}

const item = (pk: string): object => ({ TableName: 't', Item: { pk: { S: pk } } });
const first = (pk: string): object => ({
  Put: { ...item(pk), ConditionExpression: 'attribute_not_exists(pk)' },
});

const refusal = (dynamo: Dynamo, operation: string, input: unknown): Promise<unknown> =>
  dynamo.call(operation, input).then(
    () => 'no refusal',
    ({ name, type, message, status, members }: Record<string, unknown>) => ({
      name,
      type,
      message,
      status,
      members,
    }),
  );

it('what it answered is there for the next thread', async () => {
  const path = directory();
  const before = await open(path);
  await createTable(before);
  await before.call('TransactWriteItems', { TransactItems: [first('a'), first('b')] });
  await before.close();
  const after = await open(path);
  expect(await after.call('Scan', { TableName: 't' })).toMatchObject({ Count: 2 });
});

it('refuses in the same words as an engine in this thread', async () => {
  const [thread, here] = [await open(), await createDynamo({ clock: systemClock })];
  opened.push(here);
  for (const dynamo of [thread, here]) {
    await createTable(dynamo);
    await dynamo.call('PutItem', item('a'));
  }
  for (const [operation, input] of [
    ['TransactWriteItems', { TransactItems: [first('b'), first('a')] }],
    ['PutItem', { ...item('x'), TableName: 'none' }],
    ['Invented', {}],
  ] as const)
    expect(await refusal(thread, operation, input)).toEqual(await refusal(here, operation, input));
});

it('answers at the endpoint, and leaves the targets of other services alone', async () => {
  const dynamo = await open();
  const body = Buffer.from(JSON.stringify({ TableName: 'none' }));
  expect(await dynamo.endpoint({ target: 'AmazonEC2ContainerService.ListTasks', body })).toBe(
    undefined,
  );
  expect(await dynamo.endpoint({ target: 'DynamoDB_20120810.DescribeTable', body })).toMatchObject({
    status: 400,
    headers: { 'x-amzn-errortype': 'ResourceNotFoundException' },
  });
});

it('says why a directory cannot be used', async () => {
  const path = directory();
  await open(path);
  await expect(openDynamoThread({ path }, died)).rejects.toMatchObject({
    name: 'Unusable',
    message: expect.stringContaining('another droppod uses') as string,
  });
});

it('a call after its end is an error', async () => {
  const dynamo = await open();
  await dynamo.close();
  await expect(dynamo.call('ListTables', {})).rejects.toThrow('thread has ended');
});

/** A thread of this code, which may use `port`. */
const threadOf = (code: string): Worker =>
  new Worker(`const port = require('node:worker_threads').parentPort; ${code}`, { eval: true });

it('a thread that ends by an error fails its calls, and says so once', async () => {
  const deaths: Error[] = [];
  const dynamo = await dynamoIn(
    threadOf(`
      port.on('message', () => { setImmediate(() => { throw new Error('a defect'); }); });
      port.postMessage({ id: 0 });`),
    (error) => deaths.push(error),
  );
  const calls = [dynamo.call('ListTables', {}), dynamo.call('ListTables', {})];
  for (const call of calls)
    await expect(call).rejects.toThrow('ended with code 1: Error: a defect');
  await expect.poll(() => deaths).toHaveLength(1);
  expect(deaths[0]).toMatchObject({ cause: { message: 'a defect' } });
});

it('a thread that cannot even begin is the error of its opening', async () => {
  await expect(dynamoIn(threadOf(`throw new Error('a defect');`), died)).rejects.toThrow(
    'ended with code 1: Error: a defect',
  );
});

it('where this user may not write a bundle, the engine is in this thread', async () => {
  // Nobody makes directories there, not even root.
  const dynamo = await openDynamoThread({}, died, (entry) => bundledEntry(entry, '/sys/droppod'));
  opened.push(dynamo);
  expect(await dynamo.call('ListTables', {})).toEqual({ TableNames: [] });
});
