// The podlet's container in the task definition, and what all containers of a task share.
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

/** Name of the podlet's container in every task; no pod container may have it. */
export const PODLET_CONTAINER = 'droppod-podlet';

/** First part of every log stream's name. */
export const LOG_STREAM_PREFIX = 'pod';

/** ECS's longest; droppod ends containers itself, earlier. */
export const STOP_TIMEOUT_SECONDS = 120;

/** What a definition depends on beside the pod. */
export interface DefinitionContext {
  /** By container name, init containers included. */
  images: { [container: string]: ImageConfig };
  size: TaskSize;
  settings: Pick<Settings, 'podletImage' | 'logGroup' | 'region'> & Partial<Pick<Settings, 'mode'>>;
  executionRoleArn?: string;
  /** ARN of the Secrets Manager secret with the pull credentials, by container. */
  pullSecretArns?: { [container: string]: string };
}

/** The pause container's successor: the one essential container, started first, with every volume of the pod. */
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
    // Of the network's settings one container's hold for the whole task.
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
    // ECS drops lines under load unless its mode is blocking.
    options: {
      'awslogs-group': logGroup,
      'awslogs-region': region,
      'awslogs-stream-prefix': LOG_STREAM_PREFIX,
      mode: 'blocking',
    },
  };
}
