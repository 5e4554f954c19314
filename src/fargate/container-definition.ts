// One container of the pod in the task definition: supervise as entry point, mounts, hard memory limit. The start order has the rest.
import type { Container, Pod } from '../kinds/pod.ts';
import { own } from '../own.ts';
import { capabilityName, isAddable } from '../pod/process/capabilities.ts';
import { milliUnits, wholeUnits } from '../pod/model/quantity.ts';
import type { ContainerDefinition } from '../ports/tasks.ts';
import { present } from '../present.ts';
import { containerLimits } from './container-limits.ts';
import { mountPoints, tmpfsMounts } from './mount-points.ts';
import {
  logConfiguration,
  MIN_CONTAINER_MEMORY_MIB,
  PODLET_CONTAINER,
  STOP_TIMEOUT_SECONDS,
  type DefinitionContext,
} from './podlet-definition.ts';
import { seedDependencies } from './seed-definition.ts';
import { systemControls } from './system-controls.ts';

/** The kernel's minimum cpu share. */
const MIN_CPU_UNITS = 2;
const MIB = 1024 * 1024;

/** The definition of one init or app container; its content depends only on the pod's shape. */
export function containerDefinition(
  pod: Pod,
  container: Container,
  context: DefinitionContext,
): ContainerDefinition {
  const { name } = container;
  const credentials = own(context.pullSecretArns, name);
  const linuxParameters = linuxParametersOf(pod, container, context.size.memoryMiB);
  return {
    name,
    image: own(context.images, name)?.reference ?? container.image ?? '',
    essential: false,
    entryPoint: ['/.droppod/bin/supervise'],
    // A constant argument, so that the image's CMD is not passed to supervise.
    command: ['run'],
    user: '0:0',
    ...memoryOf(container, context.size.memoryMiB),
    ...cpuOf(pod, container),
    mountPoints: mountPoints(pod, container),
    dependsOn: [
      { containerName: PODLET_CONTAINER, condition: 'START' },
      ...seedDependencies(pod, container),
    ],
    ...present({
      privileged: container.securityContext?.privileged === true ? true : undefined,
      readonlyRootFilesystem:
        container.securityContext?.readOnlyRootFilesystem === true ? true : undefined,
    }),
    stopTimeout: STOP_TIMEOUT_SECONDS,
    ...present({
      linuxParameters,
      repositoryCredentials:
        credentials === undefined ? undefined : { credentialsParameter: credentials },
    }),
    ...systemControls(pod, 'other'),
    dockerLabels: {
      'droppod/pull-policy': container.imagePullPolicy ?? 'IfNotPresent',
      ...limitLabels(container),
      ...hostPathLabels(pod, container),
    },
    logConfiguration: logConfiguration(context.settings),
  };
}

/** Settings that ECS has no member for; only the local engine reads them. */
function limitLabels({ resources }: Container): Record<string, string> {
  const { cpu, memoryBytes } = containerLimits(resources ?? {});
  return {
    ...present({
      'droppod/cpu-limit': cpu === undefined ? undefined : String(cpu),
      'droppod/memory-limit':
        memoryBytes === undefined || memoryBytes % MIB === 0 ? undefined : String(memoryBytes),
    }),
  };
}

/** Docker creates a missing directory, which these types forbid. */
function hostPathLabels(pod: Pod, container: Container): Record<string, string> {
  const mounted = new Set((container.volumeMounts ?? []).map(({ name }) => name));
  return Object.fromEntries(
    (pod.spec.volumes ?? []).flatMap(({ name, hostPath }) =>
      hostPath?.type && hostPath.type !== 'DirectoryOrCreate' && mounted.has(name)
        ? [[`droppod/host-path-must-exist.${name}`, hostPath.type]]
        : [],
    ),
  );
}

/** The limit is hard; the reservation is minimal, since Fargate checks the sum of reservations against the task. */
function memoryOf(
  container: Container,
  taskMemoryMiB: number,
): Pick<ContainerDefinition, 'memory' | 'memoryReservation'> {
  const bytes = wholeUnits(container.resources?.limits?.['memory']);
  const reservation = { memoryReservation: MIN_CONTAINER_MEMORY_MIB };
  if (bytes === 0) return reservation;
  const memory = Math.min(
    Math.max(Math.ceil(bytes / MIB), MIN_CONTAINER_MEMORY_MIB),
    taskMemoryMiB,
  );
  return memory > MIN_CONTAINER_MEMORY_MIB ? { memory, ...reservation } : { memory };
}

/** Shares by request for containers that run together; init containers run alone and request none. */
function cpuOf(pod: Pod, container: Container): Pick<ContainerDefinition, 'cpu'> {
  const alone =
    (pod.spec.initContainers ?? []).includes(container) && container.restartPolicy !== 'Always';
  const cpu = Math.floor((milliUnits(container.resources?.requests?.['cpu']) * 1024) / 1000);
  return alone || cpu < MIN_CPU_UNITS ? {} : { cpu };
}

function linuxParametersOf(
  pod: Pod,
  container: Container,
  taskMemoryMiB: number,
): ContainerDefinition['linuxParameters'] {
  const tmpfs = tmpfsMounts(pod, container, taskMemoryMiB);
  // Fargate can only add SYS_PTRACE; others are admitted beyond Fargate. supervise drops capabilities, since it needs setuid until then.
  const add = (container.securityContext?.capabilities?.add ?? [])
    .map(capabilityName)
    .filter(isAddable);
  if (tmpfs.length === 0 && add.length === 0) return undefined;
  return {
    ...present({
      capabilities: add.length > 0 ? { add } : undefined,
      tmpfs: tmpfs.length > 0 ? tmpfs : undefined,
    }),
  };
}
