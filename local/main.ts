// Local mode put together: the same functions and the same state machine as on AWS, on endpoints of this process.
// The only file that sees both sides; it wires and decides nothing.
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import { parse } from 'yaml';
import { bindPod } from '../src/steps/bind/bind-pod.ts';
import { finishPod } from '../src/steps/settle/finish-pod.ts';
import { launchPod } from '../src/steps/launch/launch-pod.ts';
import { observe } from '../src/steps/observe/observe.ts';
import { startContainer } from '../src/steps/start/start-container.ts';
import { sweep } from '../functions/sweep.ts';
import { bootstrapObjects } from '../src/api/bootstrap.ts';
import { createClients, type Clients } from '../src/aws/clients.ts';
import { systemClock } from '../src/aws/clock.ts';
import { ensureTable } from '../src/aws/ensure-table.ts';
import { awsExecutions } from '../src/aws/executions.ts';
import { randomAccessKey, randomIds, randomKey } from '../src/aws/ids.ts';
import { putStateMachine } from '../src/aws/put-state-machine.ts';
import { dynamoTable } from '../src/aws/table.ts';
import { awsTasks } from '../src/aws/tasks.ts';
import { processWakeups } from '../src/aws/wakeups.ts';
import { LIFETIMES } from '../src/kinds/resources.ts';
import { changeTask } from '../src/steps/edit/change-task.ts';
import { own } from '../src/own.ts';
import type { Json } from '../src/ports/json.ts';
import type { Ports } from '../src/ports/ports.ts';
import type { Settings } from '../src/ports/settings.ts';
import { present } from '../src/present.ts';
import { readCounter } from '../src/store/counter.ts';
import { openSingleWriterStore } from '../src/store/single-writer-store.ts';
import { levelKeyValue } from './agent/key-value.ts';
import { ENGINE_LABEL } from './agent/labels.ts';
import { createEngine, type Engine } from './aws/create-engine.ts';
import { createDynamo } from './aws/dynamodb/create-dynamo.ts';
import { inProcessHandler } from './aws/dynamodb/request-handler.ts';
import { anyEndpoint, awsFront } from './aws/front.ts';
import { invokeOverRest, type Functions, type LambdaFunction } from './aws/lambda/invoke.ts';
import type { AccessKey } from './aws/signature.ts';
import { createStates } from './aws/states/create-states.ts';
import { createDoors, SESSIONS_PATH, SYNC_PATH } from './compose/doors.ts';
import { inProcessTable } from './compose/in-process-table.ts';
import { claimDirectory } from './data-directory.ts';
import { openDatabase } from './database.ts';
import { listContainers, removeContainer } from './docker/containers.ts';
import { connectDocker, dockerSocketPath } from './docker/engine-api.ts';
import { bridgeGateway } from './docker/system.ts';
import { listVolumes, removeVolume } from './docker/volumes.ts';
import {
  keepInstallation,
  loadInstallation,
  readInstallation,
  type Installation,
} from './installation.ts';
import { checkFloor, openNumberFloor } from './number-floor.ts';
import { httpServer, httpsServer, listen, type Listening } from './server.ts';
import { openJournal } from './states/journal.ts';
import { SessionHub } from './streams/session-hub.ts';

const ACCOUNT = '000000000000';
const REGION = 'us-east-1';
const TABLE = 'droppod';
const MACHINE = 'droppod-pod';
const STATE_MACHINE_ARN = `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${MACHINE}`;
const SWEEP_MS = 10_000;
const SYNC_WAIT_MS = 30_000;
const DEFAULT_API_PORT = 7443;

export interface LocalOptions {
  directory: string;
  /** Undefined: the port of the last time, else 7443; 0: any free one. */
  port: number | undefined;
  beyondFargate: boolean;
  /** What droppod refuses is a warning. */
  warnOfRefusals?: boolean;
  /** Go on with what is left where a database has lost writes. */
  acceptLoss: boolean;
  podletImage: string;
  log: (line: string) => void;
}

export interface Local {
  access: { server: string; ca: string; token: string; awsEndpoint: string; accessKey: AccessKey };
  /** Stops serving; containers and data stay. */
  close(): Promise<void>;
}

interface Core {
  ports: Ports;
  engine: Engine;
  clients: Clients;
  hub: SessionHub;
  close(): Promise<void>;
}

/** Everything behind the two doors: stores opened, engine adopted, machine in place. */
async function openCore(
  options: LocalOptions,
  installation: Installation,
): Promise<Core & { aws: (request: Request) => Promise<Response>; resume: () => Promise<void> }> {
  const { directory, log } = options;
  const background =
    (what: string) =>
    (work: Promise<unknown>): void => {
      work.catch((error: unknown) =>
        log(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
      );
    };
  let ports: Ports | undefined;
  const ready = (): Ports => {
    if (!ports) throw new Error('local mode is not ready');
    return ports;
  };
  const change =
    (kind: string) =>
    (detail: unknown): void => {
      if (ports) background(kind)(observe(ports, { 'detail-type': kind, detail }));
    };
  const loss = { acceptLoss: options.acceptLoss };
  const dynamo = await createDynamo({
    path: join(directory, 'dynamodb'),
    clock: systemClock,
    ...loss,
  });
  const engineLevel = new Level(join(directory, 'engine'));
  const engineData = await openDatabase(engineLevel, loss);
  const docker = connectDocker(dockerSocketPath(process.env['DOCKER_HOST']));
  const engine = await createEngine({
    docker,
    engineId: installation.id,
    store: levelKeyValue(engineLevel, engineData),
    clock: systemClock,
    uuid: randomUUID,
    account: ACCOUNT,
    region: REGION,
    log,
    metadataHost: { address: installation.bridge, port: installation.metadataPort },
    logDirectory: logDirectory(directory),
    concurrency: 2 * availableParallelism(),
    beyondFargate: options.beyondFargate,
    onTaskChange: change('ECS Task State Change'),
  });
  const functions = functionsOn(ready);
  const machine = machineOfSources();
  const states = createStates({
    clock: systemClock,
    random: Math.random,
    uuid: randomUUID,
    journal: await openJournal(join(directory, 'states'), loss),
    account: ACCOUNT,
    region: REGION,
    invoke: async (name, payload) => own(functions, name)?.(payload),
    onExecutionEnd: change('Step Functions Execution Status Change'),
    onFault: (error) => log(`state machine: ${String(error)}`),
  });
  const endpoint = anyEndpoint([
    dynamo.endpoint,
    states.endpoint,
    engine.ecsEndpoint,
    engine.logsEndpoint,
  ]);
  const clients = createClients({
    region: REGION,
    endpoint: 'http://aws.local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestHandler: inProcessHandler(endpoint),
  });
  await ensureTable(clients.dynamodb, TABLE, systemClock);
  const table = inProcessTable(dynamo, TABLE, dynamoTable(clients.dynamodb, TABLE));
  const floor = await openNumberFloor(join(directory, 'versions'));
  if (!options.acceptLoss) checkFloor(directory, floor, (await readCounter(table)).number);
  const wakeups = processWakeups({ clock: systemClock, maxWaitMs: SYNC_WAIT_MS });
  const hub = new SessionHub({
    baseUrl: () => `wss://${installation.bridge}:${installation.apiPort}${SESSIONS_PATH}`,
    id: randomUUID,
    wake: (uid) => wakeups.wake(uid),
    sleep: (ms, signal) => systemClock.sleep(ms, signal),
  });
  ports = {
    store: await openSingleWriterStore({
      table,
      floor,
      clock: systemClock,
      ids: randomIds,
      random: Math.random,
      lifetimes: LIFETIMES,
    }),
    tasks: awsTasks(clients.ecs, {
      cluster: 'default',
      subnets: ['subnet-local'],
      securityGroups: [],
      assignPublicIp: false,
    }),
    executions: awsExecutions(clients.sfn, STATE_MACHINE_ARN),
    images: {
      resolve: (image, policy, credentials, onPull) =>
        engine.resolveImage(image, policy, credentials, onPull),
    },
    logs: {
      read: (source, signal) => engine.readLogs({ ...source, ...present({ signal }) }),
    },
    clock: systemClock,
    ids: randomIds,
    wakeups,
    settings: { ...settingsOf(options, installation), machineRevision: machine.revision },
    sessions: { pending: (uid) => hub.pending(uid) },
    podHttp: (request) => fetch(request, { redirect: 'manual' }),
    liveTasks: {
      add: (taskArn, container) => engine.addContainer(taskArn, { environment: [], ...container }),
      resize: (taskArn, container, limits) => engine.resizeContainer(taskArn, container, limits),
      changed: oneAtATime((uid) => changeTask(ready(), uid), background('change of a task')),
    },
  };
  return {
    ports,
    engine,
    clients,
    hub,
    aws: awsFront({
      endpoint,
      rest: (request) => invokeOverRest(functions, request, background('lambda')),
      key: installation.accessKey,
      clock: systemClock,
    }),
    resume: async () => {
      await states.resume();
      await putStateMachine(clients.sfn, {
        arn: STATE_MACHINE_ARN,
        name: MACHINE,
        definition: machine.definition,
        roleArn: `arn:aws:iam::${ACCOUNT}:role/droppod`,
      });
    },
    close: async () => {
      await states.close();
      await engine.close();
      await engineData.close();
      await dynamo.close();
      await floor.close();
      docker.close();
    },
  };
}

/** Runs `work` for a key in the background; what is asked while it runs makes it run once more. */
function oneAtATime(
  work: (key: string) => Promise<void>,
  background: (work: Promise<unknown>) => void,
): (key: string) => void {
  const asked = new Map<string, boolean>();
  const run = async (key: string): Promise<void> => {
    try {
      while (asked.get(key)) {
        asked.set(key, false);
        await work(key);
      }
    } finally {
      asked.delete(key);
    }
  };
  return (key) => {
    const running = asked.has(key);
    asked.set(key, true);
    if (!running) background(run(key));
  };
}

/** The Lambda functions by the names that the machine calls; their input comes from the machine and is its own JSON. */
function functionsOn(ports: () => Ports): Functions {
  const step =
    <Input>(run: (ports: Ports, input: Input) => Promise<unknown>): LambdaFunction =>
    async (payload) =>
      (await run(ports(), payload as Input)) as Json | undefined;
  return {
    'bind-pod': step(bindPod),
    'launch-pod': step(launchPod),
    'start-container': step(startContainer),
    'finish-pod': step(finishPod),
    observe: step(observe),
    sweep: step(sweep),
  };
}

const logDirectory = (directory: string): string => {
  const path = join(directory, 'logs');
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
};

function settingsOf(
  { beyondFargate, warnOfRefusals = false, podletImage }: LocalOptions,
  { bridge, apiPort, adminToken, podletKey, certificates }: Installation,
): Omit<Settings, 'machineRevision'> {
  return {
    mode: 'local',
    beyondFargate,
    warnOfRefusals,
    syncUrl: `https://${bridge}:${apiPort}${SYNC_PATH}`,
    caPem: certificates.ca,
    apiHost: bridge,
    apiPort,
    podletImage,
    logGroup: '/droppod/pods',
    region: REGION,
    podletKey,
    syncWaitMs: SYNC_WAIT_MS,
    architectures: [process.arch === 'arm64' ? 'arm64' : 'amd64'],
    clusterDomain: 'cluster.local',
    nodeName: 'droppod',
    nodeAddress: bridge,
    adminToken,
  };
}

/** The machine of the sources and its revision; running executions keep the definition that they began with until sweep hands them over. */
function machineOfSources(): { definition: string; revision: string } {
  const document = JSON.stringify(
    parse(readFileSync(new URL('../statemachines/pod.asl.yaml', import.meta.url), 'utf8')),
  );
  const revision = createHash('sha256').update(document).digest('hex').slice(0, 16);
  const definition = document
    .replaceAll('${Revision}', revision)
    .replaceAll(/\$\{(\w+)\}/g, (_, name: string) =>
      name.replaceAll(/(?!^)([A-Z])/g, '-$1').toLowerCase(),
    );
  return { definition, revision };
}

/** Serves until close; the ports, keys and data of an earlier start in the directory are taken up. */
export async function startLocal(options: LocalOptions): Promise<Local> {
  claimDirectory(options.directory);
  const docker = connectDocker(dockerSocketPath(process.env['DOCKER_HOST']));
  const bridge = await bridgeGateway(docker);
  docker.close();
  const known = await loadInstallation(options.directory, bridge, systemClock.now(), () => ({
    id: randomUUID(),
    adminToken: randomKey(),
    podletKey: randomKey(),
    accessKey: randomAccessKey(),
  }));
  const doors: Listening[] = [];
  let core: (Core & { aws: (request: Request) => Promise<Response> }) | undefined;
  const { certificates } = known;
  const {
    api,
    aws: endpoints,
    metadata,
  } = createDoors(() => core, { clock: systemClock, log: options.log });
  const https = (port: number, addresses = ['127.0.0.1', bridge]): Promise<Listening> =>
    listen(
      () => httpsServer({ cert: certificates.certificate, key: certificates.key }, api),
      addresses,
      port,
    );
  // Running podlets know the port of last time: `--port 0` keeps it, and another port leaves the old one open to them.
  const requestedPort = options.port || known.apiPort;
  // A first start that names no port need not fail because another droppod has the usual one.
  doors.push(
    options.port === undefined && requestedPort === 0
      ? await https(DEFAULT_API_PORT).catch(() => https(0))
      : await https(requestedPort),
  );
  const aws = (port: number): Promise<Listening> =>
    listen(() => httpServer(endpoints), ['127.0.0.1'], port);
  // Nothing that outlives this process knows the port of the AWS endpoints: where the requested one is taken any will do.
  doors.push(await aws(known.awsPort || (doors[0]?.port ?? 0) + 1).catch(() => aws(0)));
  doors.push(await listen(() => httpServer(metadata), [bridge], known.metadataPort));
  const [apiPort = 0, awsPort = 0, metadataPort = 0] = doors.map(({ port }) => port);
  if (known.apiPort !== 0 && known.apiPort !== apiPort)
    doors.push(await https(known.apiPort, [bridge]));
  const installation = keepInstallation(options.directory, {
    ...known,
    apiPort,
    awsPort,
    metadataPort,
  });
  const opened = await openCore(options, installation);
  core = opened;
  await opened.resume();
  await bootstrapObjects(opened.ports);
  const stop = new AbortController();
  const sweeping = sweepUntil(opened.ports, stop.signal, options.log);
  return {
    access: {
      server: `https://127.0.0.1:${apiPort}`,
      ca: certificates.ca,
      token: installation.adminToken,
      awsEndpoint: `http://127.0.0.1:${awsPort}`,
      accessKey: installation.accessKey,
    },
    close: async () => {
      stop.abort();
      await Promise.all(doors.map((door) => door.close()));
      await sweeping;
      await opened.close();
    },
  };
}

async function sweepUntil(
  ports: Ports,
  signal: AbortSignal,
  log: (line: string) => void,
): Promise<void> {
  while (!signal.aborted) {
    await sweep(ports).catch((error: unknown) =>
      log(`sweep: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
    );
    await systemClock.sleep(SWEEP_MS, signal);
  }
}

/** Removes everything that this directory's droppod has in the engine; answers the number of containers. */
export async function purge(directory: string): Promise<number> {
  const installation = readInstallation(directory);
  if (!installation) return 0;
  const docker = connectDocker(dockerSocketPath(process.env['DOCKER_HOST']));
  const label = [`${ENGINE_LABEL}=${installation.id}`];
  const containers = await listContainers(docker, label);
  for (const { Id } of containers) await removeContainer(docker, Id);
  for (const name of await listVolumes(docker, label)) await removeVolume(docker, name);
  docker.close();
  return containers.length;
}
