// The store's table, on DynamoDB's SDK.
import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchGetItemCommand,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { Attribute, Table } from '../store/table.ts';
import type { Carrier, Operations, WireItem } from '../store/wire-table.ts';
import { wireTable } from '../store/wire-table.ts';

const COMMANDS = {
  GetItem: GetItemCommand,
  BatchGetItem: BatchGetItemCommand,
  Query: QueryCommand,
  PutItem: PutItemCommand,
  UpdateItem: UpdateItemCommand,
  DeleteItem: DeleteItemCommand,
  TransactWriteItems: TransactWriteItemsCommand,
} satisfies Record<keyof Operations, unknown>;

/** `name` has string keys pk and sk, and TTL on `expires`. */
export const dynamoTable = (client: DynamoDBClient, name: string): Table =>
  wireTable(sdkCarrier(client), name);

/** The compiler cannot derive a command's input and output from the operation's name. */
type AnyCommand = new (input: object) => GetItemCommand;

function sdkCarrier(client: DynamoDBClient): Carrier {
  return {
    call(operation, input) {
      const Command = COMMANDS[operation] as unknown as AnyCommand;
      return client.send(new Command(input)) as Promise<never>;
    },
    toWire: (values) => marshall(values, { removeUndefinedValues: true }) as unknown as WireItem,
    fromWire: (item) =>
      unmarshall(item as unknown as Record<string, AttributeValue>) as Record<string, Attribute>,
  };
}
