// The one place where SDK clients are created.
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ECRClient } from '@aws-sdk/client-ecr';
import { ECSClient } from '@aws-sdk/client-ecs';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { present } from '../present.ts';
import { toUnavailable } from './unavailable.ts';

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

/** Deviations from AWS; absent members are the SDK's defaults (AWS_ENDPOINT_URL… included). */
export interface ClientOptions {
  region: string;
  /** One endpoint for all services, as local mode has. */
  endpoint?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string };
  /** Carries the requests within this process, without a socket and unsigned, since nobody checks signatures. */
  requestHandler?: NonNullable<DynamoDBClientConfig['requestHandler']>;
}

/** Emulators and local mode serve all services on one host, without per-service prefixes. */
const OPTIONS = { maxAttempts: 5, disableHostPrefix: true };

const UNSIGNED = {
  sign: <Request>(request: Request): Promise<Request> => Promise.resolve(request),
};

/** Clients of all services. */
export function createClients(options: ClientOptions): Clients {
  const all = {
    ...OPTIONS,
    ...options,
    ...present({ signer: options.requestHandler ? UNSIGNED : undefined }),
  };
  const clients = {
    dynamodb: new DynamoDBClient(all),
    ecr: new ECRClient(all),
    ecs: new ECSClient(all),
    events: new EventBridgeClient(all),
    sfn: new SFNClient(all),
    logs: new CloudWatchLogsClient(all),
    scheduler: new SchedulerClient(all),
    secrets: new SecretsManagerClient(all),
  };
  for (const { middlewareStack } of Object.values(clients)) nameFaults(middlewareStack);
  return clients;
}

type Middleware = <Args, Output>(
  next: (args: Args) => Promise<Output>,
) => (args: Args) => Promise<Output>;

/** Names errors that the SDK gave up on, as the state machine retries them. */
function nameFaults(stack: {
  add(
    middleware: Middleware,
    options: { step: 'initialize'; priority: 'high'; name: string },
  ): void;
}): void {
  const named: Middleware = (next) => (args) =>
    next(args).catch((error: unknown) => Promise.reject(toUnavailable(error)));
  stack.add(named, { step: 'initialize', priority: 'high', name: 'nameFaults' });
}
