// A task definition as the agent runs it: ECS's names, only the fields that the engine serves (aws/ecs refuses all others).

export interface TaskDefinition {
  taskDefinitionArn: string;
  family: string;
  revision: number;
  status: 'ACTIVE' | 'INACTIVE';
  networkMode: string;
  requiresCompatibilities: string[];
  cpu?: string;
  memory?: string;
  runtimePlatform?: { cpuArchitecture?: string; operatingSystemFamily?: string };
  pidMode?: 'task';
  ephemeralStorage?: { sizeInGiB: number };
  executionRoleArn?: string;
  taskRoleArn?: string;
  /** `host.sourcePath` mounts a directory of the machine: possible on EC2, not on Fargate. */
  /** A file system outlives its tasks; here it is a volume of the engine. */
  volumes: {
    name: string;
    host?: { sourcePath?: string };
    efsVolumeConfiguration?: { fileSystemId: string };
  }[];
  containerDefinitions: ContainerDefinition[];
  tags: Tag[];
  registeredAt: string;
  deregisteredAt?: string;
}

export interface Tag {
  key: string;
  value: string;
}

export interface KeyedValue {
  name: string;
  value: string;
}

/** Has started; has ended, with whatever code; has ended with code 0. */
type DependencyCondition = 'START' | 'COMPLETE' | 'SUCCESS';

export interface ContainerDefinition {
  name: string;
  image: string;
  essential: boolean;
  cpu?: number;
  memory?: number;
  memoryReservation?: number;
  entryPoint?: string[];
  command?: string[];
  user?: string;
  workingDirectory?: string;
  environment: KeyedValue[];
  mountPoints: { sourceVolume: string; containerPath: string; readOnly?: boolean }[];
  dependsOn?: { containerName: string; condition: DependencyCondition }[];
  /** Possible on EC2, not on Fargate. */
  privileged?: boolean;
  readonlyRootFilesystem?: boolean;
  interactive?: boolean;
  pseudoTerminal?: boolean;
  stopTimeout?: number;
  startTimeout?: number;
  linuxParameters?: {
    capabilities?: { add?: string[]; drop?: string[] };
    tmpfs?: { containerPath: string; size: number; mountOptions?: string[] }[];
    initProcessEnabled?: boolean;
  };
  repositoryCredentials?: { credentialsParameter: string };
  systemControls?: { namespace: string; value: string }[];
  dockerLabels?: Record<string, string>;
  /** Container of the task whose processes it shares; only for a container that was added (ECS has no such member). */
  pidOf?: string;
  portMappings?: { containerPort: number; hostPort?: number; protocol?: string }[];
  logConfiguration?: { logDriver: string; options?: Record<string, string> };
}

/** A container that joins a running task. ECS has no counterpart. */
export interface AddedContainer extends ContainerDefinition {
  /** Directories inside the task's volumes, each a volume of this container alone; created where missing. */
  parts: { name: string; volume: string; path: string }[];
}

/**
 * The container that owns the task's network namespace: essential, without dependencies, and with the most dependents.
 * It starts first and stops last. undefined: no container is suitable.
 */
export function primaryContainer(
  containers: ContainerDefinition[],
): ContainerDefinition | undefined {
  const dependents = (name: string): number =>
    containers.filter((other) => dependencies(other).includes(name)).length;
  const candidates = containers.filter(
    (container) => container.essential && dependencies(container).length === 0,
  );
  return candidates.reduce<ContainerDefinition | undefined>(
    (best, next) => (best && dependents(best.name) >= dependents(next.name) ? best : next),
    undefined,
  );
}

/** Names of the containers that must have started before `container`. */
export function dependencies(container: ContainerDefinition): string[] {
  return (container.dependsOn ?? []).map(({ containerName }) => containerName);
}

/** Whether the dependencies form a cycle or name a missing container. */
export function dependencyProblem(
  containers: ContainerDefinition[],
): 'cycle' | 'unknown' | undefined {
  const names = new Set(containers.map(({ name }) => name));
  if (containers.some((container) => dependencies(container).some((name) => !names.has(name))))
    return 'unknown';
  const done = new Set<string>();
  for (let left = containers; left.length > 0;) {
    const ready = left.filter((container) =>
      dependencies(container).every((name) => done.has(name)),
    );
    if (ready.length === 0) return 'cycle';
    for (const { name } of ready) done.add(name);
    left = left.filter(({ name }) => !done.has(name));
  }
  return undefined;
}
