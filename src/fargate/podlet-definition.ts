// The podlet's container in the task definition, and the settings that all containers of a task share.
import type { Container, Pod } from '../kinds/pod.ts';
import type { ImageConfig } from '../ports/images.ts';
import type { Settings } from '../ports/settings.ts';
import type { ContainerDefinition } from '../ports/tasks.ts';
import {
  ADDED_VOLUME,
  BIN_VOLUME,
  controlVolume,
  madeMountPoints,
  podletPath,
} from './mount-points.ts';
import { PODLET_MEMORY_LIMIT_MIB, PODLET_MEMORY_MIB, type TaskSize } from './size.ts';
import { systemControls } from './system-controls.ts';

/** The name of the podlet's container in every task; no container of a pod may use it. */
export const PODLET_CONTAINER = 'droppod-podlet';

/** The prefix of every log stream's name. */
export const LOG_STREAM_PREFIX = 'pod';

/** ECS's maximum; droppod ends containers itself, earlier. */
export const STOP_TIMEOUT_SECONDS = 120;

/** ECS's minimum for a container. */
export const MIN_CONTAINER_MEMORY_MIB = 6;

/** A file system, or a directory of the machine (in local mode beyond Fargate). */
export type ClaimedData = { fileSystemId: string } | { sourcePath: string };

/** The input of a definition besides the pod. */
export interface DefinitionContext {
  /** By container name, init containers included. */
  images: { [container: string]: ImageConfig };
  size: TaskSize;
  settings: Pick<Settings, 'podletImage' | 'logGroup' | 'region'> & Partial<Pick<Settings, 'mode'>>;
  executionRoleArn?: string;
  /** Where the data of the pod's claims is, by volume. */
  claims?: { [volume: string]: ClaimedData };
  /** ARN of the Secrets Manager secret with the pull credentials, by container. */
  pullSecretArns?: { [container: string]: string };
}

/** Takes the pause container's place: the only essential container, started first, with every volume of the pod. */
export function podletDefinition(
  pod: Pod,
  containers: Container[],
  volumes: string[],
  settings: DefinitionContext['settings'],
): ContainerDefinition {
  const controls = containers.map(({ name }) => ({
    sourceVolume: controlVolume(name),
    containerPath: `/.droppod/c/${name}`,
    readOnly: false,
  }));
  const shared = volumes.map((key) => ({
    sourceVolume: key,
    containerPath: podletPath(key),
    readOnly: false,
  }));
  return {
    name: PODLET_CONTAINER,
    image: settings.podletImage,
    essential: true,
    user: '0:0',
    memoryReservation: PODLET_MEMORY_MIB,
    memory: PODLET_MEMORY_LIMIT_MIB,
    mountPoints: [
      { sourceVolume: BIN_VOLUME, containerPath: '/.droppod/bin', readOnly: false },
      ...controls,
      ...shared,
      ...madeMountPoints(pod, containers),
      ...(settings.mode === 'local'
        ? [{ sourceVolume: ADDED_VOLUME, containerPath: '/.droppod/e', readOnly: false }]
        : []),
    ],
    stopTimeout: STOP_TIMEOUT_SECONDS,
    // Network settings of a single container apply to the whole task.
    ...systemControls(pod, 'network'),
    logConfiguration: logConfiguration(settings),
  };
}

/** One log group and a constant prefix: streams are `<prefix>/<container>/<task id>`. */
export function logConfiguration({
  logGroup,
  region,
}: Pick<Settings, 'logGroup' | 'region'>): ContainerDefinition['logConfiguration'] {
  return {
    logDriver: 'awslogs',
    // ECS drops lines under load unless the mode is blocking.
    options: {
      'awslogs-group': logGroup,
      'awslogs-region': region,
      'awslogs-stream-prefix': LOG_STREAM_PREFIX,
      mode: 'blocking',
    },
  };
}
