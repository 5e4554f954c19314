// DynamoDB on one machine: dynalite on LevelDB, with the transactions and TTL that it lacks.
import type { DatabaseOptions } from '../../database.ts';
import type { AwsJsonEndpoint, Json, Operation } from '../protocol.ts';
import { awsJsonEndpoint, runOperation } from '../protocol.ts';
import { present } from '../../../src/present.ts';
import { conditionalWrite } from './conditional-write.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { DynamoContext } from './context.ts';
import { describeTimeToLive } from './describe-time-to-live.ts';
import { checkContent, checkInput, NATIVE, openStore } from './dynalite.ts';
import { native } from './native.ts';
import type { InProcessHandler } from './request-handler.ts';
import { DYNAMODB_TARGET, inProcessHandler } from './request-handler.ts';
import { sweepExpired } from './sweep-expired.ts';
import { transactGetItems } from './transact-get-items.ts';
import { transactWriteItems } from './transact-write-items.ts';
import { updateTimeToLive } from './update-time-to-live.ts';

const SWEEP_MS = 60_000;

const operations: Record<string, Operation<DynamoContext>> = {
  ...Object.fromEntries(NATIVE.map((operation) => [operation, native(operation)])),
  PutItem: conditionalWrite('PutItem'),
  UpdateItem: conditionalWrite('UpdateItem'),
  DeleteItem: conditionalWrite('DeleteItem'),
  TransactWriteItems: transactWriteItems,
  TransactGetItems: transactGetItems,
  UpdateTimeToLive: updateTimeToLive,
  DescribeTimeToLive: describeTimeToLive,
};

export interface Dynamo {
  /** Answers requests with the target prefix DYNAMODB_TARGET, without a socket. */
  endpoint: AwsJsonEndpoint;
  /** For an SDK client's `requestHandler`, in this process. */
  requestHandler: InProcessHandler;
  /** An operation on its input as JSON of the SDK's types, which are not checked again; throws AwsError to refuse. */
  call(operation: string, input: unknown): Promise<Json>;
  /** One pass of the TTL sweeper, which otherwise runs once a minute by `clock`. */
  sweep(): Promise<number>;
  close(): Promise<void>;
}

/** Opens the engine on a directory, or in memory without `path`; what was answered survives the death of the process. */
export async function createDynamo({
  path,
  clock,
  acceptLoss,
}: { path?: string; clock: Clock } & DatabaseOptions): Promise<Dynamo> {
  const { store, close } = await openStore(path, present({ acceptLoss }));
  const context: DynamoContext = { store, clock, check: checkInput, tokens: new Map() };
  const within: DynamoContext = { ...context, check: checkContent };
  const endpoint = awsJsonEndpoint({
    targetPrefix: DYNAMODB_TARGET,
    version: '1.0',
    operations,
    context,
  });
  const stop = new AbortController();
  const sweeping = sweepForever(context, stop.signal);
  return {
    endpoint,
    requestHandler: inProcessHandler(endpoint),
    call: async (operation, input) => runOperation(operations, within, operation, input),
    sweep: () => sweepExpired(context),
    async close() {
      stop.abort();
      await sweeping;
      await close();
    },
  };
}

async function sweepForever(context: DynamoContext, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await context.clock.sleep(SWEEP_MS, signal);
    // A failed sweep is repeated by the next one.
    if (!signal.aborted) await sweepExpired(context).catch(() => undefined);
  }
}
