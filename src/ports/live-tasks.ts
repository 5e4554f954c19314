// Changes to a running task; only local mode supports them.
import type { TaskArn } from './identity.ts';
import type { ContainerDefinition } from './tasks.ts';

/** A container that joins a running task (see LiveTasks). */
export interface AddedContainer extends ContainerDefinition {
  /** Container of the task whose processes it shares. */
  pidOf?: string;
  /** Directories inside the task's volumes, each a volume of this container's own. */
  parts: { name: string; volume: string; path: string }[];
}

/** What a container may use; absent members are left as they are. */
export interface ContainerLimits {
  memoryBytes?: number;
  /** Hard limit in vCPU. */
  cpu?: number;
  /** 1024 for a vCPU. */
  cpuShares?: number;
}

/** Changes to a running task: ECS has none, so only local mode supports them. A refusal by the engine is an outcome. */
export interface LiveTasks {
  /** Resolves when the container has started; a repetition for an existing one changes nothing. */
  add(taskArn: TaskArn, container: AddedContainer): Promise<{ failure?: string }>;
  /** May be repeated. */
  resize(
    taskArn: TaskArn,
    container: string,
    limits: ContainerLimits,
  ): Promise<{ failure?: string }>;
  /** Makes src/steps/edit/change-task.ts look at the pod soon; returns at once. */
  changed(uid: string): void;
}
