// The AWS services of local mode on their data: DynamoDB, Step Functions, ECS with its logs, and one client for all of them.
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import { createClients, type Clients } from '../../src/aws/clients.ts';
import { systemClock } from '../../src/aws/clock.ts';
import { own } from '../../src/own.ts';
import { levelKeyValue } from '../agent/key-value.ts';
import { createEngine, type Engine } from '../aws/create-engine.ts';
import { createDynamo, type Dynamo } from '../aws/dynamodb/create-dynamo.ts';
import { inProcessHandler } from '../aws/dynamodb/request-handler.ts';
import { anyEndpoint } from '../aws/front.ts';
import type { Functions } from '../aws/lambda/invoke.ts';
import type { AwsJsonEndpoint } from '../aws/protocol.ts';
import { createStates, type States } from '../aws/states/create-states.ts';
import { openDatabase } from '../database.ts';
import { connectDocker, dockerSocketPath } from '../docker/engine-api.ts';
import type { Installation } from '../installation.ts';
import { openJournal } from '../states/journal.ts';
import { ACCOUNT, REGION } from './account.ts';
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
  const dynamo = await createDynamo({
    path: join(directory, 'dynamodb'),
    clock: systemClock,
    ...loss,
  });
  const { engine, closeEngine } = await openEngine(
    options,
    installation,
    onChange('ECS Task State Change'),
  );
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

/** ECS on this machine's Docker. */
async function openEngine(
  { directory, acceptLoss, beyondFargate, log }: LocalOptions,
  { id, bridge, metadataPort }: Installation,
  onTaskChange: (detail: unknown) => void,
): Promise<{ engine: Engine; closeEngine: () => Promise<void> }> {
  const level = new Level(join(directory, 'engine'));
  const data = await openDatabase(level, { acceptLoss });
  const docker = connectDocker(dockerSocketPath(process.env['DOCKER_HOST']));
  const engine = await createEngine({
    docker,
    engineId: id,
    store: levelKeyValue(level, data),
    clock: systemClock,
    uuid: randomUUID,
    account: ACCOUNT,
    region: REGION,
    log,
    metadataHost: { address: bridge, port: metadataPort },
    logDirectory: logDirectory(directory),
    concurrency: 2 * availableParallelism(),
    beyondFargate,
    onTaskChange,
  });
  const closeEngine = async (): Promise<void> => {
    await engine.close();
    await data.close();
    docker.close();
  };
  return { engine, closeEngine };
}

function logDirectory(directory: string): string {
  const path = join(directory, 'logs');
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}

/** The SDK on the endpoints in this process, without a socket in between. */
const clientsOf = (endpoint: AwsJsonEndpoint): Clients =>
  createClients({
    region: REGION,
    endpoint: 'http://aws.local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestHandler: inProcessHandler(endpoint),
  });
