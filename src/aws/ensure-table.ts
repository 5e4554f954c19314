// Creates the table where no stack does: in local mode and the contract suite. cdk/ creates the same one on AWS.
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateTableCommand,
  DescribeTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import type { Clock } from '../ports/clock.ts';

/** TTL attribute of every item that may expire, in epoch seconds. */
const TTL_ATTRIBUTE = 'expires';

/** Creates the table with its TTL unless it exists; resolves when it is usable. */
export async function ensureTable(
  client: DynamoDBClient,
  name: string,
  clock: Pick<Clock, 'sleep'>,
): Promise<void> {
  const created = await client
    .send(
      new CreateTableCommand({
        TableName: name,
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
    )
    .catch((error: unknown) => {
      if (error instanceof Error && error.name === 'ResourceInUseException') return undefined;
      throw error;
    });
  while (
    (await client.send(new DescribeTableCommand({ TableName: name }))).Table?.TableStatus !==
    'ACTIVE'
  )
    await clock.sleep(20);
  if (created)
    await client.send(
      new UpdateTimeToLiveCommand({
        TableName: name,
        TimeToLiveSpecification: { AttributeName: TTL_ATTRIBUTE, Enabled: true },
      }),
    );
}
