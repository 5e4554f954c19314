// The store's implementations under one contract: the fake, the store on the local DynamoDB, and on the endpoint DROPPOD_DYNAMODB_ENDPOINT.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createDynamo, type Dynamo } from '../../local/aws/dynamodb/create-dynamo.ts';
import { openDynamoThread } from '../../local/compose/dynamo-thread/dynamo-thread.ts';
import { inProcessTable } from '../../local/compose/in-process-table.ts';
import { createClients } from '../../src/aws/clients.ts';
import { systemClock } from '../../src/system-clock.ts';
import { ensureTable } from '../../src/aws/ensure-table.ts';
import { randomIds } from '../../src/aws/ids.ts';
import { dynamoTable } from '../../src/aws/table.ts';
import type { ResourceVersion } from '../../src/ports/identity.ts';
import type { Store } from '../../src/ports/store.ts';
import { present } from '../../src/present.ts';
import { dynamoStore } from '../../src/store/dynamo-store.ts';
import { openSingleWriterStore } from '../../src/store/single-writer-store.ts';
import type { Table } from '../../src/store/table.ts';
import { MemoryStore } from '../fakes/memory-store.ts';

type CompactingStore = Store & { compact(version: ResourceVersion): Promise<void> };

export interface Subject {
  /** The store of one process. */
  store: CompactingStore;
  /** A second process on the same data; undefined where only one may write. */
  other?: CompactingStore;
  /** The table below it, for injecting faults. */
  table?: Table;
  close(): Promise<void>;
}

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const onTable = (table: Table): CompactingStore =>
  dynamoStore({ table, clock: systemClock, ids: randomIds, random: Math.random });

/** A client of a DynamoDB in this process. */
export async function localTable(path?: string): Promise<{ table: Table; close(): Promise<void> }> {
  const dynamo = await createDynamo({
    clock: systemClock,
    ...present({ path }),
  });
  const { dynamodb: client } = createClients({
    region: 'us-east-1',
    endpoint: 'http://aws.local',
    credentials,
    requestHandler: dynamo.requestHandler,
  });
  await ensureTable(client, 'droppod', systemClock);
  return { table: dynamoTable(client, 'droppod'), close: () => dynamo.close() };
}

/** The same without the SDK, as in local mode; `retries` counts what was passed to the SDK after all. */
export async function inProcess(opening: () => Promise<Dynamo> = inThisThread): Promise<{
  table: Table;
  sdk: Table;
  retries: () => number;
  close(): Promise<void>;
}> {
  const dynamo = await opening();
  const { dynamodb: client } = createClients({
    region: 'us-east-1',
    endpoint: 'http://aws.local',
    credentials,
    requestHandler: dynamo.requestHandler,
  });
  await ensureTable(client, 'droppod', systemClock);
  const sdk = dynamoTable(client, 'droppod');
  let retries = 0;
  const counted = new Proxy(sdk, {
    get(target, member, receiver) {
      retries++;
      return Reflect.get(target, member, receiver) as unknown;
    },
  });
  return {
    table: inProcessTable(dynamo, 'droppod', counted),
    sdk,
    retries: () => retries,
    close: () => dynamo.close(),
  };
}

const died = (error: Error): never => {
  throw error;
};

const inThisThread = (): Promise<Dynamo> => createDynamo({ clock: systemClock });

async function endpointTable(endpoint: string): Promise<{ table: Table; close(): Promise<void> }> {
  const client = new DynamoDBClient({ region: 'us-east-1', endpoint, credentials });
  const name = `droppod-contract-${randomIds.suffix(8)}`;
  await ensureTable(client, name, systemClock);
  return { table: dynamoTable(client, name), close: () => Promise.resolve(client.destroy()) };
}

const shared = ({ table, close }: { table: Table; close(): Promise<void> }): Subject => ({
  store: onTable(table),
  other: onTable(table),
  table,
  close,
});

/** All subjects available here; prints which are not. */
export function subjects(): [name: string, open: () => Promise<Subject>][] {
  const endpoint = process.env.DROPPOD_DYNAMODB_ENDPOINT;
  if (endpoint === undefined)
    console.log('store contract: no DROPPOD_DYNAMODB_ENDPOINT, the subject "endpoint" is left out');
  return [
    [
      'memory',
      async () => ({
        store: new MemoryStore({ clock: systemClock }),
        close: () => Promise.resolve(),
      }),
    ],
    ['dynalite', async () => shared(await localTable())],
    ['dynalite in process', async () => shared(await inProcess())],
    [
      'single writer',
      async () => {
        const { table, close } = await inProcess(() => openDynamoThread({}, died));
        return {
          store: await openSingleWriterStore({
            table,
            clock: systemClock,
            ids: randomIds,
            random: Math.random,
          }),
          close,
        };
      },
    ],
    ...(endpoint === undefined
      ? []
      : [
          ['endpoint', async () => shared(await endpointTable(endpoint))] satisfies [
            string,
            () => Promise<Subject>,
          ],
        ]),
  ];
}
