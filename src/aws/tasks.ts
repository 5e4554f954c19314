// The Tasks port on ECS Fargate.
import type { ECSClient } from '@aws-sdk/client-ecs';
import {
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
} from '@aws-sdk/client-ecs';
import type { TaskArn } from '../ports/identity.ts';
import type {
  RunningTask,
  RunTaskRequest,
  TaskDefinition,
  TaskFacts,
  Tasks,
} from '../ports/tasks.ts';
import { TASKS_AT_ONCE } from '../ports/tasks.ts';
import { taskFacts } from '../fargate/task-facts.ts';
import { PODLET_CONTAINER } from '../fargate/podlet-definition.ts';
import { present } from '../present.ts';
import type { Config } from './config.ts';
import { orRefusal } from './refusal.ts';

type Place = Pick<Config, 'cluster' | 'subnets' | 'securityGroups' | 'assignPublicIp'> &
  Partial<Pick<Config, 'capacity'>>;

/** Tasks of one cluster, in the installation's subnets. */
export function awsTasks(client: ECSClient, place: Place): Tasks {
  const { cluster } = place;
  return {
    register: (definition) => orRefusal(register(client, definition)),
    run: (request) => orRefusal(run(client, place, request).catch(runningInstead)),
    async stop(taskArn, reason) {
      try {
        // ECS refuses a reason above 1024 characters instead of cutting it.
        await client.send(
          new StopTaskCommand({ cluster, task: taskArn, reason: reason.slice(0, 1024) }),
        );
      } catch (error) {
        if (!isUnknown(error)) throw error;
      }
    },
    async describe(taskArns) {
      const facts = await describe(client, cluster, taskArns);
      return new Map(facts.map((task) => [task.taskArn, task]));
    },
    listRunning: () => listRunning(client, cluster),
  };
}

// ECS reports an unknown task as InvalidParameterException "The referenced task was not found."
const isUnknown = (error: unknown): boolean =>
  error instanceof Error &&
  error.name === 'InvalidParameterException' &&
  error.message.includes('not found');

async function register(client: ECSClient, definition: TaskDefinition): Promise<{ arn: string }> {
  // The family is the hash of the content, so its newest revision has that content; registering again would use up the quota of 1/s.
  const known = await client
    .send(new DescribeTaskDefinitionCommand({ taskDefinition: definition.family }))
    .catch((error: unknown) => {
      if (error instanceof Error && error.name === 'ClientException') return undefined;
      throw error;
    });
  const knownArn = known?.taskDefinition?.taskDefinitionArn;
  if (knownArn !== undefined && known?.taskDefinition?.status === 'ACTIVE')
    return { arn: knownArn };
  const { ephemeralStorageGiB, runtimePlatform, ...wire } = definition;
  const { taskDefinition } = await client.send(
    new RegisterTaskDefinitionCommand({
      ...wire,
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      ...present({
        runtimePlatform: runtimePlatform && {
          ...runtimePlatform,
          operatingSystemFamily: 'LINUX' as const,
        },
        ephemeralStorage:
          ephemeralStorageGiB === undefined ? undefined : { sizeInGiB: ephemeralStorageGiB },
      }),
    }),
  );
  return { arn: taskDefinition?.taskDefinitionArn ?? definition.family };
}

/** A repeated RunTask may fail with a conflict that names the task already running for its client token. */
function runningInstead(error: unknown): { taskArn: TaskArn } {
  const { name, resourceIds } = error as { name?: string; resourceIds?: string[] };
  const [taskArn] = resourceIds ?? [];
  if (name !== 'ConflictException' || taskArn === undefined) throw error;
  return { taskArn: taskArn as TaskArn };
}

async function run(
  client: ECSClient,
  { cluster, subnets, securityGroups, assignPublicIp, capacity }: Place,
  request: RunTaskRequest,
): Promise<{ taskArn: TaskArn } | { failure: string }> {
  const environment = Object.entries(request.podletEnvironment).map(([name, value]) => ({
    name,
    value,
  }));
  const { tasks, failures } = await client.send(
    new RunTaskCommand({
      cluster,
      taskDefinition: request.taskDefinitionArn,
      clientToken: request.clientToken,
      startedBy: request.startedBy,
      count: 1,
      // A capacity provider strategy and a launch type exclude each other.
      ...(capacity === 'spot'
        ? { capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }] }
        : { launchType: 'FARGATE' }),
      networkConfiguration: {
        awsvpcConfiguration: {
          subnets,
          securityGroups,
          assignPublicIp: assignPublicIp ? 'ENABLED' : 'DISABLED',
        },
      },
      overrides: { containerOverrides: [{ name: PODLET_CONTAINER, environment }] },
      tags: Object.entries(request.tags).map(([key, value]) => ({ key, value })),
    }),
  );
  const taskArn = tasks?.[0]?.taskArn;
  if (taskArn !== undefined) return { taskArn: taskArn as TaskArn };
  const [failure] = failures ?? [];
  return { failure: failure?.detail ?? failure?.reason ?? 'ECS placed no task and gave no reason' };
}

async function describe(
  client: ECSClient,
  cluster: string,
  arns: readonly string[],
): Promise<TaskFacts[]> {
  if (arns.length === 0) return [];
  const { tasks } = await client.send(new DescribeTasksCommand({ cluster, tasks: [...arns] }));
  return (tasks ?? []).map(taskFacts).filter((task) => task !== undefined);
}

async function listRunning(client: ECSClient, cluster: string): Promise<RunningTask[]> {
  const running: RunningTask[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.send(
      new ListTasksCommand({
        cluster,
        maxResults: TASKS_AT_ONCE,
        ...present({ nextToken }),
      }),
    );
    for (const task of await describe(client, cluster, page.taskArns ?? [])) {
      const { taskArn, startedBy = '', lastStatus } = task;
      if (lastStatus !== 'STOPPED') running.push({ taskArn, startedBy, lastStatus });
    }
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return running;
}
