// An agent that only reads logs, and a task of it.
import type { Agent } from '../../../../local/agent/agent.ts';
import { createLimit } from '../../../../local/agent/limit.ts';
import { createImageResolver } from '../../../../local/agent/images/resolve-image.ts';
import type { Task } from '../../../../local/agent/task.ts';
import { TaskBook } from '../../../../local/agent/task-book.ts';
import type { Clock } from '../../../../src/ports/clock.ts';
import type { Docker } from '../../../../local/docker/engine-api.ts';
import { memoryKeyValue } from '../../../fakes/memory-key-value.ts';

/** An agent on this engine without any task; copies of logs are in `logDirectory`. */
export const logAgent = (docker: Docker, clock: Clock, logDirectory: string): Agent => ({
  docker,
  clock,
  region: 'us-east-1',
  logDirectory,
  engineId: 'e',
  metadataUrl: '',
  lacking: [],
  log: () => undefined,
  launching: new Map(),
  stopping: new Set(),
  closing: new AbortController().signal,
  book: new TaskBook({
    store: memoryKeyValue(),
    clock,
    onChange: () => undefined,
    log: () => undefined,
  }),
  images: createImageResolver(docker, clock),
  limitLaunches: createLimit(1),
  limitCleanUps: createLimit(1),
});

/** Adds the running task t1, whose container app writes to group /g; `runtimeId` is the engine's name for it. */
export function addTask(agent: Agent, runtimeId = 'id'): Task {
  const container = {
    name: 'app',
    image: 'x',
    containerArn: 'c',
    lastStatus: 'RUNNING' as const,
    runtimeId,
    startedAt: 't',
  };
  const task: Task = {
    id: 't1',
    taskArn: 'arn/t1',
    clusterArn: 'c',
    taskDefinitionArn: 'd',
    group: 'g',
    overrides: { containerOverrides: [] },
    tags: [],
    secret: 's',
    lastStatus: 'RUNNING',
    desiredStatus: 'RUNNING',
    version: 1,
    createdAt: '2026-01-01T00:00:00Z',
    containers: [container],
  };
  agent.book.tasks.set(task.taskArn, task);
  agent.book.definitions.set('d', {
    taskDefinitionArn: 'd',
    family: 'f',
    revision: 1,
    status: 'ACTIVE',
    networkMode: 'awsvpc',
    requiresCompatibilities: [],
    volumes: [],
    tags: [],
    registeredAt: '',
    containerDefinitions: [
      {
        name: 'app',
        image: 'x',
        essential: true,
        environment: [],
        mountPoints: [],
        logConfiguration: {
          logDriver: 'awslogs',
          options: { 'awslogs-group': '/g', 'awslogs-stream-prefix': 'pod' },
        },
      },
    ],
  });
  return task;
}
