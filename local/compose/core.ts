// Everything behind the doors of local mode: opens the services, builds the steps' ports on them, creates the machine.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { systemClock } from '../../src/system-clock.ts';
import { ensureTable } from '../../src/aws/ensure-table.ts';
import { awsExecutions } from '../../src/aws/executions.ts';
import { randomIds } from '../../src/aws/ids.ts';
import { putStateMachine } from '../../src/aws/put-state-machine.ts';
import { dynamoTable } from '../../src/aws/table.ts';
import { awsTasks } from '../../src/aws/tasks.ts';
import { processWakeups } from '../../src/aws/wakeups.ts';
import { LIFETIMES } from '../../src/kinds/resources.ts';
import type { LiveTasks } from '../../src/ports/live-tasks.ts';
import type { Ports } from '../../src/ports/ports.ts';
import type { Wakeups } from '../../src/ports/wakeups.ts';
import { present } from '../../src/present.ts';
import { changeTask } from '../../src/steps/edit/change-task.ts';
import { observe } from '../../src/steps/observe/observe.ts';
import { readCounter } from '../../src/store/counter.ts';
import { openSingleWriterStore } from '../../src/store/single-writer-store.ts';
import type { Engine } from '../aws/create-engine.ts';
import { awsFront } from '../aws/front.ts';
import { invokeOverRest } from '../aws/lambda/invoke.ts';
import type { Installation } from '../installation.ts';
import { checkFloor, openNumberFloor, type FloorFile } from '../number-floor.ts';
import { SessionHub } from '../streams/session-hub.ts';
import { ACCOUNT, MACHINE, STATE_MACHINE_ARN, TABLE } from './account.ts';
import { backgroundOn, oneAtATime, type Background } from './background.ts';
import { SESSIONS_PATH, type Behind } from './doors.ts';
import { functionsOn } from './functions.ts';
import { inProcessTable } from './in-process-table.ts';
import { openLocalLog } from './local-log.ts';
import { machineOfSources, type MachineDocument } from './machine.ts';
import type { LocalOptions } from './options.ts';
import { podHttp } from './pod-http.ts';
import { openServices, type Services } from './services.ts';
import { settingsOf, SYNC_WAIT_MS } from './settings.ts';

export interface Core extends Behind {
  /** Lets the executions of an earlier start continue, on the newest machine. */
  resume(): Promise<void>;
  close(): Promise<void>;
}

/** Opens everything in the directory; nothing runs before `resume`. */
export async function openCore(options: LocalOptions, installation: Installation): Promise<Core> {
  const background = backgroundOn(options.log);
  let ports: Ports | undefined;
  const ready = (): Ports => {
    if (!ports) throw new Error('local mode is not ready');
    return ports;
  };
  const { log, close: closeLog } = openLocalLog(options.directory, options.log);
  const functions = functionsOn(ready, log);
  const services = await openServices(options, installation, {
    functions,
    onChange: (kind) => (detail) => {
      if (ports) background(kind)(observe(ports, { 'detail-type': kind, detail }));
    },
  });
  const machine = machineOfSources();
  const floor = await openNumberFloor(join(options.directory, 'versions'));
  const store = await openStore(options, services, floor);
  const wakeups = processWakeups({ clock: systemClock, maxWaitMs: SYNC_WAIT_MS });
  const hub = sessionHub(installation, wakeups);
  const { engine, endpoint, states } = services;
  ports = {
    ...portsOn(services),
    log,
    store,
    wakeups,
    settings: settingsOf(options, installation, machine.revision),
    sessions: { pending: (uid) => hub.pending(uid) },
    liveTasks: liveTasks(engine, ready, background),
    engineVolumes: {
      // A container of the last pod may still use it: nobody waits for that.
      remove: (name) => {
        background('removal of a volume')(engine.removeFileSystem(name));
        return Promise.resolve();
      },
    },
  };
  const rest = (request: Request): Promise<Response | undefined> =>
    invokeOverRest(functions, request, background('lambda'));
  return {
    ports,
    engine,
    hub,
    aws: awsFront({ endpoint, rest, key: installation.accessKey, clock: systemClock }),
    resume: async () => {
      await states.resume();
      await putMachine(services, machine);
    },
    close: async () => {
      await services.close();
      await floor.close();
      await closeLog();
    },
  };
}

/** The store on the local table; refuses a database that has lost writes, unless the loss is accepted. */
async function openStore(
  { directory, acceptLoss }: LocalOptions,
  { dynamo, clients: { dynamodb } }: Services,
  floor: FloorFile,
): Promise<Ports['store']> {
  await ensureTable(dynamodb, TABLE, systemClock);
  const table = inProcessTable(dynamo, TABLE, dynamoTable(dynamodb, TABLE));
  if (!acceptLoss) checkFloor(directory, floor, (await readCounter(table)).number);
  return openSingleWriterStore({
    table,
    floor,
    clock: systemClock,
    ids: randomIds,
    random: Math.random,
    lifetimes: LIFETIMES,
  });
}

const sessionHub = ({ bridge, apiPort }: Installation, wakeups: Wakeups): SessionHub =>
  new SessionHub({
    baseUrl: () => `wss://${bridge}:${apiPort}${SESSIONS_PATH}`,
    id: randomUUID,
    wake: (uid) => wakeups.wake(uid),
    sleep: (ms, signal) => systemClock.sleep(ms, signal),
  });

/** The ports that the services implement. */
/** The engine writes a line at once; only a loaded machine needs the time. */
const LOG_LATE_MS = 3_000;

function portsOn({
  clients,
  engine,
}: Services): Pick<
  Ports,
  'tasks' | 'executions' | 'images' | 'logs' | 'clock' | 'ids' | 'podHttp'
> {
  return {
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
      lateMs: LOG_LATE_MS,
      read: (source, signal) => engine.readLogs({ ...source, ...present({ signal }) }),
      keep: (source) => engine.keepLog(source),
    },
    clock: systemClock,
    ids: randomIds,
    podHttp,
  };
}

/** The changes of a running task that Docker can make and Fargate cannot. */
const liveTasks = (engine: Engine, ready: () => Ports, background: Background): LiveTasks => ({
  add: (taskArn, container) => engine.addContainer(taskArn, { environment: [], ...container }),
  resize: (taskArn, container, limits) => engine.resizeContainer(taskArn, container, limits),
  changed: oneAtATime((uid) => changeTask(ready(), uid), background('change of a task')),
});

const putMachine = ({ clients }: Services, { definition }: MachineDocument): Promise<void> =>
  putStateMachine(clients.sfn, {
    arn: STATE_MACHINE_ARN,
    name: MACHINE,
    definition,
    roleArn: `arn:aws:iam::${ACCOUNT}:role/droppod`,
  });
