// The store of local mode: one writer on the DynamoDB of this process.
import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import type { Clock, Ids } from '../ports.ts';
import type { DynamoStore } from '../store/dynamo-store.ts';
import { openSingleWriterStore } from '../store/single-writer-store.ts';
import { inProcessDynamo } from './clients.ts';
import { ensureTable } from './ensure-table.ts';
import { dynamoTable } from './table.ts';

/** Name of the table in local mode; other clients of the endpoint must not write in it. */
const TABLE = 'droppod';

/** Makes the table at the first start and opens the store; `requestHandler` is the local endpoint's. */
export async function openLocalStore({ requestHandler, clock, ids, random }: {
  requestHandler: NonNullable<DynamoDBClientConfig['requestHandler']>;
  clock: Clock;
  ids: Pick<Ids, 'uuid'>;
  random(): number;
}): Promise<DynamoStore> {
  const client = inProcessDynamo(requestHandler);
  await ensureTable(client, TABLE, clock);
  return openSingleWriterStore({ table: dynamoTable(client, TABLE), clock, ids, random });
}
