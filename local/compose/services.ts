// The AWS services of local mode on their data: DynamoDB, Step Functions, ECS with its logs, and one client for all of them.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { createClients, type Clients } from '../../src/aws/clients.ts';
import { systemClock } from '../../src/system-clock.ts';
import { own } from '../../src/own.ts';
import type { Engine } from '../aws/create-engine.ts';
import type { Dynamo } from '../aws/dynamodb/create-dynamo.ts';
import { openDynamoThread } from './dynamo-thread/dynamo-thread.ts';
import { inProcessHandler } from '../aws/dynamodb/request-handler.ts';
import { anyEndpoint } from '../aws/front.ts';
import type { Functions } from '../aws/lambda/invoke.ts';
import type { AwsJsonEndpoint } from '../aws/protocol.ts';
import { createStates, type States } from '../aws/states/create-states.ts';
import type { Installation } from '../installation.ts';
import { openJournal } from '../states/journal.ts';
import { ACCOUNT, REGION } from './account.ts';
import { openEngine } from './engine.ts';
import type { LocalOptions } from './options.ts';

export interface Services {
  dynamo: Dynamo;
  engine: Engine;
  states: States;
  /** All services at one address. */
  endpoint: AwsJsonEndpoint;
  clients: Clients;
  close(): Promise<void>;
}

/** Where the services send their events and calls, in place of EventBridge and Lambda. */
export interface ServiceTargets {
  functions: Functions;
  onChange: (kind: string) => (detail: unknown) => void;
}

/** Opens the data of an earlier start and takes over its tasks; executions continue with `states.resume`. */
export async function openServices(
  options: LocalOptions,
  installation: Installation,
  { functions, onChange }: ServiceTargets,
): Promise<Services> {
  const { directory, log } = options;
  const loss = { acceptLoss: options.acceptLoss };
  const dynamo = await openDynamoThread({ path: join(directory, 'dynamodb'), ...loss }, (error) => {
    // What was answered is on disk: the next start goes on with it.
    log(`stopped: ${inspect(error)}`);
    process.exit(1);
  });
  const { engine, closeEngine } = await openEngine({
    directory,
    acceptLoss: options.acceptLoss,
    beyondFargate: options.beyondFargate,
    engineId: installation.id,
    metadataHost: { address: installation.bridge, port: installation.metadataPort },
    onTaskChange: onChange('ECS Task State Change'),
    log,
  });
  const states = createStates({
    clock: systemClock,
    random: Math.random,
    uuid: randomUUID,
    journal: await openJournal(join(directory, 'states'), loss),
    account: ACCOUNT,
    region: REGION,
    invoke: async (name, payload) => own(functions, name)?.(payload),
    onExecutionEnd: onChange('Step Functions Execution Status Change'),
    onFault: (error) => log(`state machine: ${String(error)}`),
  });
  const endpoint = anyEndpoint([
    dynamo.endpoint,
    states.endpoint,
    engine.ecsEndpoint,
    engine.logsEndpoint,
  ]);
  const close = async (): Promise<void> => {
    await states.close();
    await closeEngine();
    await dynamo.close();
  };
  return { dynamo, engine, states, endpoint, clients: clientsOf(endpoint), close };
}

/** The SDK on the endpoints in this process, without a socket in between. */
const clientsOf = (endpoint: AwsJsonEndpoint): Clients =>
  createClients({
    region: REGION,
    endpoint: 'http://aws.local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestHandler: inProcessHandler(endpoint),
  });
