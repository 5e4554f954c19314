// The ECS subject of the contract suite: a local engine on the real Docker Engine behind real HTTP servers, reached through the SDK.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buffer } from 'node:stream/consumers';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import {
  DescribeTasksCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
  type ContainerDefinition,
  type RegisterTaskDefinitionCommandInput,
  type RunTaskCommandInput,
  type Task,
} from '@aws-sdk/client-ecs';
import { createEngine, type Engine } from '../../local/aws/create-engine.ts';
import type { KeyValue } from '../../local/agent/key-value.ts';
import { memoryKeyValue } from '../fakes/memory-key-value.ts';
import { ENGINE_LABEL } from '../../local/agent/labels.ts';
import { listContainers, removeContainer } from '../../local/docker/containers.ts';
import { connectDocker, dockerSocketPath, type Docker } from '../../local/docker/engine-api.ts';
import { bridgeGateway } from '../../local/docker/system.ts';
import { listVolumes, removeVolume } from '../../local/docker/volumes.ts';

export interface EcsBench {
  docker: Docker;
  ecs: ECSClient;
  logs: CloudWatchLogsClient;
  /** The current engine; `restart` starts another one on the same store, as after kill -9. */
  engine: () => Engine;
  restart: (pause?: () => Promise<void>) => Promise<void>;
  changes: { taskArn: string; lastStatus: string; version: number }[];
  register: (
    containers: ContainerDefinition[],
    more?: Partial<RegisterTaskDefinitionCommandInput>,
  ) => Promise<string>;
  run: (taskDefinition: string, more?: Partial<RunTaskCommandInput>) => Promise<string>;
  until: (taskArn: string, status: string, seconds?: number) => Promise<Task>;
  text: (taskArn: string, container: string) => Promise<string>;
  close: () => Promise<void>;
}

const realClock = {
  now: () => new Date(),
  sleep: (ms: number, signal?: AbortSignal) =>
    sleep(ms, undefined, signal ? { signal } : {}).catch(() => undefined),
};

export async function ecsBench(): Promise<EcsBench> {
  const docker = connectDocker(dockerSocketPath(process.env['DOCKER_HOST']));
  const store = memoryKeyValue();
  const logDirectory = await mkdtemp(join(tmpdir(), 'droppod-ecs-'));
  const changes: EcsBench['changes'] = [];
  let engine: Engine;
  const metadataServer = createServer((request, response) => {
    void engine
      .metadata(request.url ?? '')
      .then(({ status, body }) => response.writeHead(status).end(body));
  });
  const gateway = await bridgeGateway(docker);
  const metadataHost = { address: gateway, port: await listen(metadataServer, gateway) };
  const make = (): Promise<Engine> =>
    createEngine({
      docker,
      store,
      clock: realClock,
      uuid: randomUUID,
      account: '000000000000',
      region: 'us-east-1',
      metadataHost,
      logDirectory,
      concurrency: 4,
      onTaskChange: (detail) => void changes.push(JSON.parse(JSON.stringify(detail))),
      log: (line) => console.error(line),
    });
  engine = await make();
  const apiServer = createServer(async (request, response) => {
    const call = { target: String(request.headers['x-amz-target']), body: await buffer(request) };
    const answer = (await engine.ecsEndpoint(call)) ??
      (await engine.logsEndpoint(call)) ?? { status: 404, headers: {}, body: '' };
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  const endpoint = `http://127.0.0.1:${await listen(apiServer, '127.0.0.1')}`;
  const client = {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  };
  const ecs = new ECSClient(client);
  const logs = new CloudWatchLogsClient(client);
  return {
    docker,
    ecs,
    logs,
    changes,
    engine: () => engine,
    restart: async (pause) => {
      await engine.close();
      await pause?.();
      engine = await make();
    },
    ...steps(ecs, () => engine),
    close: async () => {
      await engine.close();
      ecs.destroy();
      logs.destroy();
      for (const server of [apiServer, metadataServer]) await closeServer(server);
      await removeAll(docker, store);
      docker.close();
      await rm(logDirectory, { recursive: true, force: true });
    },
  };
}

function steps(
  ecs: ECSClient,
  engine: () => Engine,
): Pick<EcsBench, 'register' | 'run' | 'until' | 'text'> {
  const register: EcsBench['register'] = async (containerDefinitions, more = {}) => {
    const { taskDefinition } = await ecs.send(
      new RegisterTaskDefinitionCommand({ family: 'contract', containerDefinitions, ...more }),
    );
    return taskDefinition!.taskDefinitionArn!;
  };
  const run: EcsBench['run'] = async (taskDefinition, more = {}) => {
    const { tasks } = await ecs.send(new RunTaskCommand({ taskDefinition, ...more }));
    return tasks![0]!.taskArn!;
  };
  const until: EcsBench['until'] = async (taskArn, status, seconds = 60) => {
    for (let left = seconds * 20; left > 0; left -= 1) {
      const { tasks } = await ecs.send(new DescribeTasksCommand({ tasks: [taskArn] }));
      const task = tasks?.[0];
      if (task?.lastStatus === status) return task;
      if (task?.lastStatus === 'STOPPED')
        throw new Error(`task is STOPPED: ${task.stoppedReason ?? ''}`);
      await sleep(50);
    }
    await ecs.send(new StopTaskCommand({ task: taskArn }));
    throw new Error(`task ${taskArn} did not become ${status}`);
  };
  const text: EcsBench['text'] = async (taskArn, container) => {
    const chunks: Uint8Array[] = [];
    for await (const { bytes } of engine().readLogs({ taskArn, container })) chunks.push(bytes);
    return Buffer.concat(chunks).toString('utf8');
  };
  return { register, run, until, text };
}

function listen(server: Server, host: string): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

async function removeAll(docker: Docker, store: KeyValue): Promise<void> {
  const [[, engineId] = ['', '']] = await store.list('engine');
  const labels = [`${ENGINE_LABEL}=${engineId}`];
  for (const { Id } of await listContainers(docker, labels)) await removeContainer(docker, Id);
  for (const volume of await listVolumes(docker, labels)) await removeVolume(docker, volume);
}

/** A busybox container that runs a shell line. */
export function shell(
  name: string,
  line: string,
  more: Partial<ContainerDefinition> = {},
): ContainerDefinition {
  return {
    name,
    image: 'busybox',
    entryPoint: ['sh', '-c'],
    command: [line],
    essential: false,
    stopTimeout: 2,
    logConfiguration: {
      logDriver: 'awslogs',
      options: {
        'awslogs-group': '/droppod/contract',
        'awslogs-region': 'us-east-1',
        'awslogs-stream-prefix': 'pod',
      },
    },
    ...more,
  };
}

/** Waits and reacts only to TERM, like a pause container. */
export const PAUSE_LINE = 'trap "exit 0" TERM; while true; do sleep 3600 & wait $!; done';
