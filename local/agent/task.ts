// A task as the engine stores it; it is stored completely, so that another process can take it over.
import type { ContainerDefinition, KeyedValue, Tag, TaskDefinition } from './task-definition.ts';

type TaskStatus =
  | 'PROVISIONING'
  | 'PENDING'
  | 'RUNNING'
  | 'DEACTIVATING'
  | 'STOPPING'
  | 'DEPROVISIONING'
  | 'STOPPED';
export type StopCode = 'TaskFailedToStart' | 'EssentialContainerExited' | 'UserInitiated';

export interface TaskContainer {
  name: string;
  containerArn: string;
  image: string;
  imageDigest?: string;
  /** The engine's container id. */
  runtimeId?: string;
  lastStatus: 'PENDING' | 'RUNNING' | 'STOPPED';
  /** Absent: it never ran. */
  exitCode?: number;
  reason?: string;
  /** The engine reported an out-of-memory kill in it; the exit code shows whether that ended the container. */
  outOfMemory?: boolean;
  createdAt?: string;
  startedAt?: string;
  finishedAt?: string;
}

interface ContainerOverride {
  name: string;
  command?: string[];
  environment?: KeyedValue[];
  cpu?: number;
  memory?: number;
  memoryReservation?: number;
}

export interface Task {
  /** Last part of the ARN. */
  id: string;
  taskArn: string;
  clusterArn: string;
  taskDefinitionArn: string;
  startedBy?: string;
  group: string;
  launchType?: string;
  capacityProviderName?: string;
  overrides: { containerOverrides: ContainerOverride[] };
  tags: Tag[];
  cpu?: string;
  memory?: string;
  /** Part of the metadata endpoint's path: only the task's own containers know it. */
  secret: string;
  lastStatus: TaskStatus;
  desiredStatus: 'RUNNING' | 'STOPPED';
  /** Incremented at each change. */
  version: number;
  createdAt: string;
  pullStartedAt?: string;
  pullStoppedAt?: string;
  startedAt?: string;
  executionStoppedAt?: string;
  stoppingAt?: string;
  stoppedAt?: string;
  stopCode?: StopCode;
  stoppedReason?: string;
  privateIp?: string;
  containers: TaskContainer[];
  /** Containers that joined the running task, with their own volumes. */
  added?: { containers: ContainerDefinition[]; volumes: TaskDefinition['volumes'] };
  /** Whether containers and volumes are removed and the logs copied. */
  cleaned?: boolean;
}

/** The container of that name; throws where the task has none, which only damaged data can cause. */
export function containerOf(task: Task, name: string): TaskContainer {
  const container = task.containers.find((candidate) => candidate.name === name);
  if (!container) throw new Error(`task ${task.id} has no container ${name}`);
  return container;
}

/** The value of a RunTask tag. */
export function tagValue(task: Task, key: string): string | undefined {
  return task.tags.find((tag) => tag.key === key)?.value;
}
