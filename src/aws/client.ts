// How a client of the SDK is made: one way for all services.
import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { present } from '../present.ts';
import { toUnavailable } from './unavailable.ts';

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

type Options = ClientOptions & typeof OPTIONS & { signer?: typeof UNSIGNED };

/** A client of one service, whose faults have the names that the state machine retries. */
export function createClient<Client extends { middlewareStack: Stack }>(
  Kind: new (options: Options) => Client,
  options: ClientOptions,
): Client {
  const client = new Kind({
    ...OPTIONS,
    ...options,
    ...present({ signer: options.requestHandler ? UNSIGNED : undefined }),
  });
  nameFaults(client.middlewareStack);
  return client;
}

type Middleware = <Args, Output>(
  next: (args: Args) => Promise<Output>,
) => (args: Args) => Promise<Output>;

interface Stack {
  add(
    middleware: Middleware,
    options: { step: 'initialize'; priority: 'high'; name: string },
  ): void;
}

/** Names errors that the SDK gave up on, as the state machine retries them. */
function nameFaults(stack: Stack): void {
  const named: Middleware = (next) => (args) =>
    next(args).catch((error: unknown) => Promise.reject(toUnavailable(error)));
  stack.add(named, { step: 'initialize', priority: 'high', name: 'nameFaults' });
}
