// The one place where SDK clients are made.
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ECSClient } from '@aws-sdk/client-ecs';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SFNClient } from '@aws-sdk/client-sfn';

export interface Clients {
  dynamodb: DynamoDBClient;
  ecs: ECSClient;
  sfn: SFNClient;
  lambda: LambdaClient;
  logs: CloudWatchLogsClient;
}

/** What differs from AWS itself; absent members are the SDK's own (AWS_ENDPOINT_URL… included). */
export interface ClientOptions {
  region: string;
  /** One endpoint for all services, as local mode has. */
  endpoint?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

/** Emulators and local mode answer on one host without the services' prefixes. */
const OPTIONS = { maxAttempts: 5, disableHostPrefix: true };

/** Clients of all services. */
export function createClients(options: ClientOptions): Clients {
  const all = { ...OPTIONS, ...options };
  return { dynamodb: new DynamoDBClient(all), ecs: new ECSClient(all), sfn: new SFNClient(all), lambda: new LambdaClient(all), logs: new CloudWatchLogsClient(all) };
}

/** DynamoDB in this process: requests go to the handler without a socket, and unsigned, since nobody checks. */
export function inProcessDynamo(requestHandler: NonNullable<DynamoDBClientConfig['requestHandler']>): DynamoDBClient {
  return new DynamoDBClient({
    region: 'us-east-1',
    endpoint: 'http://dynamodb.local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    signer: { sign: (request) => Promise.resolve(request) },
    requestHandler,
  });
}
