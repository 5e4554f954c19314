// One container definition of RegisterTaskDefinition, parsed and checked; members that the engine does not support are refused by name.
import { present } from '../../../src/present.ts';
import { repeats } from '../../../src/repeats.ts';
import {
  dependencyProblem,
  primaryContainer,
  type ContainerDefinition,
  type KeyedValue,
} from '../../agent/task-definition.ts';
import { AwsError } from '../protocol.ts';
import {
  flag,
  number,
  refuseOthers,
  structure,
  structures,
  text,
  texts,
  type Input,
} from '../input.ts';

const SERVED = [
  'name',
  'image',
  'essential',
  'cpu',
  'memory',
  'memoryReservation',
  'entryPoint',
  'command',
  'user',
  'workingDirectory',
  'environment',
  'mountPoints',
  'dependsOn',
  'privileged',
  'readonlyRootFilesystem',
  'interactive',
  'pseudoTerminal',
  'stopTimeout',
  'startTimeout',
  'linuxParameters',
  'repositoryCredentials',
  'systemControls',
  'dockerLabels',
  'portMappings',
  'logConfiguration',
  'versionConsistency',
];
const NAME = /^[a-zA-Z0-9_-]{1,255}$/;
const MIN_MEMORY_MIB = 6;
const MAX_STOP_TIMEOUT_SECONDS = 120;

/** Refuses with ClientException, in ECS's words as far as they are known. */
export function readContainerDefinition(input: Input): ContainerDefinition {
  const name = text(input, 'name');
  const image = text(input, 'image');
  if (!name) throw client('Container.name should not be null or empty.');
  if (!NAME.test(name))
    throw client(
      `Invalid container name: ${name}. Only letters, numbers, hyphens and underscores are allowed.`,
    );
  if (!image) throw client('Container.image should not be null or empty.');
  refuseOthers(input, SERVED, 'ClientException', `Container '${name}': `);
  return present({
    name,
    image,
    essential: flag(input, 'essential') ?? true,
    ...limits(input, name),
    entryPoint: texts(input, 'entryPoint'),
    command: texts(input, 'command'),
    user: text(input, 'user'),
    workingDirectory: text(input, 'workingDirectory'),
    environment: environment(input),
    mountPoints: structures(input, 'mountPoints').map((mount) =>
      present({
        sourceVolume: text(mount, 'sourceVolume') ?? '',
        containerPath: text(mount, 'containerPath') ?? '',
        readOnly: flag(mount, 'readOnly'),
      }),
    ),
    dependsOn: dependsOn(input),
    privileged: flag(input, 'privileged'),
    readonlyRootFilesystem: flag(input, 'readonlyRootFilesystem'),
    interactive: flag(input, 'interactive'),
    pseudoTerminal: flag(input, 'pseudoTerminal'),
    startTimeout: number(input, 'startTimeout'),
    linuxParameters: linuxParameters(input, name),
    repositoryCredentials: optional(structure(input, 'repositoryCredentials'), (credentials) => ({
      credentialsParameter: text(credentials, 'credentialsParameter') ?? '',
    })),
    systemControls: input['systemControls']
      ? structures(input, 'systemControls').map((control) => ({
          namespace: text(control, 'namespace') ?? '',
          value: text(control, 'value') ?? '',
        }))
      : undefined,
    dockerLabels: textMap(input, 'dockerLabels'),
    portMappings: input['portMappings']
      ? structures(input, 'portMappings').map((port) =>
          present({
            containerPort: number(port, 'containerPort') ?? 0,
            hostPort: number(port, 'hostPort'),
            protocol: text(port, 'protocol'),
          }),
        )
      : undefined,
    logConfiguration: logConfiguration(input),
  });
}

/** Problems between the containers of one definition. */
export function checkTogether(containers: ContainerDefinition[]): void {
  const names = containers.map(({ name }) => name);
  const [second] = repeats(names);
  if (second !== undefined)
    throw client(`Container.name contains duplicate names: ${names[second]}`);
  if (!containers.some(({ essential }) => essential))
    throw client('At least one container in the task definition must be marked as essential.');
  if (dependencyProblem(containers) === 'unknown') {
    const missing = containers
      .flatMap(({ dependsOn: list }) => list ?? [])
      .find(({ containerName }) => !names.includes(containerName));
    throw client(
      `Cannot depend on container + '${missing?.containerName ?? ''}' because it does not exist`,
    );
  }
  const ending = new Set(
    containers.flatMap(({ dependsOn: list = [] }) =>
      list
        .filter(({ condition }) => condition !== 'START')
        .map(({ containerName }) => containerName),
    ),
  );
  const endless = containers.find(({ name, essential }) => essential && ending.has(name));
  if (endless)
    throw client(`A container depends on the end of '${endless.name}', which is essential`);
  if (dependencyProblem(containers) === 'cycle')
    throw client('Container dependencies should not have a cycle');
  if (!primaryContainer(containers))
    throw client(
      'the local engine needs an essential container without dependencies: it owns the network',
    );
}

function limits(input: Input, name: string): Partial<ContainerDefinition> {
  const memory = number(input, 'memory');
  const memoryReservation = number(input, 'memoryReservation');
  const stopTimeout = number(input, 'stopTimeout');
  if (memory !== undefined && memory < MIN_MEMORY_MIB)
    throw client(
      `Invalid setting for container '${name}'. 'memory' must be at least ${MIN_MEMORY_MIB} MiB.`,
    );
  if (memory !== undefined && memoryReservation !== undefined && memoryReservation > memory)
    throw client(
      `Invalid setting for container '${name}'. 'memory' must be greater than or equal to 'memoryReservation'.`,
    );
  if (stopTimeout !== undefined && stopTimeout > MAX_STOP_TIMEOUT_SECONDS)
    throw client(
      `Invalid setting for container '${name}'. 'stopTimeout' must be at most ${MAX_STOP_TIMEOUT_SECONDS} seconds on Fargate.`,
    );
  return present({
    cpu: number(input, 'cpu'),
    memory,
    memoryReservation,
    stopTimeout,
  });
}

/** `environment` of a definition or an override. */
export function environment(input: Input): KeyedValue[] {
  return structures(input, 'environment').map((pair) => ({
    name: text(pair, 'name') ?? '',
    value: text(pair, 'value') ?? '',
  }));
}

function dependsOn(input: Input): ContainerDefinition['dependsOn'] {
  if (!input['dependsOn']) return undefined;
  return structures(input, 'dependsOn').map((dependency) => {
    const condition = text(dependency, 'condition');
    if (condition !== 'START' && condition !== 'COMPLETE' && condition !== 'SUCCESS')
      throw client(
        `dependsOn condition ${condition ?? ''} is not supported by the local engine: only START, COMPLETE and SUCCESS are`,
      );
    return { containerName: text(dependency, 'containerName') ?? '', condition };
  });
}

function linuxParameters(input: Input, name: string): ContainerDefinition['linuxParameters'] {
  const given = structure(input, 'linuxParameters');
  if (!given) return undefined;
  refuseOthers(
    given,
    ['capabilities', 'tmpfs', 'initProcessEnabled'],
    'ClientException',
    `Container '${name}': linuxParameters.`,
  );
  const capabilities = structure(given, 'capabilities');
  return present({
    capabilities: capabilities
      ? present({ add: texts(capabilities, 'add'), drop: texts(capabilities, 'drop') })
      : undefined,
    tmpfs: structures(given, 'tmpfs').map((mount) =>
      present({
        containerPath: text(mount, 'containerPath') ?? '',
        size: number(mount, 'size') ?? 0,
        mountOptions: texts(mount, 'mountOptions'),
      }),
    ),
    initProcessEnabled: flag(given, 'initProcessEnabled'),
  });
}

function logConfiguration(input: Input): ContainerDefinition['logConfiguration'] {
  const given = structure(input, 'logConfiguration');
  if (!given) return undefined;
  refuseOthers(given, ['logDriver', 'options'], 'ClientException', 'logConfiguration.');
  if (given['logDriver'] !== 'awslogs')
    throw client(
      `log driver ${String(given['logDriver'])} is not supported by the local engine: only awslogs is`,
    );
  return present({ logDriver: 'awslogs', options: textMap(given, 'options') });
}

function textMap(input: Input, key: string): Record<string, string> | undefined {
  const map = structure(input, key);
  return map && Object.fromEntries(Object.keys(map).map((name) => [name, text(map, name) ?? '']));
}

function optional<T, R>(value: T | undefined, read: (value: T) => R): R | undefined {
  return value === undefined ? undefined : read(value);
}

function client(message: string): AwsError {
  return new AwsError('ClientException', message);
}
