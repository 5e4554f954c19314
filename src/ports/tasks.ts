// ECS, narrowed to what a pod needs.
import type { TaskArn } from './identity.ts';

/** How many tasks ECS describes in one call. */
export const TASKS_AT_ONCE = 100;

/** ECS, narrowed. Inputs and results have the shapes of src/fargate. */
export interface Tasks {
  /** Registers unless the same content is registered; returns the task definition's ARN. A final refusal by ECS is an outcome. */
  register(definition: TaskDefinition): Promise<{ arn: string } | { failure: string }>;
  /** Missing capacity, no placement and final refusals by ECS are outcomes; only faults throw. Same client token, same task. */
  run(request: RunTaskRequest): Promise<{ taskArn: TaskArn } | { failure: string }>;
  /** May be called again; an unknown task is not an error. */
  stop(taskArn: TaskArn, reason: string): Promise<void>;
  /** At most TASKS_AT_ONCE; absent in the answer: ECS has no such task (any more). */
  describe(taskArns: readonly TaskArn[]): Promise<ReadonlyMap<TaskArn, TaskFacts>>;
  /** All tasks of the cluster that should run and are not STOPPED. */
  listRunning(): Promise<RunningTask[]>;
}

/** An entry of the list of tasks. */
export interface RunningTask {
  taskArn: TaskArn;
  startedBy: string;
  lastStatus?: string;
}

/** The part of an ECS task definition that droppod uses (camelCase as on the wire; see src/fargate/task-definition.ts). */
export interface TaskDefinition {
  family: string;
  cpu: string;
  memory: string;
  runtimePlatform?: { cpuArchitecture: 'X86_64' | 'ARM64' };
  pidMode?: 'task';
  ephemeralStorageGiB?: number;
  executionRoleArn?: string;
  /** `host` only in local mode beyond Fargate (hostPath). A file system's files survive the task. */
  volumes: {
    name: string;
    host?: { sourcePath: string };
    efsVolumeConfiguration?: { fileSystemId: string };
  }[];
  containerDefinitions: ContainerDefinition[];
}

export interface ContainerDefinition {
  name: string;
  image: string;
  essential: boolean;
  entryPoint?: string[];
  command?: string[];
  user: '0:0';
  workingDirectory?: string;
  memory?: number;
  memoryReservation?: number;
  cpu?: number;
  environment?: { name: string; value: string }[];
  mountPoints: { sourceVolume: string; containerPath: string; readOnly: boolean }[];
  dependsOn?: { containerName: string; condition: 'START' | 'SUCCESS' }[];
  /** Only in local mode beyond Fargate. */
  privileged?: boolean;
  readonlyRootFilesystem?: boolean;
  interactive?: boolean;
  pseudoTerminal?: boolean;
  stopTimeout?: number;
  linuxParameters?: {
    capabilities?: { add: string[] };
    tmpfs?: { containerPath: string; size: number; mountOptions?: string[] }[];
    initProcessEnabled?: boolean;
  };
  repositoryCredentials?: { credentialsParameter: string };
  systemControls?: { namespace: string; value: string }[];
  dockerLabels?: Record<string, string>;
  logConfiguration: { logDriver: 'awslogs'; options: Record<string, string> };
}

export interface RunTaskRequest {
  taskDefinitionArn: string;
  startedBy: string;
  clientToken: string;
  /** Environment of the podlet's container, as an override. */
  podletEnvironment: Record<string, string>;
  tags: Record<string, string>;
}

/** An ECS task as facts (parsed once in src/fargate/task-facts.ts). */
export interface TaskFacts {
  taskArn: TaskArn;
  /** PROVISIONING … STOPPED. */
  lastStatus: string;
  desiredStatus: string;
  /** Grows with every change; older ones are ignored. */
  version: number;
  startedBy?: string;
  stopCode?: string;
  stoppedReason?: string;
  privateIp?: string;
  createdAt?: string;
  stoppedAt?: string;
  containers: {
    name: string;
    lastStatus: string;
    exitCode?: number;
    reason?: string;
    runtimeId?: string;
    imageDigest?: string;
  }[];
}
