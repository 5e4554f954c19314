// RunTask: stores the task and its client token in one write, answers, and launches in the background.
import { present } from '../../../src/present.ts';
import { beginLaunch } from '../../agent/launch.ts';
import type { TaskDefinition } from '../../agent/task-definition.ts';
import type { Task } from '../../agent/task.ts';
import type { Json } from '../../states/json.ts';
import { AwsError } from '../protocol.ts';
import { environment } from './container-definition-input.ts';
import { arn, clusterOf, findDefinition, tagsOf, type EcsContext } from './context.ts';
import {
  asInput,
  number,
  refuseOthers,
  structure,
  structures,
  text,
  texts,
  type Input,
} from '../input.ts';
import { taskJson } from './task-json.ts';

const SERVED = [
  'cluster',
  'taskDefinition',
  'count',
  'clientToken',
  'startedBy',
  'group',
  'tags',
  'overrides',
  'launchType',
  'capacityProviderStrategy',
  'platformVersion',
  'networkConfiguration',
  'propagateTags',
  'enableECSManagedTags',
  'enableExecuteCommand',
  'referenceId',
];
const OVERRIDES = ['containerOverrides', 'cpu', 'memory', 'executionRoleArn', 'taskRoleArn'];
const CONTAINER_OVERRIDES = [
  'name',
  'command',
  'environment',
  'cpu',
  'memory',
  'memoryReservation',
];
const MAX_OVERRIDE_CHARACTERS = 8192;
const MAX_COUNT = 10;
const STARTED_BY = /^[A-Za-z0-9\-/_]{0,128}$/;

export async function runTask(context: EcsContext, body: unknown): Promise<Json> {
  const input = asInput(body);
  refuseOthers(input, SERVED);
  const { count, clientToken, given } = checkPlain(input);
  const cluster = clusterOf(context, input);
  const definition = findDefinition(context, given);
  if (!definition) throw new AwsError('ClientException', 'TaskDefinition not found.');
  if (!context.beyondFargate) refuseBeyondFargate(input, definition);
  const overrides = readOverrides(input, definition);
  const fingerprint = JSON.stringify({ ...input, clientToken: undefined });
  const key = clientToken && `${cluster.clusterName}/${clientToken}`;
  const known = clientToken && context.agent.book.token(cluster.clusterName, clientToken);
  if (known) return replay(context, known, fingerprint);
  if (definition.status === 'INACTIVE')
    throw new AwsError('InvalidParameterException', 'TaskDefinition is inactive');
  const tasks = Array.from({ length: count }, () =>
    newTask(context, { input, cluster, definition, overrides }),
  );
  await context.agent.book.add(tasks, key ? { key, fingerprint } : undefined);
  const answer = tasks.map((task) => taskJson(task, { tags: true }));
  for (const task of tasks) beginLaunch(context.agent, task);
  return { tasks: answer, failures: [] };
}

const MAX_SUBNETS = 16;
const MAX_SECURITY_GROUPS = 5;
const PLATFORMS = ['LATEST', '1.4.0', '1.3.0'];

/** What a request for Fargate must also contain. */
function refuseBeyondFargate(input: Input, { requiresCompatibilities }: TaskDefinition): void {
  const refuse = (why: string): never => {
    throw new AwsError('InvalidParameterException', why);
  };
  const providers = structures(input, 'capacityProviderStrategy').map((one) =>
    text(one, 'capacityProvider'),
  );
  const unknown = providers.find((name) => name !== 'FARGATE' && name !== 'FARGATE_SPOT');
  if (providers.length > 0 && unknown !== undefined)
    refuse(`The specified capacity provider '${unknown}' was not found.`);
  if (text(input, 'launchType') !== 'FARGATE' && providers.length === 0) return;
  if (!requiresCompatibilities.includes('FARGATE'))
    refuse('Task definition does not support launch_type FARGATE.');
  if (!PLATFORMS.includes(text(input, 'platformVersion') ?? 'LATEST'))
    refuse('The specified platform does not exist.');
  const network = structure(structure(input, 'networkConfiguration') ?? {}, 'awsvpcConfiguration');
  if (network === undefined)
    throw new AwsError(
      'InvalidParameterException',
      "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    );
  const subnets = texts(network, 'subnets') ?? [];
  if (subnets.length === 0) refuse('subnets can not be empty.');
  if (subnets.length > MAX_SUBNETS) refuse(`subnets can have at most ${MAX_SUBNETS} items.`);
  if ((texts(network, 'securityGroups') ?? []).length > MAX_SECURITY_GROUPS)
    refuse(`securityGroups can have at most ${MAX_SECURITY_GROUPS} items.`);
  if (!['ENABLED', 'DISABLED'].includes(text(network, 'assignPublicIp') ?? 'DISABLED'))
    refuse('assignPublicIp is ENABLED or DISABLED.');
}

function checkPlain(input: Input): {
  count: number;
  clientToken: string | undefined;
  given: string;
} {
  const given = text(input, 'taskDefinition');
  const count = number(input, 'count') ?? 1;
  const clientToken = text(input, 'clientToken');
  if (!given) throw new AwsError('InvalidParameterException', 'TaskDefinition can not be blank.');
  if (count < 1 || count > MAX_COUNT)
    throw new AwsError('InvalidParameterException', `Count must be between 1 and ${MAX_COUNT}.`);
  if (clientToken !== undefined && !/^[\x21-\x7e]{0,64}$/.test(clientToken))
    throw new AwsError(
      'InvalidParameterException',
      'clientToken must be at most 64 characters from ASCII 33 to 126.',
    );
  if (!STARTED_BY.test(text(input, 'startedBy') ?? ''))
    throw new AwsError(
      'InvalidParameterException',
      'startedBy may have up to 128 letters, numbers, hyphens, forward slashes and underscores.',
    );
  if (
    text(input, 'launchType') !== undefined &&
    structures(input, 'capacityProviderStrategy').length > 0
  ) {
    throw new AwsError(
      'InvalidParameterException',
      'Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
    );
  }
  return { count, clientToken, given };
}

function replay(
  { agent }: EcsContext,
  known: { fingerprint: string; taskArns: string[] },
  fingerprint: string,
): Json {
  if (known.fingerprint !== fingerprint)
    throw new AwsError(
      'ConflictException',
      'The request uses the same client token as a previous, but non-identical request.',
      400,
      { resourceIds: known.taskArns },
    );
  const tasks = known.taskArns.flatMap((taskArn): Json[] => {
    const task = agent.book.tasks.get(taskArn);
    if (!task) return [];
    // The answer to a stopped task's repeated request contains only this.
    return [
      task.lastStatus === 'STOPPED'
        ? { taskArn, lastStatus: task.lastStatus, desiredStatus: task.desiredStatus }
        : taskJson(task, { tags: true }),
    ];
  });
  return { tasks, failures: [] };
}

function readOverrides(input: Input, definition: TaskDefinition): Task['overrides'] {
  const given = structure(input, 'overrides');
  if (!given) return { containerOverrides: [] };
  refuseOthers(given, OVERRIDES, 'InvalidParameterException', 'overrides.');
  if (JSON.stringify(given).length > MAX_OVERRIDE_CHARACTERS)
    throw new AwsError(
      'InvalidParameterException',
      `Container Overrides length must be at most ${MAX_OVERRIDE_CHARACTERS}`,
    );
  return {
    containerOverrides: structures(given, 'containerOverrides').map((override) => {
      refuseOthers(
        override,
        CONTAINER_OVERRIDES,
        'InvalidParameterException',
        'containerOverrides.',
      );
      const name = text(override, 'name') ?? '';
      if (!definition.containerDefinitions.some((container) => container.name === name)) {
        throw new AwsError(
          'InvalidParameterException',
          `Override for container named ${name} is not a container in the TaskDefinition.`,
        );
      }
      return present({
        name,
        command: texts(override, 'command'),
        environment: override['environment'] ? environment(override) : undefined,
        cpu: number(override, 'cpu'),
        memory: number(override, 'memory'),
        memoryReservation: number(override, 'memoryReservation'),
      });
    }),
  };
}

interface NewTask {
  input: Input;
  cluster: { clusterName: string; clusterArn: string };
  definition: TaskDefinition;
  overrides: Task['overrides'];
}

function newTask(context: EcsContext, { input, cluster, definition, overrides }: NewTask): Task {
  const id = plainUuid(context);
  const given = structure(input, 'overrides') ?? {};
  const provider = structures(input, 'capacityProviderStrategy').map((strategy) =>
    text(strategy, 'capacityProvider'),
  )[0];
  return present({
    id,
    taskArn: arn(context, `task/${cluster.clusterName}/${id}`),
    clusterArn: cluster.clusterArn,
    taskDefinitionArn: definition.taskDefinitionArn,
    startedBy: text(input, 'startedBy'),
    group: text(input, 'group') ?? `family:${definition.family}`,
    launchType: 'FARGATE',
    capacityProviderName: provider,
    overrides,
    tags: tagsOf(input),
    cpu: text(given, 'cpu') ?? definition.cpu,
    memory: text(given, 'memory') ?? definition.memory,
    secret: plainUuid(context),
    lastStatus: 'PROVISIONING',
    desiredStatus: 'RUNNING',
    version: 1,
    createdAt: context.agent.clock.now().toISOString(),
    containers: definition.containerDefinitions.map(({ name, image }) => ({
      name,
      image,
      containerArn: arn(context, `container/${cluster.clusterName}/${id}/${context.uuid()}`),
      lastStatus: 'PENDING' as const,
    })),
  });
}

function plainUuid({ uuid }: EcsContext): string {
  return uuid().replaceAll('-', '');
}
