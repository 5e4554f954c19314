// One container of a task definition as the engine's create call. Pure: launch.ts sends it.
import { own } from '../../src/own.ts';
import { present } from '../../src/present.ts';
import type { ContainerLimits, ContainerSpec, HostConfig, Mount } from '../docker/containers.ts';
import {
  CLUSTER_LABEL,
  CONTAINER_LABEL,
  CPU_LIMIT_LABEL,
  ENGINE_LABEL,
  FAMILY_LABEL,
  HOSTNAME_TAG,
  HOST_PATH_LABEL,
  MEMORY_LIMIT_LABEL,
  REVISION_LABEL,
  TASK_LABEL,
  containerName,
  fileSystemVolume,
  volumeName,
} from './labels.ts';
import { createReference } from './images/image-name.ts';
import { tagValue, type Task } from './task.ts';
import {
  primaryContainer,
  type ContainerDefinition,
  type TaskDefinition,
} from './task-definition.ts';

const MIB = 1024 * 1024;

/** Most processes and threads of one container: far above a pod's need, far below what would take the machine down. */
const MAX_PIDS = 16_384;

const DEFAULT_STOP_TIMEOUT_SECONDS = 30;

export interface SpecContext {
  engineId: string;
  region: string;
  metadataUrl: string;
  lacking: readonly string[];
}

/** Seconds between the stop signal and KILL. */
export function stopTimeoutSeconds(container: ContainerDefinition): number {
  return container.stopTimeout ?? DEFAULT_STOP_TIMEOUT_SECONDS;
}

/** The engine's form of `container`; all containers but the primary join the primary's network. */
export function containerSpec(
  task: Task,
  definition: TaskDefinition,
  defined: ContainerDefinition,
  context: SpecContext,
): ContainerSpec {
  const primary = primaryContainer(definition.containerDefinitions);
  const isPrimary = primary?.name === defined.name;
  // The kernel's host names have at most 63 characters; Kubernetes cuts them in the same way.
  const hostname = isPrimary ? tagValue(task, HOSTNAME_TAG)?.slice(0, 64) : undefined;
  const override = task.overrides.containerOverrides.find(({ name }) => name === defined.name);
  const container: ContainerDefinition = {
    ...defined,
    ...override,
    environment: [...defined.environment, ...(override?.environment ?? [])],
  };
  return {
    Image: createReference(container.image),
    ...present({
      Hostname: hostname || undefined,
      Entrypoint: container.entryPoint,
      Cmd: container.command,
    }),
    Env: environment(task, container, context),
    ...present({
      User: container.user || undefined,
      WorkingDir: container.workingDirectory || undefined,
    }),
    Labels: {
      ...container.dockerLabels,
      ...ownLabels(task, definition, context.engineId),
      [CONTAINER_LABEL]: container.name,
    },
    Tty: container.pseudoTerminal ?? false,
    OpenStdin: container.interactive ?? false,
    // ECS does not run the health check of an image.
    Healthcheck: { Test: ['NONE'] },
    StopTimeout: stopTimeoutSeconds(container),
    HostConfig: {
      ...namespaces(task, definition, container, primary),
      ...resources(container, isPrimary),
      PidsLimit: MAX_PIDS,
      ...privileges(container, context.lacking),
      ...mounts(task, definition, container, { primary, isPrimary, engineId: context.engineId }),
      // `local` keeps bytes as they are; json-file replaces invalid UTF-8. Compressed files would be unpacked for each reader of the last lines.
      LogConfig: {
        Type: 'local',
        Config: { 'max-size': '50m', 'max-file': '3', compress: 'false' },
      },
    },
  };
}

function ownLabels(
  task: Task,
  definition: TaskDefinition,
  engineId: string,
): Record<string, string> {
  return {
    [ENGINE_LABEL]: engineId,
    [TASK_LABEL]: task.taskArn,
    [CLUSTER_LABEL]: task.clusterArn,
    [FAMILY_LABEL]: definition.family,
    [REVISION_LABEL]: String(definition.revision),
  };
}

function environment(
  task: Task,
  container: ContainerDefinition,
  { region, metadataUrl }: SpecContext,
): string[] {
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

function namespaces(
  task: Task,
  definition: TaskDefinition,
  container: ContainerDefinition,
  primary: ContainerDefinition | undefined,
): Partial<HostConfig> {
  if (!primary || primary.name === container.name) return { NetworkMode: 'bridge' };
  const owner = `container:${containerName(task, primary.name)}`;
  const processes =
    container.pidOf === undefined ? owner : `container:${containerName(task, container.pidOf)}`;
  return {
    NetworkMode: owner,
    ...present({
      PidMode:
        definition.pidMode === 'task' || container.pidOf !== undefined ? processes : undefined,
    }),
  };
}

/** A container's limits; `cpu` in vCPU. Absent members set nothing. */
export interface Limits {
  memoryBytes?: number;
  cpu?: number;
  cpuShares?: number;
}

const CPU_PERIOD = 100_000;
/** The kernel's smallest quota and smallest share. */
const MIN_CPU_QUOTA = 1000;
const MIN_CPU_SHARES = 2;

/** Limits in the engine's form, for create and for updates. */
export function engineLimits({ memoryBytes, cpu, cpuShares }: Limits): ContainerLimits {
  return {
    // Equal to Memory: otherwise the engine adds the same amount of swap.
    ...(memoryBytes ? { Memory: memoryBytes, MemorySwap: memoryBytes } : {}),
    ...present({
      CpuShares: cpuShares === undefined ? undefined : Math.max(cpuShares, MIN_CPU_SHARES),
    }),
    // The engine refuses NanoCpus above the number of processors.
    ...(cpu
      ? { CpuPeriod: CPU_PERIOD, CpuQuota: Math.max(Math.round(cpu * CPU_PERIOD), MIN_CPU_QUOTA) }
      : {}),
  };
}

function resources(container: ContainerDefinition, isPrimary: boolean): Partial<HostConfig> {
  const { dockerLabels, cpu, memory, memoryReservation } = container;
  const memoryBytes = Number(dockerLabels?.[MEMORY_LIMIT_LABEL] ?? 0) || (memory ?? 0) * MIB;
  // ECS gives two shares where no cpu is requested; the primary holds the task and keeps the engine's default.
  const cpuShares = cpu ?? (isPrimary ? undefined : MIN_CPU_SHARES);
  return {
    ...engineLimits({
      memoryBytes,
      cpu: Number(dockerLabels?.[CPU_LIMIT_LABEL] ?? 0),
      ...present({ cpuShares }),
    }),
    ...present({ MemoryReservation: memoryReservation ? memoryReservation * MIB : undefined }),
  };
}

/** `privileged`, or what it is made of for an engine that cannot give all capabilities. */
function privileged(lacking: readonly string[]): Partial<HostConfig> {
  if (lacking.length === 0) return { Privileged: true };
  return {
    CapAdd: ['ALL'],
    CapDrop: [...lacking],
    SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined'],
    MaskedPaths: [],
    ReadonlyPaths: [],
    DeviceCgroupRules: ['a *:* rwm'],
  };
}

function privileges(
  container: ContainerDefinition,
  lacking: readonly string[],
): Partial<HostConfig> {
  const { capabilities, tmpfs, initProcessEnabled } = container.linuxParameters ?? {};
  return {
    ReadonlyRootfs: container.readonlyRootFilesystem ?? false,
    ...present({
      CapAdd: capabilities?.add?.length ? capabilities.add : undefined,
      CapDrop: capabilities?.drop?.length ? capabilities.drop : undefined,
      Init: initProcessEnabled ? true : undefined,
      Tmpfs: tmpfs?.length
        ? Object.fromEntries(
            tmpfs.map(({ containerPath, size, mountOptions }) => [
              containerPath,
              [`size=${size}m`, ...(mountOptions ?? [])].join(','),
            ]),
          )
        : undefined,
      Sysctls: container.systemControls?.length
        ? Object.fromEntries(
            container.systemControls.map(({ namespace, value }) => [namespace, value]),
          )
        : undefined,
    }),
    ...(container.privileged ? privileged(lacking) : {}),
  };
}

interface MountContext {
  primary: ContainerDefinition | undefined;
  isPrimary: boolean;
  engineId: string;
}

function mounts(
  task: Task,
  definition: TaskDefinition,
  container: ContainerDefinition,
  { primary, isPrimary, engineId }: MountContext,
): Pick<HostConfig, 'Mounts' | 'Binds'> {
  const Binds: string[] = [];
  const Mounts = container.mountPoints.flatMap(
    ({ sourceVolume, containerPath, readOnly }): Mount[] => {
      const volume = definition.volumes.find(({ name }) => name === sourceVolume);
      const sourcePath = volume?.host?.sourcePath;
      const fileSystemId = volume?.efsVolumeConfiguration?.fileSystemId;
      if (sourcePath) {
        const mustExist =
          own(container.dockerLabels, `${HOST_PATH_LABEL}${sourceVolume}`) !== undefined;
        if (mustExist)
          return [
            {
              Type: 'bind',
              Source: sourcePath,
              Target: containerPath,
              ReadOnly: readOnly ?? false,
            },
          ];
        Binds.push(`${sourcePath}:${containerPath}${readOnly ? ':ro' : ''}`);
        return [];
      }
      if (fileSystemId !== undefined)
        return [
          {
            Type: 'volume',
            Source: fileSystemVolume(engineId, fileSystemId),
            Target: containerPath,
            ReadOnly: readOnly ?? false,
            VolumeOptions: { NoCopy: true, Labels: { [ENGINE_LABEL]: engineId } },
          },
        ];
      // A volume that the primary container mounts is filled from the primary's image, whichever container the engine creates first.
      const ofPrimary =
        primary?.mountPoints.some((mount) => mount.sourceVolume === sourceVolume) ?? false;
      return [
        {
          Type: 'volume',
          Source: volumeName(task, sourceVolume),
          Target: containerPath,
          ReadOnly: readOnly ?? false,
          VolumeOptions: {
            NoCopy: ofPrimary && !isPrimary,
            Labels: { [ENGINE_LABEL]: engineId, [TASK_LABEL]: task.taskArn },
          },
        },
      ];
    },
  );
  return { Mounts, ...present({ Binds: Binds.length > 0 ? Binds : undefined }) };
}
