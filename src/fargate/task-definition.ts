// Pod -> ECS task definition: only its shape (docs/design/security.md). Secrets, and values that differ between pods, are sent by sync.
import { createHash } from 'node:crypto';
import type { Pod } from '../kinds/pod.ts';
import { initAndAppContainers } from '../pod/model/containers.ts';
import { seedersOf } from '../pod/volumes/seeders.ts';
import { preparedVolumes } from '../pod/volumes/mounted-volumes.ts';
import type { TaskDefinition } from '../ports/tasks.ts';
import { own } from '../own.ts';
import { present } from '../present.ts';
import { containerDefinition } from './container-definition.ts';
import { ADDED_VOLUME, BIN_VOLUME, controlVolume } from './mount-points.ts';
import { podletDefinition, type ClaimedData, type DefinitionContext } from './podlet-definition.ts';
import { seederDefinition } from './seed-definition.ts';

/** The definition; pods of one shape get the same content and therefore the same family. */
export function taskDefinition(pod: Pod, context: DefinitionContext): TaskDefinition {
  const containers = initAndAppContainers(pod);
  const volumes = preparedVolumes(pod);
  const content: Omit<TaskDefinition, 'family'> = {
    cpu: String(context.size.cpuUnits),
    memory: String(context.size.memoryMiB),
    ...present({
      ephemeralStorageGiB: context.size.storageGiB,
      executionRoleArn: context.executionRoleArn,
      pidMode: pod.spec.shareProcessNamespace === true ? 'task' : undefined,
    }),
    runtimePlatform: { cpuArchitecture: architectureOf(context.images) },
    volumes: [
      ...[BIN_VOLUME, ...containers.map(({ name }) => controlVolume(name)), ...volumes].map(
        (name) => dataVolume(name, own(context.claims, name)),
      ),
      ...(context.settings.mode === 'local' ? [{ name: ADDED_VOLUME }] : []),
      ...hostVolumes(pod),
    ],
    containerDefinitions: [
      podletDefinition(pod, containers, volumes, context.settings),
      ...containers.map((container) => containerDefinition(pod, container, context)),
      ...seedersOf(pod).map((seeder) => seederDefinition(seeder, context)),
    ],
  };
  return { family: `droppod-${contentHash(content)}`, ...content };
}

const dataVolume = (
  name: string,
  data: ClaimedData | undefined,
): TaskDefinition['volumes'][number] =>
  data === undefined
    ? { name }
    : 'fileSystemId' in data
      ? { name, efsVolumeConfiguration: data }
      : { name, host: data };

/** Directories of the machine: such pods are only admitted in local mode beyond Fargate. */
const hostVolumes = (pod: Pod): TaskDefinition['volumes'] =>
  (pod.spec.volumes ?? []).flatMap(({ name, hostPath }) =>
    hostPath === undefined ? [] : [{ name, host: { sourcePath: hostPath.path } }],
  );

function contentHash(content: Omit<TaskDefinition, 'family'>): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 32);
}

function architectureOf(images: DefinitionContext['images']): 'X86_64' | 'ARM64' {
  return Object.values(images).some(({ architecture }) => architecture === 'arm64')
    ? 'ARM64'
    : 'X86_64';
}
