// Containers that copy directories of an image into volumes of the task, for single files under a read-only root: Fargate only
// mounts directories, so the file's directory is mounted, as a copy of the image's directory with the file in it.
import type { Container, Pod } from '../kinds/pod.ts';
import { own } from '../own.ts';
import { seedersOf, type Seeder } from '../pod/volumes/seeders.ts';
import type { ContainerDefinition } from '../ports/tasks.ts';
import { present } from '../present.ts';
import { BIN_VOLUME } from './mount-points.ts';
import {
  logConfiguration,
  MIN_CONTAINER_MEMORY_MIB,
  PODLET_CONTAINER,
  STOP_TIMEOUT_SECONDS,
  type DefinitionContext,
} from './podlet-definition.ts';

/** The condition of a container whose seeds must have been copied before it starts. */
export const seedDependencies = (
  pod: Pod,
  { image, name }: Container,
): NonNullable<ContainerDefinition['dependsOn']> =>
  seedersOf(pod)
    .filter(
      (seeder) =>
        seeder.container.image === image &&
        seeder.seeds.some(({ key }) => key.startsWith(`droppod-seed_${name}_`)),
    )
    .map((seeder) => ({ containerName: seeder.name, condition: 'SUCCESS' as const }));

/** The definition: supervise reads the image's own content, and nothing of the pod's. It ends before its containers start. */
export function seederDefinition(
  { name, container, seeds }: Seeder,
  context: DefinitionContext,
): ContainerDefinition {
  const credentials = own(context.pullSecretArns, container.name);
  return {
    name,
    image: own(context.images, container.name)?.reference ?? container.image ?? '',
    essential: false,
    entryPoint: ['/.droppod/bin/supervise'],
    command: [
      '--seed',
      JSON.stringify(
        seeds.map(({ key, path, inside }) => ({ from: path, to: seedPath(key), inside })),
      ),
    ],
    user: '0:0',
    memoryReservation: MIN_CONTAINER_MEMORY_MIB,
    mountPoints: [
      { sourceVolume: BIN_VOLUME, containerPath: '/.droppod/bin', readOnly: true },
      ...seeds.map(({ key }) => ({
        sourceVolume: key,
        containerPath: seedPath(key),
        readOnly: false,
      })),
    ],
    dependsOn: [{ containerName: PODLET_CONTAINER, condition: 'START' }],
    // No startTimeout: an application's directory can hold gigabytes, and Fargate takes 120 seconds at most.
    stopTimeout: STOP_TIMEOUT_SECONDS,
    ...present({
      repositoryCredentials:
        credentials === undefined ? undefined : { credentialsParameter: credentials },
    }),
    dockerLabels: { 'droppod/pull-policy': container.imagePullPolicy ?? 'IfNotPresent' },
    logConfiguration: logConfiguration(context.settings),
  };
}

const seedPath = (key: string): string => `/.droppod/s/${key}`;
