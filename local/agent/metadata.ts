// Task metadata v4 for the tasks' containers: `/v4/<secret>-<index>` is the container, `/task` below it the task.
import { containerStats } from '../docker/containers.ts';
import { present } from '../../src/present.ts';
import type { Agent } from './agent.ts';
import {
  CLUSTER_LABEL,
  CONTAINER_LABEL,
  FAMILY_LABEL,
  REVISION_LABEL,
  TASK_LABEL,
  containerName,
} from './labels.ts';
import { imageDigestOf } from './images/image-name.ts';
import type { Task, TaskContainer } from './task.ts';
import type { TaskDefinition } from './task-definition.ts';

export interface MetadataAnswer {
  status: number;
  body: string;
}

const PATH = /^\/v4\/([0-9a-f]+)-(\d+)(\/task)?(\/stats)?\/?$/;
/** How long a container that asks during its own start waits for its address; clients give up after 2 s. */
const ADDRESS_WAIT_MS = 1500;

/** Answers one GET; a path without a task's secret is 404, whatever the rest of it. */
export async function metadata(agent: Agent, path: string): Promise<MetadataAnswer> {
  const [, secret, index, wholeTask, stats] = PATH.exec(path) ?? [];
  const task = [...agent.book.tasks.values()].find((candidate) => candidate.secret === secret);
  const container = task?.containers[Number(index)];
  if (!task || !container) return { status: 404, body: JSON.stringify({ error: 'unknown task' }) };
  if (stats)
    return {
      status: 200,
      body: await statistics(agent, wholeTask ? task.containers : [container], !wholeTask),
    };
  await addressKnown(agent, task);
  const definition = agent.book.definitionOf(task);
  const document = wholeTask
    ? taskDocument(task, definition)
    : containerDocument(task, definition, container);
  return { status: 200, body: JSON.stringify(document) };
}

/** The engine's statistics: of one container, or of all by their ids. One that does not run has none. */
async function statistics(
  { docker }: Agent,
  containers: readonly TaskContainer[],
  alone: boolean,
): Promise<string> {
  const found = await Promise.all(
    containers.map(async ({ runtimeId }) => {
      const stats = runtimeId === undefined ? 'null' : await containerStats(docker, runtimeId);
      return [runtimeId ?? '', stats] as const;
    }),
  );
  if (alone) return found[0]?.[1] ?? 'null';
  return `{${found
    .filter(([id]) => id !== '')
    .map(([id, stats]) => `${JSON.stringify(id)}:${stats}`)
    .join(',')}}`;
}

async function addressKnown({ book, clock, closing }: Agent, task: Task): Promise<void> {
  const enough = new AbortController();
  const known = book.when(
    task,
    (t) =>
      t.lastStatus === 'STOPPED' ||
      (t.privateIp !== undefined && t.containers.every(({ runtimeId }) => runtimeId !== undefined)),
    AbortSignal.any([enough.signal, closing]),
  );
  await Promise.race([known, clock.sleep(ADDRESS_WAIT_MS, enough.signal)]);
  enough.abort();
}

function taskDocument(task: Task, definition: TaskDefinition): object {
  return {
    Cluster: task.clusterArn,
    TaskARN: task.taskArn,
    Family: definition.family,
    Revision: String(definition.revision),
    DesiredStatus: task.desiredStatus,
    KnownStatus: task.lastStatus,
    ...present({
      Limits:
        task.cpu && task.memory
          ? { CPU: Number(task.cpu) / 1024, Memory: Number(task.memory) }
          : undefined,
    }),
    PullStartedAt: task.pullStartedAt,
    PullStoppedAt: task.pullStoppedAt,
    AvailabilityZone: 'local',
    LaunchType: 'FARGATE',
    Containers: task.containers.map((container) => containerDocument(task, definition, container)),
  };
}

function containerDocument(
  task: Task,
  definition: TaskDefinition,
  container: TaskContainer,
): object {
  const defined = definition.containerDefinitions.find(({ name }) => name === container.name);
  return {
    DockerId: container.runtimeId,
    Name: container.name,
    DockerName: containerName(task, container.name),
    Image: container.image,
    ImageID: container.imageDigest ?? imageDigestOf(container.image) ?? '',
    Labels: {
      ...defined?.dockerLabels,
      [CLUSTER_LABEL]: task.clusterArn,
      [CONTAINER_LABEL]: container.name,
      [TASK_LABEL]: task.taskArn,
      [FAMILY_LABEL]: definition.family,
      [REVISION_LABEL]: String(definition.revision),
    },
    DesiredStatus: task.desiredStatus,
    KnownStatus: container.lastStatus,
    ...present({ ExitCode: container.exitCode }),
    Limits: { CPU: defined?.cpu ?? 0, Memory: defined?.memory ?? 0 },
    CreatedAt: container.createdAt,
    StartedAt: container.startedAt,
    FinishedAt: container.finishedAt,
    Type: 'NORMAL',
    ContainerARN: container.containerArn,
    Networks: task.privateIp ? [{ NetworkMode: 'awsvpc', IPv4Addresses: [task.privateIp] }] : [],
  };
}
