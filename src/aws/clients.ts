// Clients of all services at once, for long-lived processes. A function creates each of them at its first use (late/).
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ECRClient } from '@aws-sdk/client-ecr';
import { ECSClient } from '@aws-sdk/client-ecs';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { createClient, type ClientOptions } from './client.ts';

export interface Clients {
  dynamodb: DynamoDBClient;
  ecr: ECRClient;
  ecs: ECSClient;
  events: EventBridgeClient;
  sfn: SFNClient;
  logs: CloudWatchLogsClient;
  scheduler: SchedulerClient;
  secrets: SecretsManagerClient;
}

/** Clients of all services. */
export const createClients = (options: ClientOptions): Clients => ({
  dynamodb: createClient(DynamoDBClient, options),
  ecr: createClient(ECRClient, options),
  ecs: createClient(ECSClient, options),
  events: createClient(EventBridgeClient, options),
  sfn: createClient(SFNClient, options),
  logs: createClient(CloudWatchLogsClient, options),
  scheduler: createClient(SchedulerClient, options),
  secrets: createClient(SecretsManagerClient, options),
});
