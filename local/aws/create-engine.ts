// ECS, its logs and its images on one Docker Engine: the parts of local/agent put together, without a socket.
import { setMaxListeners } from 'node:events';
import { addContainer } from '../agent/add-container.ts';
import { adopt } from '../agent/adopt.ts';
import type { Agent } from '../agent/agent.ts';
import type { Limits } from '../agent/container-spec.ts';
import type { KeyValue } from '../agent/key-value.ts';
import { removeFileSystem } from '../agent/file-systems.ts';
import { keepLog, type LogPlace } from '../agent/logs/kept-log.ts';
import { createLimit } from '../agent/limit.ts';
import { pruneLogCopies } from '../agent/logs/log-copy.ts';
import { metadata, type MetadataAnswer } from '../agent/metadata.ts';
import { readLogs, type LogSource } from '../agent/logs/read-logs.ts';
import { createImageResolver, type ImageResolver } from '../agent/images/resolve-image.ts';
import { resizeContainer } from '../agent/resize-container.ts';
import { TaskBook } from '../agent/task-book.ts';
import type { AddedContainer } from '../agent/task-definition.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Docker } from '../docker/engine-api.ts';
import type { LogLine } from '../docker/logs.ts';
import type { JsonObject } from '../states/json.ts';
import { DEFAULT_CLUSTER, arn, type EcsContext } from './ecs/context.ts';
import { ecsEndpoint } from './ecs/operations.ts';
import { taskChange } from './ecs/task-json.ts';
import { logsEndpoint } from './logs/operations.ts';
import type { AwsJsonEndpoint } from './protocol.ts';
import {
  registryFacade,
  type RegistryAnswer,
  type RegistryRequest,
} from './registry/registry-facade.ts';

/** Log copies of tasks that ended longer ago are removed at the next start. */
const KEPT_LOGS_MS = 14 * 86_400_000;
const CLEAN_UPS_AT_A_TIME = 2;

export interface EngineOptions {
  docker: Docker;
  store: KeyValue;
  clock: Clock;
  uuid: () => string;
  /** Value of the label on everything that the engine creates; absent: created once and kept in the store. */
  engineId?: string;
  account: string;
  region: string;
  /** The address of `metadata` for the tasks' containers, on their bridge. */
  metadataHost: { address: string; port: number };
  /** Copies of ended tasks' logs are kept here. */
  logDirectory: string;
  /** Receives the `detail` of an "ECS Task State Change". Calls may repeat and come out of order: the highest `version` counts. */
  onTaskChange: (detail: JsonObject) => void;
  /** The number of launches at a time; about twice the cores. */
  concurrency: number;
  /** Whether host paths, privileged containers and further capabilities are served; else they are refused as on Fargate. */
  beyondFargate?: boolean;
  /** Receives errors of work in the background. */
  log?: (line: string) => void;
}

export interface Engine {
  ecsEndpoint: AwsJsonEndpoint;
  logsEndpoint: AwsJsonEndpoint;
  registry: (request: RegistryRequest) => Promise<RegistryAnswer>;
  /** GET of the task metadata endpoint (path without query). */
  metadata: (path: string) => Promise<MetadataAnswer>;
  readLogs: (source: LogSource) => AsyncGenerator<LogLine>;
  /** Copies the end of a container's log: later output pushes it out of the engine's. Not in ECS, since CloudWatch keeps everything. */
  keepLog: (place: LogPlace) => Promise<void>;
  resolveImage: ImageResolver['resolve'];
  /** Adds a container to a running task; resolves once it has started. Not in ECS. */
  addContainer: (taskArn: string, container: AddedContainer) => Promise<{ failure?: string }>;
  /** Changes the limits of a running container. Not in ECS. */
  resizeContainer: (
    taskArn: string,
    container: string,
    limits: Limits,
  ) => Promise<{ failure?: string }>;
  /** Removes a file system of task definitions (efsVolumeConfiguration) with its data, once no container has it. */
  removeFileSystem: (fileSystemId: string) => Promise<void>;
  /** Closes and leaves containers running; another engine on the same store adopts them. */
  close: () => Promise<void>;
}

/** Loads the store, adopts containers that still run and is then ready to serve. */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const { docker, store, clock, uuid, account, region, metadataHost, logDirectory, concurrency } =
    options;
  const { log = () => undefined } = options;
  const closing = new AbortController();
  // Everything that waits in the background listens to this signal.
  setMaxListeners(0, closing.signal);
  const book = new TaskBook({
    store,
    clock,
    log,
    onChange: (task) => options.onTaskChange(taskChange(task)),
  });
  await book.load();
  const agent: Agent = {
    docker,
    book,
    clock,
    region,
    logDirectory,
    log,
    images: createImageResolver(docker, clock),
    engineId: options.engineId ?? (await book.engineId(uuid)),
    metadataUrl: `http://${metadataHost.address}:${metadataHost.port}`,
    lacking: [],
    limitLaunches: createLimit(concurrency),
    limitCleanUps: createLimit(CLEAN_UPS_AT_A_TIME),
    launching: new Map(),
    stopping: new Set(),
    closing: closing.signal,
  };
  const { beyondFargate = false } = options;
  const context: EcsContext = { agent, account, region, uuid, beyondFargate };
  const defaultArn = arn(context, `cluster/${DEFAULT_CLUSTER}`);
  if (!book.clusters.has(defaultArn))
    await book.putCluster({ clusterName: DEFAULT_CLUSTER, clusterArn: defaultArn });
  await pruneLogCopies(logDirectory, new Date(clock.now().getTime() - KEPT_LOGS_MS));
  await adopt(agent);
  return {
    ecsEndpoint: ecsEndpoint(context),
    logsEndpoint: logsEndpoint({ agent, account, region }),
    registry: registryFacade(agent.images),
    metadata: (path) => metadata(agent, path),
    readLogs: (source) => readLogs(agent, source),
    keepLog: (place) => keepLog(agent, place),
    resolveImage: (...request) => agent.images.resolve(...request),
    addContainer: (taskArn, container) => addContainer(agent, taskArn, container),
    resizeContainer: (taskArn, container, limits) =>
      resizeContainer(agent, { taskArn, container }, limits),
    removeFileSystem: (fileSystemId) => removeFileSystem(agent, fileSystemId),
    close: async () => {
      closing.abort();
      await book.close();
    },
  };
}
