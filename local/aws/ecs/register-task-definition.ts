// RegisterTaskDefinition: each call creates the family's next revision.
import { present } from '../../../src/present.ts';
import type { TaskDefinition } from '../../agent/task-definition.ts';
import type { Json, JsonObject } from '../../states/json.ts';
import { AwsError } from '../protocol.ts';
import { checkTogether, readContainerDefinition } from './container-definition-input.ts';
import { arn, epoch, tagsOf, type EcsContext } from './context.ts';
import { refuseBeyondFargate, refuseHostAccess } from './fargate-rules.ts';
import { isFargateSize } from './fargate-size.ts';
import { asInput, refuseOthers, structure, structures, text, texts, type Input } from '../input.ts';

const SERVED = [
  'family',
  'taskRoleArn',
  'executionRoleArn',
  'networkMode',
  'containerDefinitions',
  'volumes',
  'requiresCompatibilities',
  'cpu',
  'memory',
  'tags',
  'pidMode',
  'runtimePlatform',
  'ephemeralStorage',
];
const FAMILY = /^[a-zA-Z0-9_-]{1,255}$/;
const FILE_SYSTEM = /^fs-[0-9a-f]{8,40}$/;
const MAX_CONTAINERS = 10;

export async function registerTaskDefinition(context: EcsContext, body: unknown): Promise<Json> {
  const input = asInput(body);
  const family = text(input, 'family');
  if (!family) throw client('Family should not be null or empty.');
  if (!FAMILY.test(family)) throw client('Family contains invalid characters.');
  const definition = readDefinition(context, input, family);
  await context.agent.book.putDefinition(definition);
  return {
    taskDefinition: definitionJson(definition),
    tags: definition.tags.map(({ key, value }) => ({ key, value })),
  };
}

function readDefinition(context: EcsContext, input: Input, family: string): TaskDefinition {
  refuseOthers(input, SERVED, 'ClientException');
  const containerDefinitions = structures(input, 'containerDefinitions').map(
    readContainerDefinition,
  );
  if (containerDefinitions.length === 0) throw client('Container list cannot be empty.');
  if (containerDefinitions.length > MAX_CONTAINERS)
    throw client(`Too many containers: a task definition may have at most ${MAX_CONTAINERS}.`);
  checkTogether(containerDefinitions);
  const volumes = readVolumes(input);
  for (const { name, mountPoints } of containerDefinitions) {
    const unknown = mountPoints.find(
      ({ sourceVolume }) => !volumes.some((volume) => volume.name === sourceVolume),
    );
    if (unknown) throw client(`Unknown volume '${unknown.sourceVolume}' in container '${name}'.`);
  }
  const revision =
    Math.max(
      0,
      ...[...context.agent.book.definitions.values()]
        .filter((other) => other.family === family)
        .map((other) => other.revision),
    ) + 1;
  const definition = present({
    taskDefinitionArn: arn(context, `task-definition/${family}:${revision}`),
    family,
    revision,
    status: 'ACTIVE',
    ...readShape(input),
    executionRoleArn: text(input, 'executionRoleArn'),
    taskRoleArn: text(input, 'taskRoleArn'),
    volumes,
    containerDefinitions,
    tags: tagsOf(input),
    registeredAt: context.agent.clock.now().toISOString(),
    deregisteredAt: undefined,
  });
  if (!context.beyondFargate) {
    refuseHostAccess(definition);
    if (definition.requiresCompatibilities.includes('FARGATE')) refuseBeyondFargate(definition);
  }
  return definition;
}

type Shape = Pick<
  TaskDefinition,
  | 'networkMode'
  | 'requiresCompatibilities'
  | 'cpu'
  | 'memory'
  | 'runtimePlatform'
  | 'pidMode'
  | 'ephemeralStorage'
>;

function readShape(input: Input): Shape {
  const requiresCompatibilities = texts(input, 'requiresCompatibilities') ?? [];
  const networkMode = text(input, 'networkMode') ?? 'awsvpc';
  const cpu = text(input, 'cpu');
  const memory = text(input, 'memory');
  if (networkMode !== 'awsvpc')
    throw client(
      `network mode ${networkMode} is not supported by the local engine: only awsvpc is`,
    );
  if (requiresCompatibilities.includes('FARGATE')) {
    if (cpu === undefined)
      throw client("Fargate requires that 'cpu' be defined at the task level.");
    if (memory === undefined)
      throw client("Fargate requires that 'memory' be defined at the task level.");
    if (!isFargateSize(cpu, memory))
      throw client('No Fargate configuration exists for given values.');
  }
  const pidMode = text(input, 'pidMode');
  if (pidMode !== undefined && pidMode !== 'task')
    throw client(`pidMode ${pidMode} is not supported: only task is`);
  const platform = structure(input, 'runtimePlatform');
  const storage = structure(input, 'ephemeralStorage')?.['sizeInGiB'];
  return present({
    networkMode,
    requiresCompatibilities,
    cpu,
    memory,
    pidMode,
    runtimePlatform:
      platform &&
      present({
        cpuArchitecture: text(platform, 'cpuArchitecture'),
        operatingSystemFamily: text(platform, 'operatingSystemFamily'),
      }),
    ephemeralStorage: typeof storage === 'number' ? { sizeInGiB: storage } : undefined,
  });
}

function readVolumes(input: Input): TaskDefinition['volumes'] {
  return structures(input, 'volumes').map((volume) => {
    const name = text(volume, 'name') ?? '';
    if (!FAMILY.test(name)) throw client(`Volume name '${name}' is not valid.`);
    const members = ['name', 'host', 'efsVolumeConfiguration'];
    refuseOthers(volume, members, 'ClientException', `Volume '${name}': `);
    const host = structure(volume, 'host');
    const fileSystem = structure(volume, 'efsVolumeConfiguration');
    if (fileSystem) return { name, efsVolumeConfiguration: readFileSystem(fileSystem, name) };
    return host ? { name, host: present({ sourcePath: text(host, 'sourcePath') }) } : { name };
  });
}

/** A file system as a whole: no part of it, no access point, no encryption in transit. */
function readFileSystem(fileSystem: Input, volume: string): { fileSystemId: string } {
  refuseOthers(fileSystem, ['fileSystemId'], 'ClientException', `Volume '${volume}': `);
  const fileSystemId = text(fileSystem, 'fileSystemId') ?? '';
  if (!FILE_SYSTEM.test(fileSystemId))
    throw client(`File system id '${fileSystemId}' of volume '${volume}' is not valid.`);
  return { fileSystemId };
}

/** For API answers. */
export function definitionJson({
  tags: _tags,
  registeredAt,
  deregisteredAt,
  ...rest
}: TaskDefinition): JsonObject {
  const members: JsonObject = JSON.parse(JSON.stringify(rest));
  return {
    ...members,
    compatibilities: ['EC2', 'FARGATE'],
    placementConstraints: [],
    registeredAt: epoch(registeredAt),
    ...present({ deregisteredAt: deregisteredAt ? epoch(deregisteredAt) : undefined }),
  };
}

function client(message: string): AwsError {
  return new AwsError('ClientException', message);
}
