// A task as the engine remembers it; all of it is stored, so that another process can take it over.
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
  /** The engine reported a lack of memory in it; whether that ended it, its exit code says. */
  outOfMemory?: boolean;
  createdAt?: string;
  startedAt?: string;
  finishedAt?: string;
}

export interface ContainerOverride {
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
  /** Grows by one with each change. */
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
  /** What joined the task while it runs, with the volumes of their own. */
  added?: { containers: ContainerDefinition[]; volumes: TaskDefinition['volumes'] };
  /** Containers and volumes are removed and the logs copied. */
  cleaned?: boolean;
}

/** The container of that name; throws when the task has none, which only damaged memory can cause. */
export function containerOf(task: Task, name: string): TaskContainer {
  const container = task.containers.find((candidate) => candidate.name === name);
  if (!container) throw new Error(`task ${task.id} has no container ${name}`);
  return container;
}

/** Value of a tag of RunTask. */
export function tagValue(task: Task, key: string): string | undefined {
  return task.tags.find((tag) => tag.key === key)?.value;
}
