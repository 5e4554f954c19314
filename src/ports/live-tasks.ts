// Changes to a task that runs; only local mode has them.
import type { TaskArn } from './identity.ts';
import type { ContainerDefinition } from './tasks.ts';

/** A container that joins a task while it runs (see LiveTasks). */
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

/** Changes to a task that runs: ECS knows none, so only local mode has them. What the engine refuses is an outcome. */
export interface LiveTasks {
  /** Resolves when the container has started; again for one that is there changes nothing. */
  add(taskArn: TaskArn, container: AddedContainer): Promise<{ failure?: string }>;
  /** May be repeated. */
  resize(
    taskArn: TaskArn,
    container: string,
    limits: ContainerLimits,
  ): Promise<{ failure?: string }>;
  /** Has src/steps/edit/change-task.ts look at the pod soon; answers at once. */
  changed(uid: string): void;
}
