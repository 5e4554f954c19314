// One container of a task definition as a create call to the engine. Pure: launch.ts sends it.
import type { ContainerSpec, HostConfig, Mount } from '../docker/containers.ts';
import { CLUSTER_LABEL, CONTAINER_LABEL, CPU_LIMIT_LABEL, ENGINE_LABEL, FAMILY_LABEL, HOSTNAME_TAG, REVISION_LABEL, TASK_LABEL, containerName, volumeName } from './labels.ts';
import { createReference } from './image-name.ts';
import { tagValue, type Task } from './task.ts';
import { primaryContainer, type ContainerDefinition, type TaskDefinition } from './task-definition.ts';

const MIB = 1024 * 1024;
const DEFAULT_STOP_TIMEOUT_SECONDS = 30;

export interface SpecContext {
  engineId: string;
  region: string;
  metadataUrl: string;
}

/** Seconds between the stop signal and KILL. */
export function stopTimeoutSeconds(container: ContainerDefinition): number {
  return container.stopTimeout ?? DEFAULT_STOP_TIMEOUT_SECONDS;
}

/** The engine's form of `container`; all but the primary container join the primary's network. */
export function containerSpec(task: Task, definition: TaskDefinition, defined: ContainerDefinition, context: SpecContext): ContainerSpec {
  const primary = primaryContainer(definition.containerDefinitions);
  const isPrimary = primary?.name === defined.name;
  // The kernel's host names end at 63 characters, as Kubernetes cuts them.
  const hostname = isPrimary ? tagValue(task, HOSTNAME_TAG)?.slice(0, 63) : undefined;
  const override = task.overrides.containerOverrides.find(({ name }) => name === defined.name);
  const container: ContainerDefinition = { ...defined, ...override, environment: [...defined.environment, ...(override?.environment ?? [])] };
  return {
    Image: createReference(container.image),
    ...(hostname ? { Hostname: hostname } : {}),
    ...(container.entryPoint ? { Entrypoint: container.entryPoint } : {}),
    ...(container.command ? { Cmd: container.command } : {}),
    Env: environment(task, container, context),
    ...(container.user ? { User: container.user } : {}),
    ...(container.workingDirectory ? { WorkingDir: container.workingDirectory } : {}),
    Labels: { ...container.dockerLabels, ...ownLabels(task, definition, context.engineId), [CONTAINER_LABEL]: container.name },
    Tty: container.pseudoTerminal ?? false,
    OpenStdin: container.interactive ?? false,
    // ECS does not run the health check of an image.
    Healthcheck: { Test: ['NONE'] },
    StopTimeout: stopTimeoutSeconds(container),
    HostConfig: {
      ...namespaces(task, definition, primary, isPrimary),
      ...resources(container),
      ...privileges(container),
      Mounts: mounts(task, definition, container, { primary, isPrimary, engineId: context.engineId }),
      // `local` keeps bytes as they are; json-file replaces what is no UTF-8.
      LogConfig: { Type: 'local', Config: { 'max-size': '50m', 'max-file': '3' } },
    },
  };
}

function ownLabels(task: Task, definition: TaskDefinition, engineId: string): Record<string, string> {
  return {
    [ENGINE_LABEL]: engineId,
    [TASK_LABEL]: task.taskArn,
    [CLUSTER_LABEL]: task.clusterArn,
    [FAMILY_LABEL]: definition.family,
    [REVISION_LABEL]: String(definition.revision),
  };
}

function environment(task: Task, container: ContainerDefinition, { region, metadataUrl }: SpecContext): string[] {
  const index = task.containers.findIndex(({ name }) => name === container.name);
  const values = new Map([
    ['AWS_EXECUTION_ENV', 'AWS_ECS_FARGATE'],
    ['AWS_REGION', region],
    ['AWS_DEFAULT_REGION', region],
    ['ECS_CONTAINER_METADATA_URI_V4', `${metadataUrl}/v4/${task.secret}-${index}`],
  ]);
  for (const { name, value } of container.environment) values.set(name, value);
  return [...values].map(([name, value]) => `${name}=${value}`);
}

function namespaces(task: Task, definition: TaskDefinition, primary: ContainerDefinition | undefined, isPrimary: boolean): Partial<HostConfig> {
  if (isPrimary || !primary) return { NetworkMode: 'bridge' };
  const owner = `container:${containerName(task, primary.name)}`;
  return { NetworkMode: owner, ...(definition.pidMode === 'task' ? { PidMode: owner } : {}) };
}

function resources(container: ContainerDefinition): Partial<HostConfig> {
  const cpuLimit = Number(container.dockerLabels?.[CPU_LIMIT_LABEL]);
  return {
    // Equal MemorySwap: else the engine adds as much swap again.
    ...(container.memory ? { Memory: container.memory * MIB, MemorySwap: container.memory * MIB } : {}),
    ...(container.memoryReservation ? { MemoryReservation: container.memoryReservation * MIB } : {}),
    ...(container.cpu ? { CpuShares: Math.max(container.cpu, 2) } : {}),
    ...(cpuLimit > 0 ? { NanoCpus: Math.round(cpuLimit * 1e9) } : {}),
  };
}

function privileges(container: ContainerDefinition): Partial<HostConfig> {
  const { capabilities, tmpfs, initProcessEnabled } = container.linuxParameters ?? {};
  return {
    ReadonlyRootfs: container.readonlyRootFilesystem ?? false,
    ...(capabilities?.add?.length ? { CapAdd: capabilities.add } : {}),
    ...(capabilities?.drop?.length ? { CapDrop: capabilities.drop } : {}),
    ...(initProcessEnabled ? { Init: true } : {}),
    ...(tmpfs?.length ? { Tmpfs: Object.fromEntries(tmpfs.map(({ containerPath, size, mountOptions }) => [containerPath, [`size=${size}m`, ...(mountOptions ?? [])].join(',')])) } : {}),
    ...(container.systemControls?.length ? { Sysctls: Object.fromEntries(container.systemControls.map(({ namespace, value }) => [namespace, value])) } : {}),
  };
}

interface MountContext {
  primary: ContainerDefinition | undefined;
  isPrimary: boolean;
  engineId: string;
}

function mounts(task: Task, definition: TaskDefinition, container: ContainerDefinition, { primary, isPrimary, engineId }: MountContext): Mount[] {
  return container.mountPoints.map(({ sourceVolume, containerPath, readOnly }) => {
    const sourcePath = definition.volumes.find(({ name }) => name === sourceVolume)?.host?.sourcePath;
    if (sourcePath) return { Type: 'bind', Source: sourcePath, Target: containerPath, ReadOnly: readOnly ?? false };
    // What the primary container mounts holds the primary's content, whoever the engine happens to create first.
    const ofPrimary = primary?.mountPoints.some((mount) => mount.sourceVolume === sourceVolume) ?? false;
    return {
      Type: 'volume',
      Source: volumeName(task, sourceVolume),
      Target: containerPath,
      ReadOnly: readOnly ?? false,
      VolumeOptions: { NoCopy: ofPrimary && !isPrimary, Labels: { [ENGINE_LABEL]: engineId, [TASK_LABEL]: task.taskArn } },
    };
  });
}
