// Labels and names that connect the engine's containers and volumes with their task: another process finds them by these.
import type { Task } from './task.ts';

export const TASK_LABEL = 'com.amazonaws.ecs.task-arn';
export const CLUSTER_LABEL = 'com.amazonaws.ecs.cluster';
export const CONTAINER_LABEL = 'com.amazonaws.ecs.container-name';
export const FAMILY_LABEL = 'com.amazonaws.ecs.task-definition-family';
export const REVISION_LABEL = 'com.amazonaws.ecs.task-definition-version';
/** The engine (store) that started it: several may share one Docker. */
export const ENGINE_LABEL = 'droppod.engine';
/** On a container definition: Always, IfNotPresent or Never. */
export const PULL_POLICY_LABEL = 'droppod/pull-policy';
/** On a container definition: hard limit in vCPU, which ECS's `cpu` is not. */
export const CPU_LIMIT_LABEL = 'droppod/cpu-limit';
/** On a container definition: hard limit in bytes, where ECS's `memory` counts whole MiB. */
export const MEMORY_LIMIT_LABEL = 'droppod/memory-limit';
/** On a container definition, as a prefix before a volume's name: its host directory must already exist (any value). */
export const HOST_PATH_LABEL = 'droppod/host-path-must-exist.';
/** Tag of RunTask: the host name that the task's containers see. */
export const HOSTNAME_TAG = 'droppod/hostname';

/** Fixed per task and container, so that a second create finds the first one's container. */
export function containerName(task: Task, name: string): string {
  return `droppod-${task.id}-${name}`;
}

/** A volume that belongs to the task. */
export function volumeName(task: Task, name: string): string {
  return `droppod-${task.id}-${name}`;
}

/** The engine's volume that stands for a file system. */
export const fileSystemVolume = (engineId: string, fileSystemId: string): string =>
  `droppod-${engineId}-${fileSystemId}`;
